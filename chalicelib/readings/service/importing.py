"""Import a file of readings and write its report."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import groupby

from chalicelib.areas.domain import is_among
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection, of_brand, taken
from chalicelib.files import service as files
from chalicelib.files.domain.mapping import OWN
from chalicelib.files.domain.record import FileImport, ImportResult, Refusal
from chalicelib.identity import service as identity
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Invalid, TryLater
from chalicelib.kernel.period import Period
from chalicelib.platform.bulk import FEW, batches
from chalicelib.platform.transaction import MAX_ACTIONS, Action, Refused, commit_surviving
from chalicelib.readings import repository
from chalicelib.readings.domain.imports import (
    Accepted,
    Outcome,
    Unchanged,
    Visited,
    ambiguous,
    count,
    decide,
    decide_visit,
    meter_as_stored,
    report_lines,
)
from chalicelib.readings.domain.plausibility import needs_class
from chalicelib.readings.domain.reading import Provenance, Reading
from chalicelib.readings.domain.recording import advanced
from chalicelib.readings.domain.rounds import round_of
from chalicelib.readings.domain.table_file import Row, TableFile, VisitRow, parse, refused_contradictions
from chalicelib.readings.service.plausibility import median_of_class, usual_of_class
from chalicelib.readings.service.writes import (
    advance_write,
    audit_write,
    frozen,
    lost_race,
    replacement_writes,
)
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext

# A confirmed reading takes two writes of a transaction's hundred actions, beside one check of the period.
_CONFIRMED_AT_ONCE = 49


def run_import(ctx: ProjectContext, *, import_id: str) -> FileImport:
    """Import an uploaded file row by row, and write its report.

    Valid rows are kept even if others are refused. Idempotent: delivered twice or resumed after a crash, it gives the
    same result and report. One write request per 25 pending rows (two write units each) or 49 confirmed ones (four
    each).

    :raises NotFound: if no such file was announced.
    :raises TryLater: while a billing run works on a period of confirmed rows; the queue then delivers it again.
    """
    return files.run_import(
        ctx,
        kind="readings",
        import_id=import_id,
        check_sender=lambda record: identity.check_may_still(
            ctx, user_id=record.requested_by, permission="readings.import"
        ),
        parse=_parse,
        take_in=_take_in,
    )


def _parse(record: FileImport, content: bytes) -> TableFile:
    return parse(content, record.mapping or OWN)


@dataclass(slots=True)
class _Intake:
    """The state of one import: what it checks rows against, updated with what it writes."""

    project: Project
    expected: Period | None
    today: date
    entry: Provenance
    connections: dict[str, Connection]
    meters: Mapping[str, list[Connection]]
    brands: Mapping[str, str]
    of_classes: dict[str, Decimal | None] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)

    def connection_of(self, row: Row | VisitRow) -> Connection | None:
        if row.account:
            return self.connections.get(row.account)
        fitting = self.meters_of(row)
        return self.connections[fitting[0].account] if len(fitting) == 1 else None

    def meters_of(self, row: Row | VisitRow) -> list[Connection]:
        """Return the connections that a row may mean by its meter number, and by its brand if it has one."""
        brand = self.brands.get(row.brand.casefold(), row.brand) if row.brand else None
        return of_brand(self.meters.get(meter_as_stored(row.meter or ""), []), brand)

    def decide(self, row: Row, existing: Mapping[str, Sequence[Reading]]) -> Outcome:
        if not row.account and len(fitting := self.meters_of(row)) > 1:
            return ambiguous(row, fitting[0].meter_number, fitting)
        connection = self.connection_of(row)
        return decide(
            self.project,
            row,
            connection,
            existing.get(connection.account, ()) if connection else (),
            expected=self.expected,
            today=self.today,
            entry=self.entry,
            is_open=lambda estimate: not repository.is_billed(self.project, estimate),
            of_class=self.usual_of_class(connection, row) if connection else None,
        )

    def once(self, outcome: Outcome) -> Outcome:
        """Return an outcome, as unchanged if an earlier row of the file gave the same reading."""
        if not isinstance(outcome, Accepted):
            return outcome
        if outcome.reading.id in self.accepted:
            return Unchanged(outcome.line)
        self.accepted.add(outcome.reading.id)
        return outcome

    def decide_visit(self, row: VisitRow) -> Visited | Refusal:
        if not row.account and len(fitting := self.meters_of(row)) > 1:
            return ambiguous(row, fitting[0].meter_number, fitting)
        connection = self.connection_of(row)
        return decide_visit(self.project, row, connection, expected=self.expected, today=self.today, entry=self.entry)

    def usual_of_class(self, connection: Connection, row: Row) -> Decimal | None:
        """Return the usual use of a connection's class, if its own is not known; looked up once for each class."""
        if not needs_class(connection, self.project.period_of(row.read_on)):
            return None
        if connection.consumer_class not in self.of_classes:
            usual = median_of_class(self.connections.values(), connection)
            if usual is None:
                usual = usual_of_class(self.project, connection, self.project.period_of(row.read_on))
            self.of_classes[connection.consumer_class] = usual
        return self.of_classes[connection.consumer_class]

    def round_of(self, row: Row) -> Period:
        """Return the round that a row is of; that of its day, if the row can't be taken."""
        connection = self.connection_of(row)
        with suppress(Invalid):
            if connection:
                return round_of(self.project, connection, row.read_on, named=row.period)
        return self.project.period_of(row.read_on)


