"""The decision of an import of readings about each row of its file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.connections.domain import Connection, ambiguous_meter, normalised_meter
from chalicelib.files.domain.record import ImportCounts, Refusal, ReportLine
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain
from chalicelib.readings.domain.flags import HIGH_USE, LATE, NO_USE, ROLLOVER
from chalicelib.readings.domain.reading import MeterValue, Provenance, Reading
from chalicelib.readings.domain.recording import check_day, record_reading, replace_estimate
from chalicelib.readings.domain.rounds import round_of
from chalicelib.readings.domain.table_file import Row, VisitRow
from chalicelib.readings.domain.visits import Visit
from chalicelib.tenancy.domain import Project

_FLAG_REASONS = {
    LATE: "taken outside the reading days",
    HIGH_USE: "use is far above the one before",
    NO_USE: "nothing was used",
    ROLLOVER: "the register ran over and started again at zero",
}


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A row that repeats a recorded reading."""

    line: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that gives a reading; `stored` if an earlier, interrupted delivery of the same file wrote it already.

    `estimate` is the estimate that it replaces.
    """

    row: Row
    reading: Reading
    stored: bool
    estimate: Reading | None = None

    @property
    def line(self) -> int:
        return self.row.line


@dataclass(frozen=True, slots=True)
class Visited:
    """A row that gives a visit without a reading; noted again, it is the same."""

    line: int
    visit: Visit


Outcome = Accepted | Unchanged | Visited | Refusal


def decide(
    project: Project,
    row: Row,
    connection: Connection | None,
    taken: Sequence[Reading],
    *,
    expected: Period | None,
    today: date,
    entry: Provenance,
    is_open: Callable[[Reading], bool],
    of_class: Decimal | None,
) -> Outcome:
    """Decide about a row: a new reading, unchanged, or a refusal with its reason.

    `taken` are the connection's readings of the row's round; one that this import wrote counts as accepted, so that an
    interrupted import gives the same report when it is resumed. `is_open` tells whether an estimate has no bill yet.
    """
    if connection is None:
        number = row.account or row.meter
        return Refusal(row.line, row.number_column, "unknown-meter", f"no connection here has the number {number}")
    try:
        period = round_of(project, connection, row.read_on, named=row.period)
    except Invalid as error:
        return Refusal(row.line, "round" if row.period else "read_on", error.code, str(error))
    if refusal := _contradiction(row, connection, period, expected=expected, today=today):
        return refusal
    shown = shown_by(row)
    live = [each for each in taken if each.is_live]
    read = [each for each in live if not each.estimated and each.kind != "check"]
    recorded = next((each for each in read if each.read_on == row.read_on), None)
    if recorded is not None:
        return _against_recorded(row, shown, recorded, entry)
    own = (each for each in live if each.estimated and each.meter_number == connection.meter_number)
    estimate = next((each for each in own if is_open(each)), None)
    try:
        if estimate is None:
            reading = record_reading(
                project, connection, shown, today=today, entry=entry, taken=taken, of_class=of_class
            )
        else:
            reading = replace_estimate(
                project, estimate, connection, shown, today=today, entry=entry, of_class=of_class
            )
    except (Invalid, Conflict) as error:
        field = error.faults[0].field if error.faults else None
        return Refusal(row.line, _column_of(error.code, field), error.code, str(error))
    return Accepted(row, reading, stored=False, estimate=estimate)


def _column_of(code: str, field: str | None) -> str:
    """Return the column of a file at fault."""
    if code in {"not-after-last", "already-read", "before-installed"}:
        return "read_on"
    kind, _, name = (field or "").partition(".")
    return f"register:{name}" if kind == "registers" and name else "reading"


def shown_by(row: Row) -> MeterValue:
    """Return what a row says that the meter showed."""
    return MeterValue(
        row.value,
        row.read_on,
        registers=row.registers,
        measures=row.measures,
        period=row.period,
        reader_code=row.reader_code,
    )


def _contradiction(
    row: Row | VisitRow, connection: Connection, period: Period, *, expected: Period | None, today: date
) -> Refusal | None:
    """Return a refusal if a row contradicts the calendar, its import or its connection."""
    if row.account and row.meter and meter_as_stored(row.meter) != connection.meter_number:
        reason = f"account {row.account} has the meter {connection.meter_number}, not {row.meter}"
        return Refusal(row.line, "meter_number", "other-meter", reason)
    try:
        check_day(row.read_on, today)
    except Invalid as error:
        return Refusal(row.line, "read_on", error.code, str(error))
    if expected and period != expected:
        reason = f"a reading of {row.read_on} bills {period}, not {expected}"
        return Refusal(row.line, "read_on", "other-period", reason)
    return None


def _against_recorded(row: Row, shown: MeterValue, recorded: Reading, entry: Provenance) -> Outcome:
    if not recorded.is_same_as(shown):
        said = f"{plain(recorded.value)} on {recorded.read_on}"
        reason = f"{recorded.period} is already read: {said}; correct that reading instead of importing another"
        return Refusal(row.line, "reading", "already-read", reason)
    if recorded.origin == entry.origin:
        return Accepted(row, recorded, stored=True)
    return Unchanged(row.line)


def meter_as_stored(said: str) -> str:
    """Return a meter number of a file as connections have it; no connection has one that is none."""
    try:
        return normalised_meter(said)
    except Invalid:
        return said


def ambiguous(row: Row | VisitRow, number: str, meters: Sequence[Connection]) -> Refusal:
    """Return the refusal of a row whose meter number several connections have."""
    error = ambiguous_meter(number, meters)
    return Refusal(row.line, "meter_number", error.code, f"{error}, in a column meter_brand")


def count(outcomes: list[Outcome], *, blank: int) -> ImportCounts:
    """Count the outcomes of the rows."""
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    return ImportCounts(
        rows=len(outcomes),
        accepted=len(accepted) + sum(isinstance(outcome, Visited) for outcome in outcomes),
        unchanged=sum(isinstance(outcome, Unchanged) for outcome in outcomes),
        refused=sum(isinstance(outcome, Refusal) for outcome in outcomes),
        flagged=sum(bool(outcome.reading.flags) or outcome.reading.state == "held" for outcome in accepted),
        blank=blank,
    )


def decide_visit(
    project: Project,
    row: VisitRow,
    connection: Connection | None,
    *,
    expected: Period | None,
    today: date,
    entry: Provenance,
) -> Visited | Refusal:
    """Decide about a row with a reader's code and no reading: a visit, or a refusal with its reason."""
    if connection is None:
        number = row.account or row.meter
        return Refusal(row.line, row.number_column, "unknown-meter", f"no connection here has the number {number}")
    if not connection.is_metered:
        return Refusal(row.line, row.number_column, "no-meter", f"connection {connection.account} has no meter")
    try:
        period = round_of(project, connection, row.read_on, named=row.period)
    except Invalid as error:
        return Refusal(row.line, "round" if row.period else "read_on", error.code, str(error))
    if refusal := _contradiction(row, connection, period, expected=expected, today=today):
        return refusal
    visit = Visit(connection.account, period, row.read_on, row.reader_code, None, entry.by, entry.at)
    return Visited(row.line, visit)


def report_lines(outcomes: list[Outcome]) -> list[ReportLine]:
    """Return the lines of the report: refused, flagged and held rows, in order."""
    lines: list[ReportLine] = []
    for outcome in outcomes:
        if isinstance(outcome, Refusal):
            lines.append(outcome.as_line())
        elif isinstance(outcome, Accepted):
            lines += [
                {
                    "line": outcome.line,
                    "kind": "flagged",
                    "column": "reading",
                    "code": flag,
                    "reason": _FLAG_REASONS[flag],
                }
                for flag in outcome.reading.flags
            ]
            if outcome.reading.state == "held":
                reason = f"held until a person has looked at it: {outcome.reading.reason}"
                lines.append(
                    {"line": outcome.line, "kind": "flagged", "column": "reading", "code": "held", "reason": reason}
                )
    return sorted(lines, key=lambda line: (int(line["line"]), str(line["code"])))
