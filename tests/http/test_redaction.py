"""Names, addresses, passwords and tokens that pass through the API leave no trace in the log."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import keys
from tests.support.fixture_world import World
from tests.support.http import Api
from tests.support.mails import mails_to, token_in
from tests.support.queues import drain
from tests.support.table import items_of, spoil

_PLANTED = {
    "firstName": "Zenaida-Planted",
    "lastName": "Quimbo-Planted",
    "email": "zenaida.planted@example.com",
    "phone": "+63 917 555 0199",
    "address": "Purok Planted 7",
}
_PASSWORD = "Planted-Secret-9!"
_LOGIN = "zenaida-planted-login"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that any logger says from INFO up, as Meterbook writes it and as the root logger would."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    ours = logging.getLogger("meterbook")
    handler.setFormatter(ours.handlers[0].formatter)
    places = [ours, logging.getLogger()]
    for place in places:
        place.addHandler(handler)
    yield written
    for place in places:
        place.removeHandler(handler)


@pytest.mark.covers("S2-214")
def test_nothing_personal_or_secret_gets_into_the_log(
    world: World, app: Chalice, api: Api, logged: io.StringIO
) -> None:
    admin, base = world.people["admin"], world.utility.base
    consumer = admin.post(world.utility.consumers, _PLANTED, key="planted-key").expect(201)
    logins = f"{world.utility.consumers}/{consumer['id']}/login"
    admin.post(logins, {"login": _LOGIN, "password": _PASSWORD}).expect(201)
    admin.post(logins, {"login": _LOGIN, "password": _PASSWORD}).expect(409)
    admin.post(logins, {"login": f"{_LOGIN}2", "password": "planted-weak"}).expect(400)
    session = api.sign_in(world.utility.client, _LOGIN, _PASSWORD)
    session.get("/api/me").expect(200)
    session.get(f"{base}/bills", period=_PLANTED["email"]).expect(403)
    wrong = {"clientId": world.utility.client, "login": _LOGIN, "password": f"{_PASSWORD}x"}
    api.post("/api/auth/login", wrong).expect(401)
    admin.post(world.utility.consumers, {**_PLANTED, "phone": _PLANTED["email"]}).expect(400)
    admin.get(f"{world.utility.consumers}/{_PLANTED['lastName']}").expect(404)
    admin.get(world.utility.consumers, cursor=_PLANTED["firstName"]).expect(400)
    api.with_token(str(session.token) + "x").get("/api/me").expect(401)
    admin.post(f"{base}/readings/imports", {"fileName": _PLANTED["lastName"]}).expect(201)
    api.post("/api/auth/password-reset", {"clientId": world.utility.client, "login": _LOGIN}).expect(202)
    drain(app)
    token = token_in(mails_to(_PLANTED["email"])[-1])
    confirm = {"token": token, "password": f"{_PASSWORD}y"}
    api.post("/api/auth/password-reset/confirmation", {**confirm, "token": f"{token}x"}).expect(400)
    api.post("/api/auth/password-reset/confirmation", confirm).expect(200)
    spoil(keys.consumer(world.utility.client, consumer["id"]), with_text=_PLANTED["email"])
    admin.get(f"{world.utility.consumers}/{consumer['id']}").expect(500)

    text = logged.getvalue()
    assert text.count("request_answered") >= 14
    assert "request_failed" in text
    secrets: list[Any] = [
        *_PLANTED.values(),
        _PASSWORD,
        _LOGIN,
        "planted-weak",
        "planted-key",
        session.token,
        token,
        token[-43:],
    ]
    assert [secret for secret in secrets if str(secret) in text] == []
    assert "anted" not in text


@pytest.fixture
def denials(logged: io.StringIO) -> Callable[[], list[dict[str, Any]]]:
    """The log lines of denied accesses so far."""

    def read() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in logged.getvalue().splitlines() if line.startswith("{")]
        unique = {line["request_id"]: line for line in lines if line["event"] == "access_denied"}
        return list(unique.values())

    return read


def test_each_denied_access_is_one_log_line_and_no_write(
    world: World, denials: Callable[[], list[dict[str, Any]]]
) -> None:
    viewer, neighbour = world.people["viewer"], world.people["other tenant's admin"]
    me = viewer.get("/api/me").expect(200)["id"]
    before = items_of(world.utility.client)
    viewer.post(world.utility.consumers, {"firstName": "A", "lastName": "B"}).expect(403)
    neighbour.get(world.utility.consumers).expect(404)
    refused, strange = denials()
    assert (refused["actor"], refused["role"], refused["code"]) == (me, "viewer", "forbidden")
    assert (refused["method"], refused["path"]) == ("POST", "/api/clients/{clientId}/consumers")
    assert (strange["client"], strange["role"], strange["code"]) == (
        world.foreign_ids["clientId"],
        "admin",
        "not-found",
    )
    assert items_of(world.utility.client) == before
