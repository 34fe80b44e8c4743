"""Every POST that makes something, struck at each of its AWS calls and sent again: one thing, and nothing else."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.platform import clock
from tests.support import table
from tests.support.deeds import Ground
from tests.support.faults import MODES, Death, Mode, faults
from tests.support.http import Reply
from tests.support.repeats import WALKED, fresh_deed, is_same, kinds_of, status_of
from tests.support.utilities import NOVEMBER

_LATER = timedelta(seconds=61)


@pytest.mark.parametrize("row", WALKED, ids=lambda row: row[1])
@pytest.mark.parametrize(
    "mode", ["dies after", *(pytest.param(mode, marks=pytest.mark.slow) for mode in MODES if mode != "dies after")]
)
def test_after_a_crash_at_any_call_the_repetition_finds_or_makes_one_thing(
    ground: Ground, row: tuple[str, str], mode: Mode
) -> None:
    deed, key = fresh_deed(ground, row)
    before = table.everything()
    with faults() as watched:
        ground.post(deed, key=key).expect(status_of(row))
    left = table.everything()
    one = kinds_of(ground, left) - kinds_of(ground, before)
    assert one, "nothing was made"
    for at in range(len(watched.calls)):
        table.put_back(before, left)
        first = _struck(lambda: ground.post(deed, key=key), at, mode)
        clock.use_time(lambda: NOVEMBER + _LATER)
        again = ground.post(deed, key=key)
        clock.use_time(lambda: NOVEMBER)
        left = table.everything()
        told = f"{mode} {watched.calls[at]} (call {at}): {again.status} {again.body!r}"
        assert again.status == status_of(row), told
        assert kinds_of(ground, left) - kinds_of(ground, before) == one, told
        if first is not None and first.status < 300:
            assert is_same(first, again), told


def _struck(post: Callable[[], Reply], at: int, mode: Mode) -> Reply | None:
    with faults(strike_at=at, mode=mode):
        try:
            return post()
        except Death:
            return None
