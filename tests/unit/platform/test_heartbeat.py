"""The heartbeat goes on while work goes on, survives a failing beat, and ends with the work."""

import threading
from datetime import timedelta

import pytest

from chalicelib.platform.heartbeat import heartbeat

_OFTEN = timedelta(milliseconds=2)


def test_it_beats_until_the_work_ends() -> None:
    beats = threading.Semaphore(0)
    with heartbeat(beats.release, every=_OFTEN):
        assert all(beats.acquire(timeout=20) for _ in range(3))
    while beats.acquire(blocking=False):
        pass
    assert not beats.acquire(timeout=0.05)


def test_a_beat_that_fails_is_followed_by_the_next_one() -> None:
    beats = threading.Semaphore(0)

    def fail() -> None:
        beats.release()
        raise ValueError("no answer")

    with heartbeat(fail, every=_OFTEN):
        assert all(beats.acquire(timeout=20) for _ in range(3))


def test_it_ends_with_work_that_fails() -> None:
    with pytest.raises(ValueError, match="broken"), heartbeat(lambda: None, every=_OFTEN):
        raise ValueError("broken")
    assert "heartbeat" not in {thread.name for thread in threading.enumerate()}
