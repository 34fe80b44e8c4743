"""The decision of an import about each opening balance: bills of what was owed, credit, and a deposit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.bills.domain import Bill
from chalicelib.bills.domain.opening import OpeningTerms, opening_bills
from chalicelib.connections.domain import Connection
from chalicelib.cycles.domain import MAX_DUE_DAYS
from chalicelib.files.domain.record import Refusal
from chalicelib.imports.domain.history import Unchanged
from chalicelib.imports.domain.history_amounts import Migration, money_of
from chalicelib.imports.domain.history_fields import EntryRefused, in_words
from chalicelib.imports.domain.history_openings import Opening
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.money import Money
from chalicelib.ledger.domain import Effect, steps_begun
from chalicelib.ledger.domain import Entry as LedgerEntry

MAX_YEARS_OWED = 10


@dataclass(frozen=True, slots=True)
class StandingOpening:
    """An opening that is on record: its entry, and the bills that this names, by id."""

    entry: LedgerEntry
    bills: Mapping[str, Bill]


@dataclass(frozen=True, slots=True)
class Opened:
    """An account's opening balance: its bills, without the entry, and the entry that names them all.

    `stored`, if this import wrote them before a crash.
    """

    line: int
    account: str
    bills: tuple[Bill, ...]
    entry: LedgerEntry
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """What is owed to a consumer, in minor units: credit, and the deposit that is held."""

    credit: int
    deposit: int


def decide_opening(
    migration: Migration, opening: Opening, connection: Connection | None, standing: StandingOpening | None
) -> Opened | Unchanged | Refusal:
    """Decide about an opening balance: bills and credit, unchanged, or a refusal."""
    try:
        if connection is None:
            reason = "no connection here goes by that number"
            raise EntryRefused(Refusal(opening.line, opening.place, "unknown-unit", reason))
        if not connection.is_billed:
            reason = f"{connection.account} is read and never billed, so it owes nothing"
            raise EntryRefused(Refusal(opening.line, opening.place, "not-billed", reason))
        owed, held = _owed_of(migration, opening, standing), _held_of(migration, opening)
        if standing:
            return _against_standing(migration, opening, owed, held, standing)
        return _opened(migration, opening, connection, owed, held)
    except EntryRefused as refused:
        return in_words(None, opening.account, refused.refusal)


def changed(opening: Opening) -> Refusal:
    """Return the refusal of an opening whose account changed while it was written."""
    reason = "its connection or credit changed at the same moment; send the file again"
    return in_words(None, opening.account, Refusal(opening.line, opening.place, "changed", reason))


def _owed_of(migration: Migration, opening: Opening, standing: StandingOpening | None) -> dict[date, Money]:
    owed: dict[date, Money] = {}
    if opening.on > migration.today:
        reason = f"{opening.on} is in the future; today is {migration.today}"
        raise EntryRefused(Refusal(opening.line, "openingBalances.date", "future-date", reason))
    closed = migration.project.books_closed_until
    if closed and opening.on <= closed and not standing:
        reason = f"the books are closed until {closed}"
        raise EntryRefused(Refusal(opening.line, "openingBalances.date", "month-closed", reason))
    for one in opening.owed:
        latest = opening.on + timedelta(days=MAX_DUE_DAYS)
        earliest = opening.on - timedelta(days=366 * MAX_YEARS_OWED)
        if not earliest <= one.due_on <= latest:
            reason = (
                f"{one.due_on} is more than {MAX_YEARS_OWED} years before the balances, or {MAX_DUE_DAYS} days after"
            )
            raise EntryRefused(Refusal(opening.line, f"{one.place}.dueDate", "due-day", reason))
        owed[one.due_on] = _money(migration, opening, f"{one.place}.amount", one.amount)
    return owed


def _held_of(migration: Migration, opening: Opening) -> Held:
    return Held(
        _amount_or_none(migration, opening, "credit", opening.credit),
        _amount_or_none(migration, opening, "deposit", opening.deposit),
    )


def _amount_or_none(migration: Migration, opening: Opening, name: str, text: str | None) -> int:
    """Return a credit or deposit in minor units. Nought may stand there, unless the account has nothing else."""
    if text is None:
        return 0
    alone = not opening.owed and None in {opening.credit, opening.deposit}
    return _money(migration, opening, f"{opening.place}.{name}", text, least=1 if alone else 0).minor


def _money(migration: Migration, opening: Opening, place: str, text: str, *, least: int = 1) -> Money:
    money = money_of(migration, opening.line, place, text)
    if money.minor < least:
        reason = f"{money} is not more than zero; what is owed to the consumer is credit"
        raise EntryRefused(Refusal(opening.line, place, "bad-amount", reason))
    return money


def _opened(
    migration: Migration, opening: Opening, connection: Connection, owed: Mapping[date, Money], held: Held
) -> Opened:
    by, project = migration.by, migration.project
    terms = OpeningTerms(opening.on, str(by.origin), by.at)
    bills = opening_bills(project, connection, terms, owed.items())
    act_id = derived_ids("opening", project.client, project.id, connection.account)()
    entry = LedgerEntry(
        id=f"{act_id}.01",
        account=connection.account,
        holder=connection.consumer_id,
        kind="opening",
        value_on=opening.on,
        booked_on=opening.on,
        currency=project.settings.currency,
        effects=tuple(_named(migration, bill, opening.on) for bill in bills),
        credit_minor=held.credit,
        deposit_minor=held.deposit,
        origin=by.origin,
        recorded_by=by.by,
        recorded_at=by.at,
    )
    return Opened(opening.line, connection.account, bills, entry)


def _named(migration: Migration, bill: Bill, on: date) -> Effect:
    """Return the effect that names a bill: the steps of lateness until the day of the balances are in its amount."""
    rule = migration.late_charge
    return Effect(bill_id=bill.id, late_steps=steps_begun(rule, bill.due_on, on) if rule else 0)


def _against_standing(
    migration: Migration, opening: Opening, owed: Mapping[date, Money], held: Held, standing: StandingOpening
) -> Opened | Unchanged:
    entry, bills = standing.entry, standing.bills
    recorded = {bill.due_on: bill.total for bill in bills.values()}
    if (opening.on, dict(owed), held) != (entry.value_on, recorded, Held(entry.credit_minor, entry.deposit_minor)):
        sums = (sum(total.minor for total in recorded.values()), entry.credit_minor, entry.deposit_minor)
        known, credit, deposit = (Money(minor, entry.currency) for minor in sums)
        reason = (
            f"on record is a balance of {entry.value_on}: {known} owed in {len(recorded)} amounts, {credit} of credit "
            f"and a deposit of {deposit}; what is owed now is corrected here, not by a file"
        )
        raise EntryRefused(Refusal(opening.line, opening.place, "differs", reason))
    if entry.origin == migration.by.origin:
        return Opened(opening.line, entry.account, tuple(bills.values()), entry, stored=True)
    return Unchanged(opening.line)
