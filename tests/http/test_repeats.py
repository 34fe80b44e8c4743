"""Every POST that makes something, sent again with its Idempotency-Key: one effect, the first answer word for word."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from chalicelib.platform import clock, dynamo, repeats
from chalicelib.platform.http import PUBLIC
from chalicelib.platform.repeats import AnswerItem
from tests.support import table
from tests.support.deeds import DEEDS, Deed, Ground, open_ground
from tests.support.endpoints import ALL
from tests.support.faults import MODES, Death, Mode, faults
from tests.support.http import Api, Reply
from tests.support.utilities import NOVEMBER

_CREATING = sorted(
    (one.method, one.path)
    for one in ALL
    if one.method == "POST" and one.status in {201, 202} and one.permission != PUBLIC
)
_LATER = timedelta(seconds=61)
_number = count(1)
_WALKED = sorted(DEEDS)
_READINGS = next(path for _, path in DEEDS if path.endswith("/readings"))


@pytest.fixture(autouse=True)
def _november(ground: Ground, elsewhere: Ground, colleague: Ground) -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture(scope="module")
def ground(api: Api) -> Ground:
    clock.use_time(lambda: NOVEMBER)
    return open_ground(api)


@pytest.fixture(scope="module")
def elsewhere(api: Api) -> Ground:
    """Another tenant."""
    clock.use_time(lambda: NOVEMBER)
    return open_ground(api)


@pytest.fixture(scope="module")
def colleague(ground: Ground) -> Ground:
    """The same utility, as another of its administrators sees it."""
    clock.use_time(lambda: NOVEMBER)
    return replace(ground, admin=ground.utility.as_staff("superuser"))


def _deed(ground: Ground, row: tuple[str, str]) -> tuple[Deed, str]:
    number = next(_number)
    return DEEDS[row](ground, number), f"key-{number}"


def _kinds(ground: Ground) -> Counter[str]:
    """How many items there are of each kind, apart from kept answers."""
    items = table.items_of(ground.utility.client)
    kinds = (f"{key.split('#')[1]} {item['sk']['S'].partition('#')[0]}" for key, item in items.items())
    return Counter(re.sub(r"\d+", "0", kind) for kind in kinds if not kind.startswith("ANSWER"))


def _same(first: Reply, second: Reply) -> bool:
    location = "location"
    return (first.status, first.body, first.headers.get(location)) == (
        second.status,
        second.body,
        second.headers.get(location),
    )


def test_every_post_that_makes_something_is_walked_here() -> None:
    assert set(_CREATING) - DEEDS.keys() == set(), "add a good request to tests/support/deeds.py"


@pytest.mark.parametrize("row", _WALKED, ids=lambda row: row[1])
def test_the_same_key_and_body_get_the_first_answer_and_nothing_new(ground: Ground, row: tuple[str, str]) -> None:
    deed, key = _deed(ground, row)
    first = ground.post(deed, key=key)
    assert first.status in {201, 202}
    made = _kinds(ground)
    clock.use_time(lambda: NOVEMBER + timedelta(minutes=5))
    again = ground.post(deed, key=key)
    assert _same(first, again)
    assert _kinds(ground) == made
    assert again.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("row", _WALKED, ids=lambda row: row[1])
def test_the_same_key_with_another_body_is_a_422_and_makes_nothing(ground: Ground, row: tuple[str, str]) -> None:
    deed, key = _deed(ground, row)
    ground.post(deed, key=key)
    made = _kinds(ground)
    refused = ground.post(deed, deed.other, key=key).expect(422)
    assert refused["code"] == "key-reused"
    assert _kinds(ground) == made


@pytest.mark.parametrize("row", _WALKED, ids=lambda row: row[1])
def test_twins_at_the_same_moment_have_one_effect(ground: Ground, row: tuple[str, str]) -> None:
    deed, key = _deed(ground, row)
    twin, _ = _deed(ground, row)
    before = _kinds(ground)
    ground.post(twin).expect(_status(row))
    one = _kinds(ground) - before
    with ThreadPoolExecutor(4) as hands:
        replies = list(hands.map(lambda _: ground.post(deed, key=key), range(4)))
    answered = [reply for reply in replies if reply.status != 409]
    assert {reply.status for reply in replies} <= {_status(row), 409}
    assert {reply.json["code"] for reply in replies if reply.status == 409} <= {"in-progress"}
    assert answered
    assert len({reply.body for reply in answered}) == 1
    assert _kinds(ground) - before == one + one


def _status(row: tuple[str, str]) -> int:
    return next(one.status for one in ALL if (one.method, one.path) == row)


@pytest.mark.parametrize("row", _WALKED, ids=lambda row: row[1])
def test_a_key_of_another_tenant_user_or_route_is_unrelated(
    ground: Ground, elsewhere: Ground, colleague: Ground, row: tuple[str, str]
) -> None:
    deed, key = _deed(ground, row)
    ground.post(deed, key=key).expect(_status(row))
    theirs, _ = _deed(elsewhere, row)
    elsewhere.post(theirs, key=key).expect(_status(row))
    mine, _ = _deed(ground, row)
    if not mine.path.startswith("/api/me"):
        colleague.post(mine, key=key).expect(_status(row))
    other_row = _WALKED[_WALKED.index(row) - 1]
    further, _ = _deed(ground, other_row)
    ground.post(further, key=key).expect(_status(other_row))


@pytest.mark.parametrize("row", _WALKED, ids=lambda row: row[1])
def test_when_the_key_has_run_out_the_things_own_key_still_protects(ground: Ground, row: tuple[str, str]) -> None:
    deed, key = _deed(ground, row)
    ground.post(deed, key=key).expect(_status(row))
    made = _kinds(ground)
    kept = {name: item for name, item in table.items_of(ground.utility.client).items() if "#ANSWER#" in name}
    table.write({name: item | {"ttl": {"N": "1"}} for name, item in kept.items()})  # long over, and not yet dropped
    again = ground.post(deed, key=key)
    assert again.status in {_status(row), 400, 409}
    assert _kinds(ground) == made


@pytest.mark.parametrize("row", _WALKED, ids=lambda row: row[1])
@pytest.mark.parametrize(
    "mode", ["dies after", *(pytest.param(mode, marks=pytest.mark.slow) for mode in MODES if mode != "dies after")]
)
def test_after_a_crash_at_any_call_the_repetition_finds_or_makes_one_thing(
    ground: Ground, row: tuple[str, str], mode: Mode
) -> None:
    smooth, key = _deed(ground, row)
    before = _kinds(ground)
    with faults() as watched:
        ground.post(smooth, key=key).expect(_status(row))
    one = _kinds(ground) - before
    for at in range(len(watched.calls)):
        deed, key = _deed(ground, row)
        before = _kinds(ground)
        first = _struck(lambda deed=deed, key=key: ground.post(deed, key=key), at, mode)  # type: ignore[misc]
        clock.use_time(lambda: NOVEMBER + _LATER)
        again = ground.post(deed, key=key)
        clock.use_time(lambda: NOVEMBER)
        told = f"{mode} {watched.calls[at]} (call {at}): {again.status} {again.body!r}"
        assert again.status == _status(row), told
        assert _kinds(ground) - before == one, told
        if first is not None and first.status < 300:
            assert _same(first, again), told


def _struck(post: Callable[[], Reply], at: int, mode: Mode) -> Reply | None:
    with faults(strike_at=at, mode=mode):
        try:
            return post()
        except Death:
            return None


def test_the_first_answer_stays_although_the_thing_has_changed(ground: Ground) -> None:
    deed, key = _deed(ground, ("POST", _READINGS))
    first = ground.post(deed, key=key)
    reading = first.expect(201)
    ground.admin.put(f"{deed.path}/{reading['id']}", {"reading": "12", "readOn": "2025-11-05"}).expect(200)
    assert _same(first, ground.post(deed, key=key))


def test_while_the_first_is_under_way_the_twin_is_told_so_and_when_to_come_again(ground: Ground) -> None:
    deed, key = _deed(ground, ("POST", _READINGS))
    with faults(strike_at=2, mode="dies before"), pytest.raises(Death):
        ground.post(deed, key=key)
    twin = ground.post(deed, key=key)
    assert twin.expect(409)["code"] == "in-progress"
    assert int(twin.headers["retry-after"]) > 0
    assert ground.post(deed, deed.other, key=key).expect(422)["code"] == "key-reused"


def test_a_refused_request_leaves_its_key_free(ground: Ground) -> None:
    deed, key = _deed(ground, ("POST", _READINGS))
    ground.post(deed, deed.body | {"accountNumber": "nobody"}, key=key).expect(404)
    ground.post(deed, key=key).expect(201)


def test_an_answer_is_kept_for_two_days_and_then_dropped_by_the_table(ground: Ground) -> None:
    deed, key = _deed(ground, ("POST", _READINGS))
    before = set(table.items_of(ground.utility.client))
    ground.post(deed, key=key).expect(201)
    (kept,) = [
        item
        for name, item in table.items_of(ground.utility.client).items()
        if name not in before and "#ANSWER#" in name
    ]
    assert int(kept["ttl"]["N"]) == int((NOVEMBER + timedelta(hours=48)).timestamp())
    assert key not in str(kept)
    assert dynamo.find(AnswerItem, (kept["pk"]["S"], kept["sk"]["S"])) is not None


def test_without_a_key_nothing_is_kept(ground: Ground) -> None:
    deed, _ = _deed(ground, ("POST", _READINGS))
    ground.post(deed).expect(201)
    before = set(table.items_of(ground.utility.client))
    ground.post(deed).expect(201)
    assert set(table.items_of(ground.utility.client)) == before


def test_a_body_leaves_a_print_that_says_nothing_of_it(ground: Ground) -> None:
    ctx = ground.utility.context()
    assert repeats.print_of(ctx, "a") == repeats.print_of(ctx, "a") != repeats.print_of(ctx, "b")
    assert len(repeats.print_of(ctx, "x" * 10_000)) == 32
