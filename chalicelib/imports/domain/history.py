"""The decision of an import about each entry of a former system's history."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.bills.domain import Bill, Consumption, IssueTerms, bill_of
from chalicelib.connections.domain import Connection
from chalicelib.files.domain.record import Refusal
from chalicelib.imports.domain.history_amounts import (
    Migration,
    check_all_named,
    check_charges,
    check_known,
    check_paid,
    payments_of,
)
from chalicelib.imports.domain.history_books import (
    BillBooks,
    act_of,
    added_to,
    as_issued,
    books_of,
    check_acts,
    check_open,
    paid_on_record,
)
from chalicelib.imports.domain.history_fields import EntryRefused, in_words
from chalicelib.imports.domain.history_file import Entry
from chalicelib.imports.domain.history_meters import (
    MeterChange,
    after_change,
    change_in,
    check_prior,
    says_rolled_over,
)
from chalicelib.kernel.errors import MeterbookError
from chalicelib.kernel.money import Money
from chalicelib.kernel.quantity import plain
from chalicelib.ledger.domain import Entry as LedgerEntry
from chalicelib.ledger.domain import Position
from chalicelib.payments.domain import Payment
from chalicelib.readings.domain.reading import MeterValue, Reading
from chalicelib.readings.domain.recording import record_reading
from chalicelib.tariffs.domain import TariffBook


@dataclass(frozen=True, slots=True)
class Existing:
    """What is stored for an entry's month and unit. `entries` name the bill; they are read only if they matter."""

    reading: Reading
    bill: Bill | None
    entries: tuple[LedgerEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """An entry that gives a reading, its bill and its money; `stored` if this import wrote them before a crash.

    `books` are the bill's, None for a meter that is never billed. `counted_from` is the connection that the reading was
    counted from: with the new meter, if there was a `change`.
    """

    entry: Entry
    reading: Reading
    books: BillBooks | None
    stored: bool
    counted_from: Connection
    change: MeterChange | None = None

    @property
    def before(self) -> Bill | None:
        """The bill without its money."""
        return as_issued(self.books.bill) if self.books else None

    @property
    def shows_change(self) -> bool:
        """Whether only the readings showed that the meter was changed."""
        if self.stored:
            return self.entry.change is None and self.reading.use_brought_forward is not None
        return self.change is not None and not self.change.stated

    @property
    def line(self) -> int:
        return self.entry.line

    @property
    def account(self) -> str:
        return self.reading.account


@dataclass(frozen=True, slots=True)
class AdditionalPayments:
    """A stored entry with payments that are not stored yet; `before` is the bill without them."""

    entry: Entry
    before: Bill
    books: BillBooks

    @property
    def line(self) -> int:
        return self.entry.line

    @property
    def account(self) -> str:
        return self.before.account


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An entry that is stored already, unchanged."""

    line: int


Outcome = Taken | AdditionalPayments | Unchanged | Refusal


def decide(
    migration: Migration,
    entry: Entry,
    connection: Connection | None,
    standing: Existing | None,
    *,
    paid: Mapping[str, Payment],
    held: Position | None,
    book: TariffBook,
    blocked_by: int | None,
) -> Outcome:
    """Decide about an entry: a reading with its bill and payments, additional payments, unchanged, or a refusal.

    `paid` has the stored payments by id, `held` is the credit of the connection's holder. `blocked_by` is an earlier
    entry of the same unit that was refused: later months are refused too, because an earlier month can't be inserted
    after them.
    """
    try:
        if connection is None:
            one = "no connection here goes by that number"
            reason = one if entry.purpose == "service" else f"not just one connection here is a {entry.purpose}"
            raise EntryRefused(Refusal(entry.line, entry.place, "unknown-unit", reason))
        if standing is not None:
            return _against_standing(migration, entry, connection, standing, paid)
        if blocked_by is not None:
            reason = f"entry {blocked_by}, of an earlier month, was refused; correct that one and send both again"
            raise EntryRefused(Refusal(entry.line, entry.place, "earlier-refused", reason))
        return _take(migration, entry, connection, held, book)
    except EntryRefused as refused:
        return in_words(entry.month.period, entry.unit, refused.refusal)


def _take(migration: Migration, entry: Entry, standing: Connection, held: Position | None, book: TariffBook) -> Taken:
    is_next = standing.last_period is None or standing.last_period < entry.month.period
    change = change_in(entry, standing) if is_next else None
    connection = after_change(entry, standing, change) if change else standing
    if is_next:
        check_prior(entry, standing, change)
    reading = _reading_of(migration, entry, connection)
    if not connection.is_billed:
        if entry.amounts or entry.payments:
            reason = f"{connection.account} is read and never billed; leave its amounts and payments out"
            raise EntryRefused(Refusal(entry.line, entry.place, "not-billed", reason))
        return Taken(entry, reading, None, stored=False, counted_from=connection, change=change)
    by = migration.by
    terms = IssueTerms(by.origin, by.at, entry.month.billed_on, entry.month.due_on, migration.due, migrated=True)
    try:
        bill = bill_of(migration.project, terms, Consumption.of(reading), connection, book)
    except MeterbookError as error:
        raise EntryRefused(Refusal(entry.line, entry.place, error.code, str(error))) from None
    check_charges(migration, entry, bill)
    payments = payments_of(migration, entry, bill)
    books = books_of(migration, entry, bill, payments)
    check_paid(migration, entry, payments)
    _check_credit(entry, books, held)
    check_open(migration, entry, books.days_of(is_new=True))
    return Taken(entry, reading, books, stored=False, counted_from=connection, change=change)


def _check_credit(entry: Entry, books: BillBooks, held: Position | None) -> None:
    """Check that the holder has the credit that the entry says the bill used."""
    has = held.credit_minor if held else 0
    if books.credit_needed > has:
        currency = books.bill.total.currency
        reason = (
            f"the file says that {Money(books.credit_needed, currency)} of credit was used, and there is "
            f"{Money(has, currency)}; earlier months say what is left over with creditAmount"
        )
        raise EntryRefused(Refusal(entry.line, f"{entry.place}.creditUsed", "above-credit", reason))


def _reading_of(migration: Migration, entry: Entry, connection: Connection) -> Reading:
    period, read_on = migration.project.period_of(entry.month.read_on), entry.month.read_on
    if period != entry.month.period:
        reason = f"a reading of {read_on} bills {period.label()} here"
        raise EntryRefused(Refusal(entry.line, entry.place, "other-period", reason))
    try:
        reading = record_reading(
            migration.project,
            connection,
            MeterValue(entry.current, read_on, says_rolled_over(entry, connection)),
            today=migration.today,
            entry=migration.by,
        )
    except MeterbookError as error:
        place = f"{entry.place}.current" if error.code == "below-previous" else entry.place
        raise EntryRefused(Refusal(entry.line, place, error.code, str(error))) from None
    if entry.consumption not in {None, reading.usage}:
        reason = f"the file says {plain(entry.consumption or reading.usage)}, the readings give {plain(reading.usage)}"
        raise EntryRefused(Refusal(entry.line, f"{entry.place}.consumption", "consumption-differs", reason))
    return reading


def _against_standing(
    migration: Migration, entry: Entry, connection: Connection, standing: Existing, paid: Mapping[str, Payment]
) -> Taken | AdditionalPayments | Unchanged:
    """Compare an entry with what is stored: equal entries change nothing, payments can be added."""
    reading, bill = standing.reading, standing.bill
    if reading.source != "migrated":
        reason = f"{reading.period} was read here already: {plain(reading.value)} on {reading.read_on}"
        raise EntryRefused(Refusal(entry.line, entry.place, "already-read", reason))
    agrees = reading.previous == entry.prior or entry.change is not None  # prior may be the old meter's
    if not agrees or (reading.value, reading.read_on) != (entry.current, entry.month.read_on):
        reason = f"on record is {plain(reading.previous)} to {plain(reading.value)}, read on {reading.read_on}"
        raise EntryRefused(Refusal(entry.line, entry.place, "differs", reason))
    mine = reading.origin == migration.by.origin
    if bill is None:
        return Taken(entry, reading, None, stored=True, counted_from=connection) if mine else Unchanged(entry.line)
    payments = payments_of(migration, entry, bill)
    if bill.revision > 1:
        return _against_corrected(entry, bill, payments, paid)
    check_charges(migration, entry, bill)
    books = books_of(migration, entry, as_issued(bill), payments)
    check_paid(migration, entry, payments)
    said = list(zip(entry.payments, payments, strict=True))
    check_known(entry, bill, said, paid)
    acts = [each for each in standing.entries if each.origin == act_of(migration, bill)]
    check_acts(entry, bill, books, acts)
    missing = [(stated, payment) for stated, payment in said if payment.id not in paid]
    if missing:
        theirs = [each for each in standing.entries if each.origin in {payment.id for payment in payments}]
        check_all_named(entry, bill, paid_on_record(bill, [*acts, *theirs]))
        charged_on = next((each.value_on for each in acts if each.kind == "late_charge"), None)
        added = added_to(migration, bill, missing, charged_on=charged_on)
        check_open(migration, entry, added.days_of(is_new=False))
        return AdditionalPayments(entry, bill, added)
    if mine or any(paid[payment.id].origin == migration.by.origin for payment in payments):
        return Taken(entry, reading, books, stored=True, counted_from=connection)
    return Unchanged(entry.line)


def _against_corrected(
    entry: Entry, bill: Bill, payments: tuple[Payment, ...], paid: Mapping[str, Payment]
) -> Unchanged:
    """Compare an entry whose bill was issued again here since: its charges count no more, its payments can't grow."""
    check_known(entry, bill, list(zip(entry.payments, payments, strict=True)), paid)
    if any(payment.id not in paid for payment in payments):
        reason = f"its bill was issued again here as {bill.id}; enter further payments of it at the counter"
        raise EntryRefused(Refusal(entry.line, f"{entry.place}.payments", "differs", reason))
    return Unchanged(entry.line)
