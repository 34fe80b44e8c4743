"""How many wrong passwords are free, and how long to wait after them."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.identity.domain.lockout import (
    FREE_TRIES,
    PER_NAME_AND_DAY,
    WINDOW,
    LoginAttempts,
    free_tries,
    wait_after,
    window_name,
)
from chalicelib.kernel.errors import TooMany

NOW = datetime(2025, 11, 11, 1, 20, tzinfo=UTC)


@pytest.mark.parametrize(("failures", "seconds"), [(10, 30), (11, 60), (14, 480), (15, 900), (1000, 900)])
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert wait_after(failures) == timedelta(seconds=seconds)


def test_ten_are_free_and_an_eleventh_waits() -> None:
    tries = LoginAttempts()
    for _ in range(FREE_TRIES):
        tries.check(NOW)
        tries = tries.failed(NOW)
    with pytest.raises(TooMany) as refusal:
        tries.check(NOW + timedelta(seconds=1))
    assert refusal.value.retry_after_seconds == 29
    tries.check(NOW + timedelta(seconds=30))


def test_what_was_wrong_before_the_password_was_set_counts_no_more() -> None:
    tries = LoginAttempts(50, NOW)
    assert tries.since(NOW) == LoginAttempts()
    assert tries.since(NOW - timedelta(seconds=1)) == tries.since(None) == tries


@pytest.mark.parametrize(
    ("today", "known", "free"),
    [(0, False, 10), (PER_NAME_AND_DAY - 1, False, 10), (PER_NAME_AND_DAY, False, 1), (10_000, True, 10)],
)
def test_a_name_under_attack_leaves_strange_networks_one_try(today: int, *, known: bool, free: int) -> None:
    assert free_tries(today, known_network=known) == free


def test_windows_follow_each_other_from_midnight() -> None:
    assert [window_name(NOW + timedelta(minutes=more), WINDOW) for more in (0, 9, 10)] == [
        "2025-11-11T01:15",
        "2025-11-11T01:15",
        "2025-11-11T01:30",
    ]
