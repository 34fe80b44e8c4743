"""The holder of a ticket opens a client with its first administrator by one request."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.identity.domain import PERMISSIONS
from chalicelib.onboarding import service as onboarding
from chalicelib.onboarding.service import write_ticket
from local import ticket as ticket_command
from tests.support.faults import Death, faults, strikes
from tests.support.http import Api
from tests.support.table import items_of
from tests.support.utilities import PASSWORD

_NOW = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _november(at: Callable[[datetime], None]) -> None:
    at(_NOW)


def opening(client: str, preset: str = "balilihan", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    by_name = onboarding.list_presets()[preset].client.login_names == "username"
    administrator = {"login": "ana" if by_name else "ana@example.com", "name": "Ana Reyes", "password": PASSWORD}
    return {
        "ticket": write_ticket(client, now=_NOW),
        "presetId": preset,
        "name": "New Town",
        "administrator": administrator,
    } | changes


@pytest.mark.parametrize("preset", sorted(onboarding.list_presets()))
def test_one_call_opens_a_client_that_works_at_once(api: Api, preset: str) -> None:
    client = f"call-{preset[:20]}"
    made = api.post("/api/clients", opening(client, preset)).expect(201)
    model = onboarding.list_presets()[preset]
    assert (made["id"], made["name"], made["presetId"]) == (client, "New Town", preset)
    assert made["projectIds"] == [project.id for project in model.projects]

    ana = api.sign_in(client, made["login"], PASSWORD)
    assert set(ana.get("/api/me").expect(200)["permissions"]) == set(PERMISSIONS)
    assert {project["id"] for project in ana.get(f"/api/clients/{client}/projects").expect(200)["items"]} == set(
        made["projectIds"]
    )
    assert PASSWORD not in str(items_of(client, sessions=True))


def test_the_command_writes_a_ticket_that_opens(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert ticket_command.main(["by-command"]) == 0
    ticket = capsys.readouterr().out.strip()
    api.post("/api/clients", opening("by-command", ticket=ticket)).expect(201)
    assert ticket_command.main(["a#b"]) == 1
    assert "No ticket: a client's id must be" in capsys.readouterr().err


@pytest.mark.parametrize(
    "spoil",
    [
        lambda ticket: ticket.replace("one-town", "two-town"),
        lambda ticket: ticket.replace(ticket.split(".")[1], str(int(ticket.split(".")[1]) + 1)),
        lambda ticket: ticket.rpartition(".")[0],
        lambda ticket: ticket.rpartition(".")[0] + ".nobody's",
        lambda _: "one-town",
        lambda _: "one-town.٣.00.root",
        lambda ticket: ".".join((ticket.split(".")[0], "9" * 200, *ticket.split(".")[2:])),
    ],
)
def test_what_is_no_ticket_opens_nothing(api: Api, spoil: Callable[[str], str]) -> None:
    body = opening("one-town")
    refused = api.post("/api/clients", body | {"ticket": spoil(body["ticket"])}).expect(401)
    assert refused["code"] == "bad-ticket"
    assert items_of("one-town") == items_of("two-town") == {}


def test_a_ticket_is_good_for_an_hour(api: Api, at: Callable[[datetime], None]) -> None:
    body = opening("late-town")
    at(_NOW + timedelta(minutes=60))
    assert api.post("/api/clients", body).expect(401)["code"] == "bad-ticket"
    at(_NOW + timedelta(minutes=59))
    api.post("/api/clients", body).expect(201)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"presetId": "nobody"}, 404, "not-found"),
        ({"administrator": {"login": "ana@example.com", "name": "Ana", "password": PASSWORD}}, 400, "bad-login"),
        ({"administrator": {"login": "ana", "name": "Ana", "password": "short"}}, 400, "weak-password"),
    ],
)
def test_a_refused_opening_leaves_nothing(api: Api, changes: dict[str, Any], status: int, code: str) -> None:
    assert api.post("/api/clients", opening("no-town") | changes).expect(status)["code"] == code
    assert items_of("no-town", sessions=True) == {}


def test_a_client_that_is_there_is_not_opened_again_and_gets_no_second_first_administrator(api: Api) -> None:
    api.post("/api/clients", opening("once")).expect(201)
    before = items_of("once")
    other = {"login": "eva", "name": "Eva", "password": PASSWORD}
    assert api.post("/api/clients", opening("once", administrator=other)).expect(409)["code"] == "superuser-exists"
    assert api.post("/api/clients", opening("once", name="Other Town")).expect(409)["code"] == "client-taken"
    assert items_of("once") == before


def test_an_opening_stopped_at_any_call_is_completed_by_sending_it_again(app: Chalice, api: Api) -> None:
    with faults() as watched:
        api.post("/api/clients", opening("smooth"), key="open").expect(201)
    smooth = _shape("smooth")
    for number, (mode, call) in enumerate(strikes(watched.calls)):
        client = f"crash-{number}"
        with faults(strike_at=call, mode=mode), suppress(Death):
            api.post("/api/clients", opening(client), key="open")
        again = api.post("/api/clients", opening(client), key="open").expect(201)
        assert again["id"] == client
        assert _shape(client) == smooth, f"{mode} call {call} {watched.calls[call]}"


def _shape(client: str) -> list[str]:
    """Return what kinds of items a client has, and how many of each."""
    return sorted(
        f"{key.split(' | ')[0].split('#')[1:2]} {key.split(' | ')[1].split('#')[0]}" for key in items_of(client)
    )
