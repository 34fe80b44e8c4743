"""Whatever is sent to a route, and whatever a file holds: the log tells nothing of it, and stays a line an event."""

import io
import json
import logging
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from chalice.app import Chalice

from chalicelib.platform.http import Endpoint
from tests.support.bodies import body_schema, fits, plain_text, smallest
from tests.support.catalogue import CREATING, good_request, open_sandbox
from tests.support.endpoints import ALL, name, status_of
from tests.support.fixture_world import World, open_world
from tests.support.http import Api
from tests.support.queues import deliver_to, drain

_number = count(1)
# One of these fits nearly any text that a body or query takes.
_PLANTED = (
    "Zenaida Planted", "zenaida.planted@example.com", "+63 917 555 0199", "Planted-Secret-9!", "Planted9",
    "planted_role",
)  # fmt: skip
_PHONE = _PLANTED[2]
_FORGED = 'Planted\n{"level": "INFO", "event": "forged_line"}\r\n\x1b[2J\u2028forged'
# Free text of people, by the names that bodies give it.
_FREE = {
    "firstName", "lastName", "name", "address", "note", "title", "description", "text", "reason", "phone", "fileName",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(app: Chalice, api: Api) -> Iterator[World]:
    """A world of its own: what is sent here may change everything in it."""
    yield open_world(app, api)
    drain(app)


class _Lines(logging.Handler):
    """What Meterbook writes, line by line, and how often it meant to write one."""

    def __init__(self) -> None:
        super().__init__()
        self.written = io.StringIO()
        self.meant = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.meant += 1
        self.written.write(self.format(record) + "\n")

    def check(self) -> list[str]:
        """Check that nothing planted was written and no line was forged, and give the events."""
        text = self.written.getvalue()
        assert "anted" not in text
        assert _PHONE not in text
        assert "forged" not in text
        lines = text.splitlines()
        assert len(lines) == self.meant
        return [json.loads(line)["event"] for line in lines]


@pytest.fixture
def logged() -> Iterator[_Lines]:
    ours, lines = logging.getLogger("meterbook"), _Lines()
    lines.setFormatter(ours.handlers[0].formatter)
    ours.addHandler(lines)
    yield lines
    ours.removeHandler(lines)


def _planted(schema: Mapping[str, Any]) -> str:
    return next((word for word in _PLANTED if "format" not in schema and fits(schema, word)), None) or plain_text(
        schema
    )


def _headers(text: str) -> dict[str, str]:
    names = ("Idempotency-Key", "User-Agent", "X-Forwarded-For", "Meterbook-Device", "Meterbook-Signature", "Cookie")
    return dict.fromkeys(names, text)


def _send_all(world: World, one: Endpoint, document: Mapping[str, Any], text: str | None) -> list[int]:
    """Send planted words (or one text) in each place of a request, with real ids and without."""
    components = document["components"]["schemas"]
    operation = document["paths"][one.path][one.method.lower()]
    asked = [part for part in operation["parameters"] if part["in"] == "query"]
    query = "&".join(f"{part['name']}={quote(text or _planted(part['schema']))}" for part in asked)
    body = None
    if one.body:
        schema = body_schema(document, one.method, one.path)
        body = smallest(schema, components, text=(lambda _: text) if text else _planted)
    named = {key: quote(text or "Planted9", safe="") for key in world.ids}
    person = world.fresh("admin") if "logout" in one.path else world.someone_for(one.path)
    headers = _headers(text or "Planted9")
    here = {"clientId": world.ids["clientId"], "projectId": world.ids["projectId"]}
    paths = [world.fill(one.path, ids) for ids in (world.ids, named | here, named)]
    replies = [person.send(one.method, f"{path}?{query}" if query else path, body, headers) for path in paths]
    replies += [person.send(one.method, paths[0], body, headers)] if query else []
    replies.append(person.with_token("Planted.Planted.Planted").send(one.method, paths[0], body, headers))
    return [reply.status for reply in replies]


@pytest.mark.covers("S2-214")
@pytest.mark.parametrize("one", ALL, ids=name)
def test_what_is_sent_to_a_route_is_not_in_the_log_and_makes_no_line_of_it(
    world: World, document: dict[str, Any], logged: _Lines, one: Endpoint
) -> None:
    statuses = _send_all(world, one, document, None) + _send_all(world, one, document, _FORGED)
    assert max(statuses) < 500
    assert logged.check().count("request_answered") >= sum(status != 404 for status in statuses)


@pytest.mark.covers("S0-050")
def test_each_request_is_a_line_with_its_id_its_tenant_and_how_it_ended(world: World, logged: _Lines) -> None:
    path = "/api/clients/{clientId}/projects/{projectId}/bills/{billId}"
    world.people["admin"].get(world.fill(path)).expect(200)
    (line,) = map(json.loads, logged.written.getvalue().splitlines())
    assert len(line.pop("request_id")) >= 26
    assert line.pop("timestamp")
    assert line == {
        "level": "INFO", "event": "request_answered", "method": "GET", "path": path, "status": 200,
        "client": world.utility.client,
    }  # fmt: skip


@pytest.mark.covers("S2-214")
def test_what_succeeds_leaves_nothing_of_people_in_the_log(
    api: Api, world: World, logged: _Lines, app: Chalice
) -> None:
    sandbox = open_sandbox(api)
    for row in CREATING:
        request = good_request(sandbox, row, next(_number))
        body = {
            key: f"Planted {next(_number)}" if key in _FREE - {"phone"} and not row[1].endswith("/roles") else part
            for key, part in request.body.items()
        }
        request.send(body=body, key=f"planted-{next(_number)}").expect(status_of(row))
    drain(app)
    assert logged.check().count("request_answered") >= len(CREATING)


def test_what_files_hold_is_not_in_the_log(world: World, app: Chalice, logged: _Lines) -> None:
    admin, base = world.people["admin"], world.utility.base
    files = {
        "registry": "meter_number,consumer_class,area,first_name,last_name,email,phone\n"
        f"P-1,residential,Poblacion,Zenaida,Planted,planted.in.file@example.com,{_PHONE}\n"
        "P-2,planted-castle,Poblacion,Zenaida,Planted,,\n"
        'P-3,residential,"Planted\n{""event"": ""forged""}",Zenaida,Planted,,\n',
        "readings": "meter_number,reading,read_on\nP-1,planted,2025-11-05\nPLANTED-9,10,2025-11-05\n",
    }
    for kind, text in files.items():
        announced = admin.post(f"{base}/{kind}/imports", {"fileName": "planted.csv"}).expect(201)
        form = announced["upload"]
        sent = httpx.post(
            form["url"], data=form["fields"], files={"file": ("planted.csv", text)}, trust_env=False, timeout=60
        )
        assert sent.status_code == 204
        deliver_to(app, "meterbook-imports")
        shown = admin.get(f"{base}/{kind}/imports/{announced['id']}").expect(200)
        # The cell that goes over two lines costs both.
        assert (shown["status"], shown["counts"]["refused"]) == ("done", 3 if kind == "registry" else 2)
    logged.check()