def _take_in(ctx: ProjectContext, record: FileImport, file: TableFile) -> ImportResult:
    """Write the valid rows, period by period, so that each reading counts from the one before."""
    project = ctx.project
    tenancy.stay_with_cycle(project)
    lines_with_numbers: list[Row | VisitRow] = [*file.rows, *file.visits]
    # A connection outside the areas of the user who announced the file is treated as unknown.
    found = connections.connections_by_numbers(
        project,
        accounts=[row.account for row in lines_with_numbers if row.account],
        meter_numbers=[row.meter for row in lines_with_numbers if row.meter and not row.account],
    )
    known = {account: each for account, each in found.items() if is_among(record.areas, each.area)}
    intake = _Intake(
        project=project,
        expected=record.period,
        today=local_day(ctx.now, project.settings.timezone),
        entry=Provenance(by=record.requested_by, at=record.requested_at, source="import", origin=record.id),
        connections=known,
        meters=_by_meter(known.values()),
        brands=connections.brands_by_word(ctx) if "meter_brand" in file.titles else {},
    )
    contradictions = _contradictions(intake, file)
    lines = {refusal.line for refusal in contradictions}
    outcomes: list[Outcome] = [*file.refusals, *contradictions]
    # Several readings of a meter are taken by their days, whatever the order of lines: each counts from the one before.
    taken_in = (row for row in file.rows if row.line not in lines)
    rows = sorted(taken_in, key=lambda row: (intake.round_of(row), row.read_on, row.line))
    for period, group in groupby(rows, key=intake.round_of):
        waiting = list(group)
        while waiting:
            batch, waiting = _first_of_each(intake, waiting)
            outcomes += _take_in_period(ctx, intake, period, batch)
    outcomes += _take_in_visits(intake, file)
    result = ImportResult(count(outcomes, blank=file.blank), tuple(report_lines(outcomes)))
    return result.with_titles(file.titles)


def _take_in_visits(intake: _Intake, file: TableFile) -> list[Visited | Refusal]:
    """Write the visits without a reading, a hundred to a transaction; two write units each."""
    outcomes = [intake.decide_visit(row) for row in file.visits]
    last = {(each.visit.account, each.visit.on): each.visit for each in outcomes if isinstance(each, Visited)}
    for some in batches(last.values(), MAX_ACTIONS):
        repository.commit([repository.visit_write(intake.project, visit) for visit in some])
    return outcomes


def _contradictions(intake: _Intake, file: TableFile) -> list[Refusal]:
    """Refuse rows of one meter and day that differ, although one names its account and the other its number."""

    def named(row: Row) -> Hashable:
        connection = intake.connection_of(row)
        return connection.account if connection else (row.account, row.meter, row.brand)

    refused = {row.line for row in file.contradicting}
    found = refused_contradictions((*file.rows, *file.contradicting), file.titles, of=named)
    return [refusal for refusal in found if refusal.line not in refused]


def _by_meter(known: Iterable[Connection]) -> dict[str, list[Connection]]:
    by_meter: dict[str, list[Connection]] = {}
    for each in known:
        if each.status != "closed":
            by_meter.setdefault(each.meter_number, []).append(each)
    return by_meter


