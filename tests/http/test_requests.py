"""Whatever is sent, the answer is a clear refusal in the declared form, never a mistake of ours."""

import inspect
import json
from typing import Any

import pytest

from chalicelib.kernel.context import Context
from chalicelib.platform import keys
from chalicelib.platform.http import Endpoint
from chalicelib.tenancy.domain import ProjectContext
from tests.support.bodies import body_schema, smallest
from tests.support.contract import check_answer
from tests.support.endpoints import ALL, name, needed_query
from tests.support.fixture_world import World
from tests.support.http import Reply
from tests.support.table import items_of, spoil

_LOGIN = "/api/auth/login"
_WITH_BODY = [one for one in ALL if one.body]
_WITH_CURSOR = [one for one in ALL if one.query and "cursor" in one.query.model_fields]

_BAD_QUERIES = [
    "limit=0", "limit=-1", "limit=201000", "limit=1.5", "limit=x", "limit=１", "limit=", "cursor=x", "cursor=%00",
    "cursor=%F0%9F%98%80", "cursor=" + "A" * 3000, "nothing=1", "page_size=1", "afterLine=-1", "period=2025-13",
    "period=", "period=%ff", "limit=1&limit=2", "after_line=1", "%ff=1", "limit=%EF%BB%BF1",
]  # fmt: skip
_NO_IDS = [
    "x", "0", "%00", "..%2f..", "%2e%2e", "%23", "%25", "a%20b", "%F0%9F%98%80", "%ff", "A" * 3000, "%0a", "-", "~",
    "2025-11", "2025-11.%23", "null", "{id}", "%7Bx%7D", "'--", "01ARYZ6S410000000000000000",
]  # fmt: skip
# Of some bodies the document can't say that two of their fields exclude each other.
_ONE_OF = {
    "assignment": {"accountNumber": "2025110001"},
    "count": {"cash": "100.00"},
    "estimates": {"period": "2025-11", "area": "Poblacion"},
    "quote": {"tariffId": "residential", "usage": {"quantity": "10", "unit": "m3"}},
}


def _is_refused(reply: Reply, status: int) -> dict[str, Any]:
    assert reply.status == status, reply.body
    assert reply.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = reply.json
    assert problem["status"] == status
    assert problem["detail"]
    assert "Traceback" not in reply.body.decode()
    return problem


def _path(world: World, one: Endpoint) -> str:
    return world.fill(one.path)


@pytest.mark.covers("S0-046", "S0-065", "S0-045", "S0-058")
@pytest.mark.parametrize("one", _WITH_BODY, ids=name)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\x00",
        b"\xff\xfe{}",
        b'{"a":\xff}',
        b'{"\\ud800":1}',
        b'{"firstName":"\\udc00","lastName":"x"}',
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b"{}garbage",
        b"NaN",
        b'{"a":' + b"9" * 10_000 + b"}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_body_for_the_operation_is_a_400(
    world: World, document: dict[str, Any], one: Endpoint, body: bytes
) -> None:
    reply = world.someone_for(one.path).send(one.method, _path(world, one), body, {"Content-Type": "application/json"})
    check_answer(document, one.method, one.path, reply)
    assert _is_refused(reply, 400)["code"] == "invalid-body"


@pytest.mark.parametrize("one", _WITH_BODY, ids=name)
def test_a_wrong_content_type_is_a_415_and_a_body_over_1_mb_a_413(world: World, one: Endpoint) -> None:
    admin, path = world.someone_for(one.path), _path(world, one)
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x", "text/csv", "application/json+x"):
        _is_refused(admin.send(one.method, path, b"{}", {"Content-Type": kind}), 415)
    big = json.dumps({"a": "x" * 1_000_001}).encode()
    assert _is_refused(admin.send(one.method, path, big), 413)["code"] == "too-large"


@pytest.mark.parametrize("one", _WITH_BODY, ids=name)
def test_f7_a_body_full_of_faults_gets_a_short_answer(world: World, document: dict[str, Any], one: Endpoint) -> None:
    """F7: 90,000 unknown fields were named one by one, in an answer of 8 MB."""
    someone, path = world.someone_for(one.path), _path(world, one)

    many = someone.send(one.method, path, json.dumps({f"k{number}": 1 for number in range(5_000)}).encode())
    check_answer(document, one.method, one.path, many)
    faults = _is_refused(many, 400)["errors"]
    assert len(faults) == 1_001
    assert (faults[-1]["field"], faults[-1]["message"].partition(" ")[2]) == (
        None,
        "other fields are at fault, too: change these first.",
    )
    long = someone.send(one.method, path, json.dumps({"k" * 100_000: 1}).encode())
    assert len(_is_refused(long, 400) and long.body) < 20_000
    more = someone.send(one.method, path, json.dumps({f"k{number}": 1 for number in range(60_000)}).encode())
    assert _is_refused(more, 413)["code"] == "too-large"


