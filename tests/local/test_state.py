"""D16: what the state folder keeps from run to run, and that it never replaces keys in silence."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from local.state import StateFolder, open_state
from local.trouble import Trouble


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StateFolder]:
    monkeypatch.setenv("METERBOOK_STATE", str(tmp_path / "state"))
    opened = open_state()
    yield opened
    os.close(opened.lock)


def test_d16_the_logs_of_the_last_five_runs_stay(state: StateFolder) -> None:
    for number in range(8):
        state.set_logs_aside()
        state.log.write_text(f"run {number}")
        state.aws_log.write_text(f"aws {number}")
    kept = [state.log, *(state.path / f"meterbook.log.{number}" for number in range(1, 6))]
    assert [path.read_text() for path in kept] == [f"run {number}" for number in (7, 6, 5, 4, 3, 2)]
    assert (state.path / "aws.log.1").read_text() == "aws 6"
    assert not (state.path / "meterbook.log.6").exists()


@pytest.mark.parametrize("name", ["root-keys.json", "token-keys.json"])
def test_d16_keys_that_are_gone_from_a_state_in_use_are_not_replaced(state: StateFolder, name: str) -> None:
    made = (state.root_keys(), state.token_keys())
    state.note_applied("0123456789abcdef")
    assert (state.root_keys(), state.token_keys()) == made
    (state.path / name).unlink()
    with pytest.raises(Trouble, match=f"{name} is missing, though the state was made with it; put it back"):
        state.root_keys() if name == "root-keys.json" else state.token_keys()
    assert not (state.path / name).exists()


def test_each_day_has_a_clock_of_its_own_that_is_remembered(state: StateFolder) -> None:
    day, instant = date(2025, 11, 1), datetime(2025, 11, 1, 12, 0, 7, tzinfo=UTC)
    assert state.last_moment_of(day) is None
    state.note_moment(day, instant)
    assert state.last_moment_of(day) == instant
    assert state.last_moment_of(date(2025, 12, 1)) is None
    (state.path / "clock-2025-11-01").write_text("noon")
    with pytest.raises(Trouble, match="clock-2025-11-01 holds no instant"):
        state.last_moment_of(day)


@pytest.mark.parametrize("form", ["1", None])
def test_state_of_an_older_version_is_refused_with_what_to_do(state: StateFolder, form: str | None) -> None:
    state.note_applied("0123456789abcdef")
    assert state.applied_template() == "0123456789abcdef"
    if form is None:
        (state.path / "form").unlink()
    else:
        (state.path / "form").write_text(form)
    with pytest.raises(Trouble, match=r"made by an older version of Meterbook, .* start again: rm -r "):
        state.applied_template()
