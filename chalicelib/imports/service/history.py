"""Import a former system's history: readings, their bills by the tariff of the time, and payments."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import groupby

from chalicelib.audit import service as audit
from chalicelib.bills import service as bills
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection, Purpose
from chalicelib.files import service as files
from chalicelib.files.domain.record import FileImport, ImportResult, Refusal
from chalicelib.identity import service as identity
from chalicelib.imports.domain.history import (
    AdditionalPayments,
    Existing,
    Outcome,
    Taken,
    decide,
)
from chalicelib.imports.domain.history_amounts import Migration, payments_of
from chalicelib.imports.domain.history_books import is_plain
from chalicelib.imports.domain.history_fields import EntryRefused, in_words
from chalicelib.imports.domain.history_file import Entry, History, parse
from chalicelib.imports.domain.history_meters import MeterChange
from chalicelib.imports.domain.history_report import intake_of
from chalicelib.imports.service.openings import OpeningOutcome, take_in_openings
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import TryLater
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books, Position
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Payment
from chalicelib.platform.bulk import FEW, batches
from chalicelib.platform.transaction import MAX_ACTIONS, Action, Refused, commit_surviving
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import Provenance, Reading, in_order
from chalicelib.readings.domain.recording import advanced
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import TariffBook
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext

# Beside its entries, a transaction has the checks of the period and of the books, and one audit entry.
_FOR_ENTRIES = MAX_ACTIONS - 3
_POSITIONS_AT_ONCE = 100

_Holder = tuple[str, str | None]


def run_history_import(ctx: ProjectContext, *, import_id: str) -> FileImport:
    """Import an uploaded history, month by month, and write its report.

    An entry's reading, bill and payments are written in one transaction. Idempotent: delivered twice or resumed after a
    crash, it gives the same result and report. One request writes about 19 entries with a payment each; such an entry
    costs twelve or thirteen write units.

    :raises NotFound: if no such file was announced.
    :raises TryLater: while a billing run works on a month of the file; the queue then delivers it again.
    """
    return files.run_import(
        ctx,
        kind="history",
        import_id=import_id,
        check_sender=lambda record: identity.check_may_still(
            ctx, user_id=record.requested_by, permission="history.import"
        ),
        parse=lambda _, content: parse(content),
        take_in=_take_in,
    )


@dataclass(slots=True)
class _Taking:
    """The state of one import: what it checks entries against, updated with what it writes."""

    ctx: Context
    migration: Migration
    connections: dict[str, Connection]
    # The account number of the only meter of each purpose; None if there are several.
    meters: Mapping[Purpose, str | None]
    # The first refused entry of each unit; None means all units of a month.
    refused: dict[str | None, int]

    @property
    def project(self) -> Project:
        return self.migration.project

    def connection_of(self, entry: Entry) -> Connection | None:
        if entry.purpose == "service":
            return self.connections.get(entry.unit)
        account = self.meters.get(entry.purpose)
        return self.connections[account] if account else None

    def blocked_by(self, entry: Entry) -> int | None:
        lines = [line for unit in (entry.unit, None) if (line := self.refused.get(unit)) and line < entry.line]
        return min(lines, default=None)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What is stored for a month: readings and bills by account, the payments that its entries name, by id, and credit.

    Positions are read only of the holders whose credit the month's entries can change.
    """

    standing: Mapping[str, Existing]
    paid: Mapping[str, Payment]
    positions: Mapping[_Holder, Position]

    def held(self, account: str, holder: str | None) -> Position:
        return self.positions.get((account, holder), Position(account, holder))


def _take_in(ctx: ProjectContext, record: FileImport, history: History) -> ImportResult:
    """Import the months in order, so that each reading counts from the one before."""
    project = ctx.project
    tenancy.stay_with_cycle(project)
    known = _connections_of(project, history)
    taking = _Taking(
        ctx=ctx,
        migration=Migration(
            project=project,
            due=tenancy.due_rule(project),
            late_charge=tenancy.late_charge_rule(project),
            today=local_day(ctx.now, project.settings.timezone),
            by=Provenance(by=record.requested_by, at=record.requested_at, source="migrated", origin=record.id),
        ),
        connections=known,
        meters=_meters_of(known.values()),
        refused=dict(history.broken),
    )
    outcomes: list[Outcome | OpeningOutcome] = list(history.refusals)
    book = tariffs.unsealed_book(project)
    entries = sorted(history.entries, key=lambda entry: (entry.month.period, entry.line))
    for period, group in groupby(entries, key=lambda entry: entry.month.period):
        outcomes += _take_in_month(taking, period, list(group), book)
    return intake_of([*outcomes, *take_in_openings(ctx, taking.migration, history.openings)], blank=history.blank)


def _connections_of(project: Project, history: History) -> dict[str, Connection]:
    """Read the connections of the file's units, or all if it has the meter of a common area or building."""
    if all(entry.purpose == "service" for entry in history.entries):
        return connections.connections_by_numbers(project, accounts={entry.unit for entry in history.entries})
    return {connection.account: connection for connection in connections.all_connections(project)}