@pytest.mark.parametrize("one", [one for one in ALL if one.method == "GET"], ids=name)
def test_a_query_that_can_not_be_is_a_400(world: World, document: dict[str, Any], one: Endpoint) -> None:
    for query in _BAD_QUERIES:
        reply = world.someone_for(one.path).get(f"{_path(world, one)}?{query}")
        check_answer(document, one.method, one.path, reply)
        _is_refused(reply, 400)


@pytest.mark.covers("S2-225", "S2-418")
def test_reading_changes_nothing(world: World) -> None:
    before = items_of(world.utility.client, sessions=True)
    for one in ALL:
        if one.method == "GET":
            for who in ("admin", "owner"):
                reply = world.people[who].get(world.fill(one.path, world.ids_to_read), **needed_query(one))
                assert reply.status == 200 or world.people[who] is not world.someone_for(one.path), one.path
    assert items_of(world.utility.client, sessions=True) == before


@pytest.mark.parametrize("one", [one for one in ALL if one.method == "GET"], ids=name)
def test_head_is_answered_like_get(world: World, one: Endpoint) -> None:
    query = "".join(f"?{name}={value}" for name, value in needed_query(one).items())
    for person in (world.someone_for(one.path), world.people["anonymous"]):
        asked = [person.send(method, _path(world, one) + query) for method in ("GET", "HEAD")]
        got, head = [(reply.status, reply.headers["content-type"]) for reply in asked]
        assert head == got


@pytest.mark.covers("S2-225", "S2-418")
def test_a_method_that_a_path_does_not_have_is_a_405(world: World) -> None:
    for path in sorted({one.path for one in ALL}):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {one.method for one in ALL if one.path == path}:
            assert world.people["admin"].send(method, world.fill(path)).status == 405, (method, path)


def test_a_view_is_given_the_project_where_its_path_names_one() -> None:
    for one in ALL:
        context = next(iter(inspect.signature(one.view).parameters.values())).annotation
        assert context is (ProjectContext if "{projectId}" in one.path else Context), one.name


@pytest.mark.covers("S2-225", "S2-418")
def test_what_makes_a_thing_is_answered_by_201_and_where_it_is() -> None:
    creating = [one for one in ALL if one.location]
    assert {(one.method, one.status) for one in creating} == {("POST", 201), ("POST", 202)}
    assert {one.path.rpartition("/")[2] for one in creating if one.status == 202} == {"billing-runs"}


@pytest.mark.parametrize("one", _WITH_CURSOR, ids=name)
def test_a_cursor_that_was_altered_or_is_another_lists_is_a_400(world: World, one: Endpoint) -> None:
    admin = world.people["admin"]
    query = needed_query(one)
    lists = {f"{world.utility.consumers}": {}, f"{world.utility.base}/bills": {"period": "2025-11"}}
    path = _path(world, one)
    cursors = [
        admin.get(other, limit=1, **more).expect(200)["nextCursor"] for other, more in lists.items() if other != path
    ]
    assert all(cursors)
    person = world.someone_for(one.path)
    short = {"limit": "1"} if one.query and "limit" in one.query.model_fields else {}
    mine = person.get(path, **short, **query).expect(200)["nextCursor"]
    altered = [mine[:-1], mine + "A", mine[1:], mine.swapcase(), mine[:20] + "AAAA" + mine[24:]] if mine else []
    for cursor in [*cursors, *altered, "AAAA", "%", "é", "=" * 10]:
        assert _is_refused(person.get(path, cursor=cursor, **query), 400)["code"] == "bad-cursor"


def test_the_neighbours_cursor_is_a_400(world: World) -> None:
    neighbour, admin = world.people["other tenant's admin"], world.people["admin"]
    theirs = neighbour.get(f"/api/clients/{world.foreign_ids['clientId']}/consumers", limit=1).expect(200)["nextCursor"]
    assert theirs
    assert _is_refused(admin.get(world.utility.consumers, cursor=theirs), 400)["code"] == "bad-cursor"


