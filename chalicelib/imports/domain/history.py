"""What a migration decides about each entry of a former system's history."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from chalicelib.billing.domain import bill_of
from chalicelib.bills.domain import Bill, IssueTerms
from chalicelib.consumers.domain import Connection
from chalicelib.cycles.domain import DueRule
from chalicelib.files.domain.record import ImportCounts, Intake, Refusal, ReportLine
from chalicelib.imports.domain.history_file import Entry, EntryRefused, StatedPayment, in_words
from chalicelib.kernel.errors import Invalid, MeterbookError
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.money import Money
from chalicelib.kernel.quantity import plain
from chalicelib.payments.domain import Payment, check_payment, paid_by
from chalicelib.readings.domain.reading import Entry as By
from chalicelib.readings.domain.reading import Reading, Shown
from chalicelib.readings.domain.taking import take
from chalicelib.tariffs.domain import TariffBook
from chalicelib.tenancy.domain import Project

# What each of S1's charges is called in its tariff.
_LINE_OF = {"baseCharge": "base", "usageCharge": "usage"}


@dataclass(frozen=True, slots=True)
class Migration:
    """Which project's history is taken in, on what day, by whose import, and when its bills are due unless it says."""

    project: Project
    due: DueRule
    today: date
    by: By


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on record for an entry's month and unit."""

    reading: Reading
    bill: Bill | None