def _meters_of(known: Iterable[Connection]) -> dict[Purpose, str | None]:
    meters: dict[Purpose, str | None] = {}
    for one in known:
        if one.purpose != "service":
            meters[one.purpose] = None if one.purpose in meters else one.account
    return meters


def _take_in_month(taking: _Taking, period: Period, entries: list[Entry], book: TariffBook) -> list[Outcome]:
    recorded = _recorded(taking, period, entries)
    decided = [_decide(taking, entry, recorded, book) for entry in entries]
    if any(_is_new(outcome) for outcome in decided):
        # Tariffs are sealed only now: if every amount differs, the tariff may be wrong and need a correction.
        sealed = tariffs.tariff_book(taking.project, until_day=_end_of(period, entries))
        decided = [_decide(taking, entry, recorded, sealed) for entry in entries]
    new = [outcome for outcome in decided if isinstance(outcome, Taken | AdditionalPayments) and _is_new(outcome)]
    written = {outcome.line: outcome for outcome in _write(taking, period, recorded, new)}
    outcomes = [written.get(outcome.line, outcome) for outcome in decided]
    for entry, outcome in zip(entries, outcomes, strict=True):
        connection = taking.connection_of(entry)
        if isinstance(outcome, Refusal) and not (connection and connection.account in recorded.standing):
            taking.refused.setdefault(entry.unit, entry.line)
    return outcomes


def _end_of(period: Period, entries: Iterable[Entry]) -> date:
    """Return the day until which tariffs are asked."""
    return max(period.shifted(1).first_day, *(entry.month.read_on for entry in entries))


def _is_new(outcome: Outcome) -> bool:
    return isinstance(outcome, AdditionalPayments) or (isinstance(outcome, Taken) and not outcome.stored)


def _decide(taking: _Taking, entry: Entry, recorded: _Recorded, book: TariffBook) -> Outcome:
    connection = taking.connection_of(entry)
    place = _holder_of(connection, entry) if connection else None
    return decide(
        taking.migration,
        entry,
        connection,
        recorded.standing.get(connection.account) if connection else None,
        paid=recorded.paid,
        held=recorded.held(*place) if place else None,
        book=book,
        blocked_by=taking.blocked_by(entry),
    )


def _recorded(taking: _Taking, period: Period, entries: list[Entry]) -> _Recorded:
    project = taking.project
    accounts = {connection.account for entry in entries if (connection := taking.connection_of(entry))}
    if len(accounts) <= FEW:
        read = readings.readings_of(project, period, accounts)
        firsts = {account: first for account, of_round in read.items() if (first := _standing(of_round))}
        billed = bills.bills_closing_with(project, firsts.values())
        return _with_money(
            taking, entries, {account: Existing(first, billed.get(first.id)) for account, first in firsts.items()}
        )
    standing = {}
    for shard in range(project.settings.shards):
        by_reading = {bill.reading_id: bill for bill in bills.shard_bills(project, period, shard)}
        of_shard: dict[str, list[Reading]] = {}
        for reading in readings.shard_readings(project, period, shard):
            of_shard.setdefault(reading.account, []).append(reading)
        for account, of_round in of_shard.items():
            if first := _standing(of_round):
                standing[account] = Existing(first, by_reading.get(first.id))
    return _with_money(taking, entries, standing)


def _with_money(taking: _Taking, entries: list[Entry], standing: dict[str, Existing]) -> _Recorded:
    """Read the money of what is stored: payments, the entries of bills where more than that matters, and credit."""
    project = taking.project
    paid = payments.standing_payments(project, _said_to_stand(taking, entries, standing))
    holders: set[_Holder] = set()
    for entry in entries:
        connection = taking.connection_of(entry)
        if connection is None:
            continue
        known = standing.get(connection.account)
        if known and known.bill and not is_plain(entry, known.bill):
            named = ledger.entries_of_bills(project, [known.bill])[known.bill.id]
            standing[connection.account] = replace(known, entries=named)
        if entry.touches_credit(known.bill.billed_on if known and known.bill else None):
            holders.add(_holder_of(connection, entry))
    positions: dict[_Holder, Position] = {}
    for some in batches(sorted(holders, key=str), _POSITIONS_AT_ONCE):
        positions |= ledger.open_books(project, holders=some).positions
    return _Recorded(standing, paid, positions)


def _holder_of(connection: Connection, entry: Entry) -> _Holder:
    return connection.account, connection.consumer_on(entry.month.read_on)


def _standing(of_round: Iterable[Reading]) -> Reading | None:
    """Return the first reading of a round that was not withdrawn."""
    return next((reading for reading in in_order(of_round) if reading.is_live), None)


