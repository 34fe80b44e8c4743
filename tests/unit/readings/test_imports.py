"""What an import decides about each row of its file."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.connections.domain import Connection
from chalicelib.files.domain.record import ImportCounts, Refusal
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.imports import (
    Accepted,
    Outcome,
    Unchanged,
    count,
    decide,
    duplicate_of,
    report_lines,
)
from chalicelib.readings.domain.reading import Provenance, Reading
from chalicelib.readings.domain.table_file import Row
from tests.support.examples import FIFTH, NOVEMBER, NOW, OCTOBER, WATERWORKS, connection, reading

_ENTRY = Provenance(by="officer", at=NOW, source="import", origin="import-1")
_ROW = Row(2, None, "SM-1", Decimal(150), FIFTH)


def _decide(
    row: Row = _ROW,
    of: Connection | None = None,
    *recorded: Reading,
    expected: Period | None = None,
) -> Outcome:
    existing = {(one.period, one.account): one for one in recorded}
    return decide(WATERWORKS, row, of or connection(), existing, expected=expected, today=FIFTH, entry=_ENTRY)


@pytest.mark.covers("S1-034", "S3-101")
def test_a_good_row_gives_a_reading_that_names_its_import() -> None:
    outcome = _decide()
    assert isinstance(outcome, Accepted)
    assert (outcome.reading.source, outcome.reading.origin, outcome.stored) == ("import", "import-1", False)


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (replace(_ROW, value=Decimal(139)), "reading", "below-previous"),
        (replace(_ROW, read_on=date(2025, 11, 6)), "read_on", "future-date"),
        (replace(_ROW, read_on=date(2025, 10, 6)), "read_on", "already-read"),
    ],
)
@pytest.mark.covers("S1-095")
def test_a_row_that_can_not_be_is_refused_with_its_line_and_column(row: Row, column: str, code: str) -> None:
    outcome = _decide(row)
    assert isinstance(outcome, Refusal)
    assert (outcome.line, outcome.column, outcome.code) == (2, column, code)


def test_an_unknown_number_is_refused_by_name() -> None:
    outcome = decide(WATERWORKS, _ROW, None, {}, expected=None, today=FIFTH, entry=_ENTRY)
    assert outcome == Refusal(2, "meter_number", "unknown-meter", "no connection here has the number SM-1")


def test_a_row_of_another_period_than_the_announced_one_is_refused() -> None:
    outcome = _decide(_ROW, None, expected=OCTOBER)
    assert isinstance(outcome, Refusal)
    assert (outcome.column, outcome.code) == ("read_on", "other-period")
    assert isinstance(_decide(_ROW, None, expected=NOVEMBER), Accepted)


def test_a_row_whose_two_numbers_name_two_connections_is_refused() -> None:
    both = replace(_ROW, account="2025110001")
    assert isinstance(_decide(replace(both, meter=" sm-1 ")), Accepted)
    outcome = _decide(replace(both, meter="SM-2"))
    assert isinstance(outcome, Refusal)
    assert (outcome.column, outcome.code) == ("meter_number", "other-meter")


def test_a_row_that_says_what_is_recorded_changes_nothing() -> None:
    assert _decide(_ROW, None, reading(origin="import-0")) == Unchanged(2)


def test_a_row_that_this_very_import_wrote_before_a_crash_counts_as_accepted() -> None:
    outcome = _decide(_ROW, None, reading(origin="import-1"))
    assert isinstance(outcome, Accepted)
    assert outcome.stored


@pytest.mark.parametrize("changes", [{"value": Decimal(151)}, {"read_on": date(2025, 11, 4)}])
def test_a_row_that_contradicts_what_is_recorded_is_refused_with_what_is_recorded(changes: dict[str, Any]) -> None:
    recorded = reading(**changes)
    outcome = _decide(_ROW, None, recorded)
    assert isinstance(outcome, Refusal)
    assert outcome.code == "already-read"
    assert f"{recorded.value} on {recorded.read_on}" in outcome.reason


def test_counts_and_report_say_what_became_of_each_row() -> None:
    flagged = Accepted(replace(_ROW, line=5), reading(flags=("late", "high_use")), stored=False)
    outcomes: list[Outcome] = [
        flagged,
        Unchanged(4),
        duplicate_of(replace(_ROW, line=3), _ROW),
        Accepted(_ROW, reading(), stored=False),
    ]
    assert count(outcomes, blank=2) == ImportCounts(rows=4, accepted=2, unchanged=1, refused=1, flagged=1, blank=2)
    lines = [(line["line"], line["kind"], line["code"]) for line in report_lines(outcomes)]
    assert lines == [(3, "refused", "duplicate-row"), (5, "flagged", "high_use"), (5, "flagged", "late")]
    assert "line 2" in str(report_lines(outcomes)[0]["reason"])