@dataclass(frozen=True, slots=True)
class Taken:
    """An entry that gives a reading, its bill and payments; `stored` if this very import wrote them before it broke."""

    entry: Entry
    reading: Reading
    bill: Bill | None
    payments: tuple[Payment, ...]
    stored: bool

    @property
    def line(self) -> int:
        return self.entry.line


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An entry that says what is on record."""

    line: int


Outcome = Taken | Unchanged | Refusal


def decide(
    migration: Migration,
    entry: Entry,
    connection: Connection | None,
    standing: Standing | None,
    *,
    paid: Mapping[str, Payment],
    book: TariffBook,
    blocked_by: int | None,
) -> Outcome:
    """This function will say what an entry gives: a reading with its bill and payments, nothing new, or a refusal.

    `paid` holds the payments on record by id. `blocked_by` is an earlier entry of the same unit that was refused: later
    months wait for it, for afterwards it could not be put in before them.
    """
    try:
        if connection is None:
            one = "no connection here goes by that number"
            reason = one if entry.purpose == "service" else f"not just one connection here is a {entry.purpose}"
            raise EntryRefused(Refusal(entry.line, entry.place, "unknown-unit", reason))
        if standing is not None:
            return _against_standing(migration, entry, standing, paid)
        if blocked_by is not None:
            reason = f"entry {blocked_by}, of an earlier month, was refused; correct that one and send both again"
            raise EntryRefused(Refusal(entry.line, entry.place, "earlier-refused", reason))
        return _take(migration, entry, connection, book)
    except EntryRefused as refused:
        return in_words(entry.month.period, entry.unit, refused.refusal)


def payments_of(migration: Migration, entry: Entry, bill: Bill) -> tuple[Payment, ...]:
    """This function will make an entry's payments, each with the number that is its own for ever.

    The number derives from the bill and the transaction id; without one, from day, amount, method and check number, and
    from which of several such payments it is.

    :raises EntryRefused: for an amount that is none, or a transaction id that stands twice.
    """
    made: list[Payment] = []
    same: Counter[tuple[str, ...]] = Counter()
    for stated in entry.payments:
        amount = _money(migration, entry, stated.place, stated.amount)
        what = _identity(stated, amount)
        same[what] += 1
        if stated.reference and same[what] > 1:
            reason = f"the transaction id {stated.reference} stands twice in this entry"
            raise EntryRefused(Refusal(entry.line, stated.place, "duplicate-payment", reason))
        whose = (migration.project.client, migration.project.id, bill.id, *what, str(same[what]))
        made.append(
            Payment(
                number=derived_ids("payment", *whose)(),
                account=bill.account,
                period=bill.period,
                revision=bill.revision,
                consumer_id=bill.consumer_id,
                amount=amount,
                paid_on=stated.paid_on,
                method=stated.method,
                check_number=stated.check_number,
                reference=stated.reference,
                notes=stated.notes,
                source="migrated",
                origin=migration.by.origin,
                recorded_by=migration.by.by,
                recorded_at=migration.by.at,
            )
        )
    return tuple(made)


def intake_of(outcomes: Iterable[Outcome], *, blank: int) -> Intake:
    """This function will add up what became of the entries, and list those that a person should look at, in order."""
    every = list(outcomes)
    refused = [one for one in every if isinstance(one, Refusal)]
    taken = [one for one in every if isinstance(one, Taken)]
    flagged = [_left_out(one.entry) for one in taken if _states_penalty(one.entry)]
    counts = ImportCounts(
        rows=len(every),
        accepted=len(taken),
        unchanged=len(every) - len(taken) - len(refused),
        refused=len(refused),
        flagged=len(flagged),
        blank=blank,
    )
    lines = [*(one.as_line() for one in refused), *flagged]
    return Intake(counts, tuple(sorted(lines, key=lambda line: int(line["line"]))))


def _identity(stated: StatedPayment, amount: Money) -> tuple[str, ...]:
    if stated.reference:
        return ("reference", stated.reference)
    return ("facts", stated.paid_on.isoformat(), str(amount), stated.method, stated.check_number or "")


def _take(migration: Migration, entry: Entry, connection: Connection, book: TariffBook) -> Taken:
    reading = _reading_of(migration, entry, connection)
    if not connection.is_billed:
        if entry.amounts or entry.payments:
            reason = f"{connection.account} is read and never billed; leave its amounts and payments out"
            raise EntryRefused(Refusal(entry.line, entry.place, "not-billed", reason))
        return Taken(entry, reading, None, (), stored=False)
    by = migration.by
    terms = IssueTerms(by.origin, by.at, entry.month.billed_on, entry.month.due_on, migration.due, migrated=True)
    try:
        bill = bill_of(migration.project, terms, reading, connection, book)
    except MeterbookError as error:
        raise EntryRefused(Refusal(entry.line, entry.place, error.code, str(error))) from None
    except ArithmeticError as error:
        reason = f"rating failed: {type(error).__name__}"
        raise EntryRefused(Refusal(entry.line, entry.place, "not-rated", reason)) from None
    _check_charges(migration, entry, bill)
    payments = payments_of(migration, entry, bill)
    for stated, payment in zip(entry.payments, payments, strict=True):
        try:
            check_payment(payment, bill, today=migration.today)
        except Invalid as error:
            raise EntryRefused(Refusal(entry.line, stated.place, error.code, str(error))) from None
    try:
        settled = paid_by(bill, payments)
    except Invalid as error:
        raise EntryRefused(Refusal(entry.line, f"{entry.place}.payments", error.code, str(error))) from None
    _check_paid(migration, entry, payments)
    return Taken(entry, reading, settled, payments, stored=False)


def _reading_of(migration: Migration, entry: Entry, connection: Connection) -> Reading:
    period, read_on = migration.project.period_of(entry.month.read_on), entry.month.read_on
    if period != entry.month.period:
        reason = f"a reading of {read_on} bills {period.label()} here"
        raise EntryRefused(Refusal(entry.line, entry.place, "other-period", reason))
    is_next = connection.last_period is None or connection.last_period < period
    if is_next and entry.prior != connection.last_value:
        reason = f"the file says {plain(entry.prior)} before, the connection stands at {plain(connection.last_value)}"
        raise EntryRefused(Refusal(entry.line, f"{entry.place}.prior", "prior-differs", reason))
    try:
        reading = take(
            migration.project,
            connection,
            Shown(entry.current, read_on),
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


def _check_charges(migration: Migration, entry: Entry, bill: Bill) -> None:
    """This function will refuse an entry whose stated charges are not what the tariff of that time gives."""
    charged: Counter[str] = Counter()
    for line in bill.lines:
        charged[line.code] += line.amount.minor
    for name in ("baseCharge", "usageCharge", "totalAmount"):
        if name not in entry.amounts:
            continue
        stated = _money(migration, entry, f"{entry.place}.{name}", entry.amounts[name])
        minor = bill.total.minor if name == "totalAmount" else charged[_LINE_OF[name]]
        if stated.minor != minor:
            made = Money(minor, stated.currency)
            reason = f"the file says {stated}, the tariff gives {made}; correct the file, or the tariff of that time"
            raise EntryRefused(Refusal(entry.line, f"{entry.place}.{name}", "amount-differs", reason))


def _check_paid(migration: Migration, entry: Entry, payments: tuple[Payment, ...]) -> None:
    if "paidAmount" not in entry.amounts:
        return
    place = f"{entry.place}.paidAmount"
    stated = _money(migration, entry, place, entry.amounts["paidAmount"])
    paid = Money(sum(payment.amount.minor for payment in payments), stated.currency)
    if stated != paid:
        reason = f"the file says {stated} is paid, its payments add up to {paid}"
        raise EntryRefused(Refusal(entry.line, place, "paid-differs", reason))


def _against_standing(
    migration: Migration, entry: Entry, standing: Standing, paid: Mapping[str, Payment]
) -> Taken | Unchanged:
    """This function will hold an entry against what is on record: the same changes nothing, else it is refused."""
    reading, bill = standing.reading, standing.bill
    if reading.source != "migrated":
        reason = f"{reading.period} was read here already: {plain(reading.value)} on {reading.read_on}"
        raise EntryRefused(Refusal(entry.line, entry.place, "already-read", reason))
    if (reading.previous, reading.value, reading.read_on) != (entry.prior, entry.current, entry.month.read_on):
        reason = f"on record is {plain(reading.previous)} to {plain(reading.value)}, read on {reading.read_on}"
        raise EntryRefused(Refusal(entry.line, entry.place, "differs", reason))
    payments: tuple[Payment, ...] = ()
    if bill:
        _check_charges(migration, entry, bill)
        payments = payments_of(migration, entry, bill)
        for stated, payment in zip(entry.payments, payments, strict=True):
            known = paid.get(payment.id)
            if known is None or not payment.is_same_as(known):
                reason = f"the bill {bill.id} stands without this payment, or with another of its kind"
                raise EntryRefused(Refusal(entry.line, stated.place, "differs", reason))
        _check_paid(migration, entry, payments)
    if reading.origin == migration.by.origin:
        return Taken(entry, reading, bill, payments, stored=True)
    return Unchanged(entry.line)


def _money(migration: Migration, entry: Entry, place: str, text: str) -> Money:
    try:
        return Money.parse(text, migration.project.settings.currency)
    except Invalid as error:
        raise EntryRefused(Refusal(entry.line, place, error.code, str(error))) from None


def _states_penalty(entry: Entry) -> bool:
    return entry.amounts.get("penaltyAmount", "0").strip("0.") != ""


def _left_out(entry: Entry) -> ReportLine:
    said = f"{entry.month.period.label()}, {entry.unit}"
    return {
        "line": entry.line,
        "kind": "flagged",
        "column": f"{entry.place}.penaltyAmount",
        "code": "penalty-left-out",
        "reason": f"{said}: the penalty of {entry.amounts['penaltyAmount']} is not taken over; bills carry none here",
    }