def _first_of_each(intake: _Intake, rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Return the first row of each connection, and the rest."""
    seen = set[str]()
    first, rest = [], []
    for row in rows:
        connection = intake.connection_of(row)
        if connection and connection.account in seen:
            rest.append(row)
            continue
        first.append(row)
        seen |= {connection.account} if connection else set()
    return first, rest


def _take_in_period(ctx: Context, intake: _Intake, period: Period, rows: list[Row]) -> list[Outcome]:
    """Write rows of one round, of which no two are of the same connection."""
    accounts = {connection.account for row in rows if (connection := intake.connection_of(row))}
    existing = _recorded(intake.project, period, accounts)
    decided = [intake.decide(row, existing) for row in rows]
    new = [outcome for outcome in decided if isinstance(outcome, Accepted) and not outcome.stored]
    read = [outcome for outcome in new if outcome.estimate is None]
    counting = [outcome for outcome in read if outcome.reading.counts]
    waiting = [outcome for outcome in read if not outcome.reading.counts]
    written = {outcome.line: outcome for outcome in _write_confirmed(intake, period, counting)}
    written |= {outcome.line: outcome for outcome in _write_pending(intake, period, waiting)}
    written |= {
        outcome.line: _write_in_place(ctx, intake, period, outcome, outcome.estimate)
        for outcome in new
        if outcome.estimate is not None
    }
    return [intake.once(written.get(outcome.line, outcome)) for outcome in decided]


def _recorded(project: Project, period: Period, accounts: Collection[str]) -> dict[str, list[Reading]]:
    """Read a period's readings by account: those of a few connections by key, else all."""
    if len(accounts) <= FEW:
        return repository.readings_of(project, period, accounts)
    found: dict[str, list[Reading]] = {}
    for shard in range(project.settings.shards):
        for reading in repository.shard_readings(project, period, shard):
            found.setdefault(reading.account, []).append(reading)
    return found


def _write_pending(intake: _Intake, period: Period, new: list[Accepted]) -> Iterator[Outcome]:
    """Write pending readings; if another writer came first, decide again about the row."""
    lost = _mark_first(intake, new)
    for account in lost:
        yield _decide_again(intake, period, lost[account])
    for batch in batches(outcome for outcome in new if outcome.reading.account not in lost):
        written = repository.insert_pending(intake.project, [outcome.reading for outcome in batch])
        for outcome, is_new in zip(batch, written, strict=True):
            yield outcome if is_new else _decide_again(intake, period, outcome)


def _mark_first(intake: _Intake, new: list[Accepted]) -> dict[str, Accepted]:
    """Mark connections that were never read, so that they can't be deleted; two write units each.

    Return those that another writer changed. A crash afterwards leaves a mark without a reading, which is harmless.
    """
    lost: dict[str, Accepted] = {}
    first = (outcome for outcome in new if not intake.connections[outcome.reading.account].taken)
    for batch in batches(first, MAX_ACTIONS):
        marked, missed = commit_surviving(
            {outcome.reading.account: outcome for outcome in batch}, partial(_mark_writes, intake)
        )
        intake.connections.update({account: taken(intake.connections[account]) for account in marked})
        lost |= missed
    return lost


def _mark_writes(intake: _Intake, accounts: Iterable[str]) -> list[Action]:
    first = (intake.connections[account] for account in accounts)
    return [connections.connection_advance_write(intake.project, connection, taken(connection)) for connection in first]


def _write_confirmed(intake: _Intake, period: Period, new: list[Accepted]) -> Iterator[Outcome]:
    """Write confirmed readings, each together with its connection."""
    for batch in batches(new, _CONFIRMED_AT_ONCE):
        waiting = {outcome.reading.account: outcome for outcome in batch}
        try:
            written, lost = commit_surviving(waiting, partial(_confirmed_writes, intake, period))
        except Refused:
            raise TryLater("busy", str(frozen(intake.project, period))) from None
        for outcome in lost.values():
            yield _decide_again(intake, period, outcome)
        for account, outcome in written.items():
            intake.connections[account] = advanced(intake.connections[account], outcome.reading)
            yield outcome


def _write_in_place(ctx: Context, intake: _Intake, period: Period, outcome: Accepted, estimate: Reading) -> Outcome:
    """Write a reading that replaces an estimate. This is rare, so one at a time."""
    reading, connection = outcome.reading, intake.connections[outcome.reading.account]
    try:
        writes = replacement_writes(intake.project, estimate, reading, connection)
        repository.commit([*writes, audit_write(ctx, "reading.taken", reading, before=estimate)])
    except Refused as refused:
        if "period" in refused.labels:
            raise TryLater("busy", str(frozen(intake.project, period))) from None
        if "bill" in refused.labels:
            return Refusal(outcome.line, "reading", "billed", str(lost_race(intake.project, estimate, refused)))
        return _decide_again(intake, period, outcome)
    if reading.counts:
        intake.connections[reading.account] = advanced(connection, reading, replaced=estimate)
    return outcome


def _confirmed_writes(intake: _Intake, period: Period, waiting: Mapping[str, Accepted]) -> list[Action]:
    actions = [repository.period_open_check(intake.project, period)]
    for account, outcome in waiting.items():
        actions.append(repository.reading_insert_write(intake.project, outcome.reading))
        actions.append(advance_write(intake.project, intake.connections[account], outcome.reading))
    return actions


def _decide_again(intake: _Intake, period: Period, outcome: Accepted) -> Outcome:
    """Decide again about a row after another writer changed its connection or reading meanwhile."""
    account = outcome.reading.account
    recorded = repository.round_of_account(intake.project, period, account)
    again = intake.decide(outcome.row, {account: recorded})
    if isinstance(again, Accepted) and not again.stored:
        return Refusal(
            outcome.line, "reading", "changed", "its connection was changed meanwhile; import the file again"
        )
    return again
