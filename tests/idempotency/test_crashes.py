"""Every POST that makes something, struck at each of its AWS calls and sent again: one thing, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from chalicelib.platform import clock
from tests.support import table
from tests.support.catalogue import CREATING, Row, Sandbox, good_request
from tests.support.endpoints import status_of
from tests.support.faults import MODES, Death, Mode, faults
from tests.support.http import Reply
from tests.support.repeats import is_same, kinds_of
from tests.support.utilities import NOVEMBER

_LATER = timedelta(seconds=61)
_number = count(1)


@pytest.mark.parametrize("row", CREATING, ids=lambda row: row[1])
@pytest.mark.parametrize(
    "mode", ["dies after", *(pytest.param(mode, marks=pytest.mark.slow) for mode in MODES if mode != "dies after")]
)
def test_after_a_crash_at_any_call_the_repetition_finds_or_makes_one_thing(
    sandbox: Sandbox, row: Row, mode: Mode
) -> None:
    request = good_request(sandbox, row, next(_number))
    before = table.everything()
    with faults() as watched:
        request.send(key="a key").expect(status_of(row))
    left = table.everything()
    one = kinds_of(sandbox, left) - kinds_of(sandbox, before)
    assert one, "nothing was made"
    for at in range(len(watched.calls)):
        table.put_back(before, left)
        first = _struck(lambda: request.send(key="a key"), at, mode)
        clock.use_time(lambda: NOVEMBER + _LATER)
        again = request.send(key="a key")
        clock.use_time(lambda: NOVEMBER)
        left = table.everything()
        outcome = f"{mode} {watched.calls[at]} (call {at}): {again.status} {again.body!r}"
        assert again.status == status_of(row), outcome
        assert kinds_of(sandbox, left) - kinds_of(sandbox, before) == one, outcome
        if first is not None and first.status < 300:
            assert is_same(first, again), outcome


def _struck(post: Callable[[], Reply], at: int, mode: Mode) -> Reply | None:
    with faults(strike_at=at, mode=mode):
        try:
            return post()
        except Death:
            return None
