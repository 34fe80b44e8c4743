"""What an import decides about each row of its file."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.connections.domain import Connection, Register
from chalicelib.files.domain.record import ImportCounts, Refusal
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.imports import (
    Accepted,
    Outcome,
    Unchanged,
    count,
    decide,
    report_lines,
)
from chalicelib.readings.domain.reading import Provenance, Reading
from chalicelib.readings.domain.table_file import Row
from chalicelib.tenancy.domain import DeliveredMeasure, Project
from tests.support.examples import FIFTH, NOVEMBER, NOW, OCTOBER, WATERWORKS, connection, reading, with_settings

_ENTRY = Provenance(by="officer", at=NOW, source="import", origin="import-1")
_DELIVERED = (DeliveredMeasure("demandKw", "reading"), DeliveredMeasure("offpeak", "register"))
_ROW = Row(2, None, "SM-1", Decimal(150), FIFTH)


def _decide(
    row: Row = _ROW,
    of: Connection | None = None,
    *recorded: Reading,
    expected: Period | None = None,
) -> Outcome:
    return _decide_in(WATERWORKS, row, of or connection(), *recorded, expected=expected)


def _decide_in(
    project: Project, row: Row, of: Connection | None, *recorded: Reading, expected: Period | None = None
) -> Outcome:
    return decide(
        project,
        row,
        of,
        recorded,
        expected=expected,
        today=FIFTH,
        entry=_ENTRY,
        is_open=lambda _: True,
        of_class=None,
    )


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
        (replace(_ROW, read_on=date(2025, 9, 30)), "read_on", "already-read"),
        (replace(_ROW, read_on=date(2025, 10, 5)), "read_on", "not-after-last"),
        (replace(_ROW, period=Period(2025, 9)), "round", "other-period"),
        (replace(_ROW, registers={"night": Decimal(1)}), "register:night", "unknown-register"),
    ],
)
@pytest.mark.covers("S1-095")
def test_a_row_that_can_not_be_is_refused_with_its_line_and_column(row: Row, column: str, code: str) -> None:
    outcome = _decide(row)
    assert isinstance(outcome, Refusal)
    assert (outcome.line, outcome.column, outcome.code) == (2, column, code)


def test_an_unknown_number_is_refused_by_name() -> None:
    outcome = _decide_in(WATERWORKS, _ROW, None)
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


@pytest.mark.parametrize("changes", [{"value": Decimal(151)}, {"measures": {"demandKw": Decimal(3)}}])
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
        Refusal(3, "reading", "contradicting-rows", "150 in line 3, 151 in line 4"),
        Accepted(_ROW, reading(), stored=False),
    ]
    assert count(outcomes, blank=2) == ImportCounts(rows=4, accepted=2, unchanged=1, refused=1, flagged=1, blank=2)
    lines = [(line["line"], line["kind"], line["code"]) for line in report_lines(outcomes)]
    assert lines == [(3, "refused", "contradicting-rows"), (5, "flagged", "high_use"), (5, "flagged", "late")]
    assert "line 3" in str(report_lines(outcomes)[0]["reason"])


def test_a_row_of_another_day_of_a_round_is_a_further_reading_of_it() -> None:
    outcome = _decide(_ROW, None, reading(read_on=date(2025, 11, 4), value=Decimal(145)))
    assert isinstance(outcome, Accepted)
    assert (outcome.reading.id, outcome.reading.state) == ("2025-11.2025110001:2", "pending")


def test_a_check_reading_of_the_day_does_not_keep_a_row_out() -> None:
    outcome = _decide(_ROW, None, reading(kind="check", value=Decimal(149)))
    assert isinstance(outcome, Accepted)
    assert outcome.reading.number == 2


def test_a_row_brings_registers_measures_a_readers_code_and_its_round() -> None:
    two_rates = connection(registers=(Register("night", measure="offpeak", last_value=Decimal(800)),))
    row = replace(
        _ROW,
        read_on=date(2025, 10, 31),
        registers={"night": Decimal(812)},
        measures={"demandKw": Decimal("4.5")},
        reader_code="dog",
        period=NOVEMBER,
    )
    outcome = _decide_in(with_settings(WATERWORKS, measures=_DELIVERED), row, two_rates)
    assert isinstance(outcome, Accepted)
    taken = outcome.reading
    assert (taken.period, taken.reader_code, taken.measures) == (NOVEMBER, "dog", {"demandKw": Decimal("4.5")})
    assert [(each.code, each.previous, each.use) for each in taken.registers] == [("night", Decimal(800), Decimal(12))]


def test_a_row_without_a_register_that_its_bill_needs_is_refused_by_the_column() -> None:
    outcome = _decide(_ROW, connection(registers=(Register("night"),)))
    assert isinstance(outcome, Refusal)
    assert (outcome.column, outcome.code) == ("register:night", "register-missing")
