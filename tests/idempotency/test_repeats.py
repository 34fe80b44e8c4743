"""Every POST that makes something, sent again with its Idempotency-Key: one effect, the first answer word for word."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest

from chalicelib.platform import clock, dynamo, idempotency
from chalicelib.platform.http import PUBLIC
from chalicelib.platform.idempotency import AnswerItem
from tests.support import table
from tests.support.catalogue import CATALOGUE, CHANGING, CREATING, PROJECT, Request, Row, Sandbox, good_request
from tests.support.endpoints import ALL, status_of
from tests.support.faults import Death, faults
from tests.support.repeats import is_same, kinds_of
from tests.support.utilities import NOVEMBER

_CREATING = sorted(
    (one.method, one.path)
    for one in ALL
    if one.method == "POST" and one.status in {201, 202} and one.permission != PUBLIC and not one.secret
)
_number = count(1)
_READINGS: Row = ("POST", PROJECT + "/readings")
# POSTs that change what is there; some make things on the way, such as the connection of an approved request.
_ACTS = [row for row in CHANGING if row[0] == "POST"]
_STORE_NOTHING_FOR_LATER = {
    ("POST", PROJECT + "/tariffs/quote"),
    ("POST", PROJECT + "/readings/import-trials"),
    ("POST", "/api/auth/logout"),
    ("POST", "/api/auth/logout-everywhere"),
    *((method, path) for method, path in CATALOGUE if method == "POST" and path.endswith("/preview")),
}


def _fresh(sandbox: Sandbox, row: Row) -> tuple[Request, str]:
    """Build a request that was not sent yet, and a key for it."""
    number = next(_number)
    return good_request(sandbox, row, number), f"key-{number}"


def test_every_post_is_walked_here() -> None:
    assert set(_CREATING) - set(CREATING) == set(), "give its request a second body in the catalogue"
    posts = {(one.method, one.path) for one in ALL if one.method == "POST" and one.permission != PUBLIC}
    assert posts == set(CREATING) | set(_ACTS) | _STORE_NOTHING_FOR_LATER


@pytest.mark.parametrize("row", _ACTS, ids=lambda row: row[1])
def test_an_act_sent_again_with_its_key_is_done_once(sandbox: Sandbox, row: Row) -> None:
    act, key = _fresh(sandbox, row)
    first = act.send(key=key)
    assert first.status == status_of(row)
    done = table.items_of(sandbox.utility.client)
    clock.use_time(lambda: NOVEMBER + timedelta(minutes=5))
    assert is_same(first, act.send(key=key))
    assert table.items_of(sandbox.utility.client) == done


@pytest.mark.parametrize("row", CREATING, ids=lambda row: row[1])
def test_the_same_key_and_body_get_the_first_answer_and_nothing_new(sandbox: Sandbox, row: Row) -> None:
    request, key = _fresh(sandbox, row)
    first = request.send(key=key)
    assert first.status in {201, 202}
    made = table.items_of(sandbox.utility.client)
    clock.use_time(lambda: NOVEMBER + timedelta(minutes=5))
    again = request.send(key=key)
    assert is_same(first, again)
    assert table.items_of(sandbox.utility.client) == made
    assert again.headers["x-content-type-options"] == "nosniff"


@pytest.mark.covers("S2-225", "S2-418")
@pytest.mark.parametrize("row", CREATING, ids=lambda row: row[1])
def test_what_was_made_is_where_the_answer_says(sandbox: Sandbox, row: Row) -> None:
    request, _ = _fresh(sandbox, row)
    reply = request.send()
    shown, made = request.by.get(reply.headers["location"]).expect(200), reply.json
    same = {"userId": "id"} if "userId" in made else {name: name for name in made.keys() & {"id", "code", "name"}}
    assert {name: shown[there] for name, there in same.items()} == {name: made[name] for name in same}


@pytest.mark.parametrize("row", CREATING, ids=lambda row: row[1])
def test_the_same_key_with_another_body_is_a_422_and_makes_nothing(sandbox: Sandbox, row: Row) -> None:
    request, key = _fresh(sandbox, row)
    request.send(key=key)
    made = kinds_of(sandbox)
    refused = request.send(body=request.other, key=key).expect(422)
    assert refused["code"] == "key-reused"
    assert kinds_of(sandbox) == made


@pytest.mark.parametrize("row", CREATING, ids=lambda row: row[1])
def test_twins_at_the_same_moment_have_one_effect(sandbox: Sandbox, row: Row) -> None:
    request, key = _fresh(sandbox, row)
    twin, _ = _fresh(sandbox, row)
    before = kinds_of(sandbox)
    twin.send().expect(status_of(row))
    one = kinds_of(sandbox) - before
    with ThreadPoolExecutor(4) as hands:
        replies = list(hands.map(lambda _: request.send(key=key), range(4)))
    answered = [reply for reply in replies if reply.status != 409]
    assert {reply.status for reply in replies} <= {status_of(row), 409}
    assert {reply.json["code"] for reply in replies if reply.status == 409} <= {"in-progress"}
    assert answered
    assert len({reply.body for reply in answered}) == 1
    assert kinds_of(sandbox) - before == one + one


@pytest.mark.parametrize("row", CREATING, ids=lambda row: row[1])
def test_a_key_of_another_tenant_user_or_route_is_unrelated(
    sandbox: Sandbox, elsewhere: Sandbox, colleague: Sandbox, row: Row
) -> None:
    request, key = _fresh(sandbox, row)
    request.send(key=key).expect(status_of(row))
    theirs, _ = _fresh(elsewhere, row)
    theirs.send(key=key).expect(status_of(row))
    if CATALOGUE[row].by == "admin":
        mine, _ = _fresh(colleague, row)
        mine.send(key=key).expect(status_of(row))
    other_row = CREATING[CREATING.index(row) - 1]
    further, _ = _fresh(sandbox, other_row)
    further.send(key=key).expect(status_of(other_row))


@pytest.mark.parametrize("row", CREATING, ids=lambda row: row[1])
def test_when_the_key_has_run_out_the_things_own_key_still_protects(sandbox: Sandbox, row: Row) -> None:
    request, key = _fresh(sandbox, row)
    request.send(key=key).expect(status_of(row))
    made = kinds_of(sandbox)
    kept = {name: item for name, item in table.items_of(sandbox.utility.client).items() if "#ANSWER#" in name}
    table.write({name: item | {"ttl": {"N": "1"}} for name, item in kept.items()})  # long over, and not yet dropped
    again = request.send(key=key)
    assert again.status in {status_of(row), 400, 409}
    assert kinds_of(sandbox) == made


def test_the_first_answer_stays_although_the_thing_has_changed(sandbox: Sandbox) -> None:
    request, key = _fresh(sandbox, _READINGS)
    first = request.send(key=key)
    reading = first.expect(201)
    sandbox.admin.put(f"{request.path}/{reading['id']}", {"reading": "12", "readOn": "2025-11-05"}).expect(200)
    assert is_same(first, request.send(key=key))


def test_while_the_first_is_under_way_the_twin_is_told_so_and_when_to_come_again(sandbox: Sandbox) -> None:
    request, key = _fresh(sandbox, _READINGS)
    with faults(strike_at=2, mode="dies before"), pytest.raises(Death):
        request.send(key=key)
    twin = request.send(key=key)
    assert twin.expect(409)["code"] == "in-progress"
    assert int(twin.headers["retry-after"]) > 0
    assert request.send(body=request.other, key=key).expect(422)["code"] == "key-reused"


def test_a_refused_request_leaves_its_key_free(sandbox: Sandbox) -> None:
    request, key = _fresh(sandbox, _READINGS)
    request.send(body=request.body | {"accountNumber": "nobody"}, key=key).expect(404)
    request.send(key=key).expect(201)


def test_an_answer_is_kept_for_two_days_and_then_dropped_by_the_table(sandbox: Sandbox) -> None:
    request, key = _fresh(sandbox, _READINGS)
    before = set(table.items_of(sandbox.utility.client))
    request.send(key=key).expect(201)
    (kept,) = [
        item
        for name, item in table.items_of(sandbox.utility.client).items()
        if name not in before and "#ANSWER#" in name
    ]
    assert int(kept["ttl"]["N"]) == int((NOVEMBER + timedelta(hours=48)).timestamp())
    assert key not in str(kept)
    assert dynamo.find(AnswerItem, (kept["pk"]["S"], kept["sk"]["S"])) is not None


def test_without_a_key_nothing_is_kept(sandbox: Sandbox) -> None:
    request, _ = _fresh(sandbox, _READINGS)
    request.send().expect(201)
    before = set(table.items_of(sandbox.utility.client))
    request.send().expect(201)
    assert set(table.items_of(sandbox.utility.client)) == before


def test_a_body_leaves_a_print_that_says_nothing_of_it(sandbox: Sandbox) -> None:
    ctx = sandbox.utility.context()
    assert (
        idempotency.request_fingerprint(ctx, "a")
        == idempotency.request_fingerprint(ctx, "a")
        != idempotency.request_fingerprint(ctx, "b")
    )
    assert len(idempotency.request_fingerprint(ctx, "x" * 10_000)) == 32