def _said_to_stand(taking: _Taking, entries: list[Entry], standing: Mapping[str, Existing]) -> Iterator[Payment]:
    """Yield the payments in entries whose bills are stored."""
    for entry in entries:
        connection = taking.connection_of(entry)
        known = standing.get(connection.account) if connection else None
        if known and known.bill:
            try:
                yield from payments_of(taking.migration, entry, known.bill)
            except EntryRefused:
                continue  # it will be refused for that


def _write(
    taking: _Taking, period: Period, recorded: _Recorded, new: list[Taken | AdditionalPayments]
) -> Iterator[Outcome]:
    """Write entries, as many as fit into a transaction; leave out those that another writer changed."""
    for batch in _packed(new):
        waiting = {new.account: new for new in batch}
        try:
            written, lost = commit_surviving(waiting, partial(_entry_writes, taking, period, recorded))
        except Refused as refused:
            closing = "books" in refused.labels
            reason = "the books were closed at the same moment" if closing else f"a billing run is working on {period}"
            raise TryLater("busy", reason) from None
        yield from (_changed(entered.entry) for entered in lost.values())
        for account, entered in written.items():
            if isinstance(entered, Taken):
                taking.connections[account] = advanced(entered.counted_from, entered.reading)
            yield entered


def _packed(new: Iterable[Taken | AdditionalPayments]) -> Iterator[list[Taken | AdditionalPayments]]:
    batch: list[Taken | AdditionalPayments] = []
    room = _FOR_ENTRIES
    for taken in new:
        needed = _actions_of(taken)
        if needed > room:
            yield batch
            batch, room = [], _FOR_ENTRIES
        batch.append(taken)
        room -= needed
    if batch:
        yield batch


def _actions_of(taken: Taken | AdditionalPayments) -> int:
    """Return how many actions of a transaction an entry takes."""
    books = taken.books
    of_money = 1 + len(books.payments) + len(books.every_entry) + books.uses_credit if books else 0
    return of_money + (0 if isinstance(taken, AdditionalPayments) else 2 + (taken.change is not None))


def _entry_writes(
    taking: _Taking, period: Period, recorded: _Recorded, batch: Mapping[str, Taken | AdditionalPayments]
) -> list[Action]:
    project, written = taking.project, list(batch.values())
    actions = [readings.period_open_check(project, period)]
    for taken in written:
        if isinstance(taken, Taken):
            actions += readings.migration_writes(project, taken.reading, taken.counted_from)
            actions += [_change_write(taking, taken, taken.change)] if taken.change else []
        actions += _money_writes(project, recorded, taken)
    days = [day for taken in written if taken.books for day in taken.books.days_of(is_new=isinstance(taken, Taken))]
    actions += [tenancy.books_open_check(project, min(days))] if days else []
    return [*actions, _audit_write(taking, period, written)]


def _money_writes(project: Project, recorded: _Recorded, taken: Taken | AdditionalPayments) -> list[Action]:
    """Build the writes of an entry's bill, payments and ledger entries."""
    books, before = taken.books, taken.before
    if books is None or before is None:
        return []
    place = (before.account, before.consumer_id)
    held = {place: recorded.held(*place)} if books.uses_credit else {}
    stands, made = ({}, {before.id: before}) if isinstance(taken, Taken) else ({before.id: before}, {})
    posting = ledger.entry_writes(project, Books(stands, held), books.every_entry, issued=made)
    taken_in = [payments.migrated_write(project, payment) for payment in books.payments]
    # The books are checked once for all entries of the transaction.
    return [*taken_in, *(replace(each, subject=before.account) for each in posting if each.label != "books")]


def _change_write(taking: _Taking, taken: Taken, change: MeterChange) -> Action:
    """Build the event of a meter change, for the connection's history."""
    facts = {
        "finalReading": plain(change.final),
        "newMeter": taken.counted_from.meter_number,
        "firstReading": plain(change.first),
    }
    if change.old_meter:
        facts["oldMeter"] = change.old_meter
    return connections.past_exchange_write(
        taking.project, taken.counted_from, facts, on=change.on, by=taking.migration.by.by, at=taking.migration.by.at
    )


def _audit_write(taking: _Taking, period: Period, written: list[Taken | AdditionalPayments]) -> Action:
    """Build the one audit entry of a transaction; readings, bills and payments name their import."""
    currency = taking.project.settings.currency
    billed = sum(taken.before.total.minor for taken in written if isinstance(taken, Taken) and taken.before)
    paid = sum(payment.amount.minor for taken in written if taken.books for payment in taken.books.payments)
    facts = {
        "period": period,
        "accounts": [taken.account for taken in written],
        "billed": Money(billed, currency),
        "paid": Money(paid, currency),
        "currency": currency,
    }
    subject = ("import", f"{taking.project.id}.{taking.migration.by.origin}")
    return audit.entry_write(taking.ctx, action="history.migrated", subject=subject, after=facts)


def _changed(entry: Entry) -> Refusal:
    reason = "its connection, reading or bill changed at the same moment; send the file again"
    return in_words(entry.month.period, entry.unit, Refusal(entry.line, entry.place, "changed", reason))