@pytest.mark.parametrize("one", [one for one in ALL if one.path.endswith("}") or "}/" in one.path], ids=name)
def test_an_id_that_nothing_has_is_a_clear_refusal(world: World, document: dict[str, Any], one: Endpoint) -> None:
    last = one.path[one.path.rindex("{") + 1 : one.path.rindex("}")]
    query = "".join(f"?{name}={value}" for name, value in needed_query(one).items())
    schemas = document["components"]["schemas"]
    body = smallest(body_schema(document, one.method, one.path), schemas) if one.body else None
    body = _ONE_OF.get(one.path.rpartition("/")[2], body)
    for text in _NO_IDS:
        if (last, text) == ("period", "2025-11"):
            continue  # every month is there
        path = world.fill(one.path, {**world.ids, last: text})
        reply = world.someone_for(one.path).send(one.method, path + query, body)
        assert reply.status in {400, 404}, text
        assert reply.json["code"] not in {"invalid-body", "unknown-parameter"}, text  # the id is all that is wrong
        assert reply.headers["content-type"] == "application/problem+json", text


@pytest.mark.parametrize("key", ["", "x" * 129, "é", "a\tb", "\x7f"])
def test_an_idempotency_key_that_can_not_be_is_a_400(world: World, key: str) -> None:
    reply = world.people["admin"].send(
        "POST", world.utility.consumers, {"firstName": "A", "lastName": "B"}, {"Idempotency-Key": key}
    )
    assert _is_refused(reply, 400)["code"] == "bad-idempotency-key"


@pytest.mark.parametrize("path", [_LOGIN, "/api/me", "/api/clients/nobody"])
def test_security_and_cors_headers_stand_on_refusals_too(world: World, path: str) -> None:
    reply = world.people["anonymous"].send("POST" if path == _LOGIN else "GET", path, b"{}" if path == _LOGIN else None)
    assert reply.status in {400, 401}
    _has_headers(reply)


def test_security_and_cors_headers_stand_on_answers(world: World) -> None:
    _has_headers(world.people["admin"].get("/api/me"))
    _has_headers(world.people["anonymous"].get("/api/openapi.json"))


def _has_headers(reply: Reply) -> None:
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "max-age=" in reply.headers["strict-transport-security"]
    assert reply.headers["access-control-allow-origin"]


@pytest.mark.parametrize("scheme", ["", "Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "bearer", "Token x", "Bearer a b c"])
def test_an_authorization_of_another_kind_is_a_401(world: World, scheme: str) -> None:
    _is_refused(world.people["anonymous"].send("GET", "/api/me", headers={"Authorization": scheme}), 401)


@pytest.mark.covers("S3-118")
def test_a_cookie_is_no_authentication(world: World) -> None:
    token = world.people["admin"].token
    headers = {"Cookie": f"token={token}; session={token}; Authorization=Bearer {token}"}
    _is_refused(world.people["anonymous"].send("GET", "/api/me", headers=headers), 401)


@pytest.mark.covers("S0-045", "S0-058", "S2-216", "S2-419")
def test_every_refusal_and_every_fault_of_ours_has_the_same_form(world: World) -> None:
    admin, viewer, nobody = (world.people[who] for who in ("admin", "viewer", "anonymous"))
    consumers, area = world.utility.consumers, {"code": "San-Isidro", "name": "Another"}
    person = {"firstName": "Ana", "lastName": "Cruz"}
    made = admin.post(consumers, person, key="one-form").expect(201)
    spoil(keys.consumer(world.utility.client, made["id"]))
    replies = {
        400: admin.post(consumers, {}),
        401: nobody.get("/api/me"),
        403: viewer.post(consumers, person),
        404: admin.get(f"{consumers}/01ARYZ6S410000000000000000"),
        409: admin.post(f"/api/clients/{world.utility.client}/areas", area),
        413: admin.send("POST", consumers, b"x" * 1_000_001),
        415: admin.send("POST", consumers, b"{}", {"Content-Type": "text/plain"}),
        422: admin.post(consumers, {**person, "lastName": "Reyes"}, key="one-form"),
        500: admin.get(f"{consumers}/{made['id']}"),
    }
    shapes = {status: _is_refused(reply, status).keys() for status, reply in replies.items()}
    assert all(
        shape == {"type", "title", "status", "detail", "code", "requestId", "errors"} for shape in shapes.values()
    )
    assert "created_at" not in replies[500].body.decode()
    assert len({reply.json["type"] for reply in replies.values()}) == len(replies)
