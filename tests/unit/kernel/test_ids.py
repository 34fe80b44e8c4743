"""Ids sort by time, shards never move, names from outside can't reach the table's separators."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.ids import code, derived_ids, fingerprint, known_ulid, shard_of, slug, ulid
from tests.support.strategies import INSTANTS

_TEN_BYTES = st.binary(min_size=10, max_size=10)
# Whatever an outsider may try to reach another key, another folder or another line with.
_TRICKS = [
    "",
    "#",
    "a#b",
    "a/b",
    "../x",
    "a b",
    "a\n",
    "\na",
    "é",
    "１",
    "a\x00",
    "-a",
    ".a",
    "~DIRECTORY",
    "%2e",
    "a" * 41,
]


@given(INSTANTS, st.integers(1, 10**9), _TEN_BYTES, _TEN_BYTES)
def test_a_later_ulid_sorts_after_an_earlier_one(now: datetime, later_ms: int, one: bytes, other: bytes) -> None:
    assert ulid(now, one) < ulid(now + timedelta(milliseconds=later_ms), other)


@given(INSTANTS, _TEN_BYTES)
def test_a_ulid_of_ours_is_let_in_again(now: datetime, random: bytes) -> None:
    made = ulid(now, random)
    assert len(made) == 26
    assert known_ulid(made, "thing") == made


def test_a_ulid_is_written_as_its_specification_has_it() -> None:
    now = datetime.fromtimestamp(1469918176, UTC).replace(microsecond=385_000)  # the example of the ULID specification
    assert ulid(now, bytes(10)) == "01ARYZ6S41" + "0" * 16
    assert ulid(now, bytes(9) + b"\1") == "01ARYZ6S41" + "0" * 15 + "1"


@pytest.mark.parametrize(
    "text",
    ["", "0", "8" + "0" * 25, "0" * 25, "0" * 27, "0" * 25 + "I", "0" * 25 + "#", "0" * 26 + "\n", "../" * 8 + "ab"],
)
def test_what_no_id_of_ours_looks_like_is_not_found(text: str) -> None:
    with pytest.raises(NotFound, match="there is no consumer"):
        known_ulid(text, "consumer")


def test_the_same_names_give_the_same_ids_in_the_same_order() -> None:
    one, again, other = derived_ids("a", "b"), derived_ids("a", "b"), derived_ids("ab", "")
    made = [one() for _ in range(3)]
    assert made == [again() for _ in range(3)]
    assert len({*made, *(other() for _ in range(3))}) == 6
    assert all(known_ulid(id_, "thing") for id_ in made)


def test_a_repeated_request_meets_ids_made_before_the_last_deployment() -> None:
    next_id = derived_ids("utility", "POST", "key-1")
    assert [next_id(), next_id()] == ["01YGYTBQ2AK3S7XQ4BPB1RQFR2", "0SZ0TW74411VT1NXFW9N8G8SQB"]


# Golden: stored keys depend on these permanently.
@pytest.mark.parametrize(
    ("name", "one", "seven", "many"),
    [
        ("2025110001", 0, 0, 18),
        ("2025110002", 0, 3, 40),
        ("101", 0, 4, 60),
        ("A-1", 0, 1, 48),
    ],
)
def test_a_name_stays_on_its_shard_for_ever(name: str, one: int, seven: int, many: int) -> None:
    assert [shard_of(name, shards) for shards in (1, 7, 64)] == [one, seven, many]


def test_accounts_spread_evenly_over_shards() -> None:
    counts = [0] * 16
    for number in range(1, 8001):
        counts[shard_of(f"202511{number:04}", 16)] += 1
    assert min(counts) > 400
    assert max(counts) < 600


@pytest.mark.parametrize("text", [*_TRICKS, "a" * 33, "a_b", "a.b"])
def test_a_name_that_could_break_out_of_a_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="letters, digits or hyphens"):
        slug(text, "a project's id")


@pytest.mark.parametrize("text", ["balilihan", "AVII", "waterBills", "a" * 32, "0-a"])
def test_an_ordinary_name_is_let_through(text: str) -> None:
    assert slug(text, "a client's id") == text


@pytest.mark.parametrize("text", _TRICKS)
def test_a_number_that_could_break_out_of_a_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="1 to 40"):
        code(text, "a meter number")


@pytest.mark.parametrize("text", ["2025110001", "WM-101-2025", "a_b.c", "a" * 40])
def test_an_ordinary_number_is_let_through(text: str) -> None:
    assert code(text, "a meter number") == text


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_different_parts_have_different_prints(one: list[str], other: list[str]) -> None:
    separated = any("\x1f" in part for part in [*one, *other])
    if not separated and one != other and {*map(tuple, (one, other))} != {(), ("",)}:
        assert fingerprint(*one) != fingerprint(*other)
    assert fingerprint(*one) == fingerprint(*one)
