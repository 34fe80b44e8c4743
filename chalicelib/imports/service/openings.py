"""Import opening balances of a former system: bills of what was owed, and credit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from chalicelib.audit import service as audit
from chalicelib.bills import service as bills
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.files.domain.record import Refusal
from chalicelib.imports.domain.history import Unchanged
from chalicelib.imports.domain.history_amounts import Migration
from chalicelib.imports.domain.history_opened import (
    Opened,
    StandingOpening,
    changed,
    decide_opening,
)
from chalicelib.imports.domain.history_openings import Opening
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import TryLater
from chalicelib.kernel.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books, Position
from chalicelib.platform.bulk import batches
from chalicelib.platform.transaction import MAX_ACTIONS, Action, Refused, commit_surviving
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project

# Beside its accounts, a transaction has the check of the books and one audit entry.
_FOR_ACCOUNTS = MAX_ACTIONS - 2
_AT_ONCE = 100

OpeningOutcome = Opened | Unchanged | Refusal
_Holder = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class _Found:
    """What is stored for some accounts. Positions were read first, so that no opening is missed."""

    connections: Mapping[str, Connection]
    positions: Mapping[_Holder, Position]

    def position(self, holder: _Holder) -> Position:
        return self.positions.get(holder, Position(*holder))


def take_in_openings(ctx: Context, migration: Migration, openings: Sequence[Opening]) -> Iterator[OpeningOutcome]:
    """Import opening balances, all of an account in one transaction; what is on record is compared.

    An account costs two write units, and five for each amount. Where anything is on record, its entries are read.
    """
    project = migration.project
    known = connections.connections_by_numbers(project, accounts={each.account for each in openings})
    for some in batches(openings, _AT_ONCE):
        of_some = {each.account: known[each.account] for each in some if each.account in known}
        holders = [(account, connection.consumer_id) for account, connection in of_some.items()]
        found = _Found(of_some, ledger.open_books(project, holders=holders).positions)
        decided = [_decide(migration, each, found) for each in some]
        yield from _written(ctx, migration, found, {each.line: each for each in some}, decided)


def _decide(migration: Migration, opening: Opening, found: _Found) -> OpeningOutcome:
    connection = found.connections.get(opening.account)
    standing = _standing(migration.project, connection, found) if connection else None
    return decide_opening(migration, opening, connection, standing)


def _standing(project: Project, connection: Connection, found: _Found) -> StandingOpening | None:
    """Return the opening on record; an opening always changes its holder's position, so few have to be looked for."""
    holder = (connection.account, connection.consumer_id)
    if found.position(holder).version == 0 and not connection.former:
        return None
    entry = ledger.opening_entry(project, connection.account)
    if entry is None:
        return None
    named = [effect.bill_id for effect in entry.effects]
    return StandingOpening(entry, bills.bills_by_id(project, named) if named else {})


def _written(
    ctx: Context,
    migration: Migration,
    found: _Found,
    openings: Mapping[int, Opening],
    decided: Iterable[OpeningOutcome],
) -> Iterator[OpeningOutcome]:
    """Write what is new, as much as fits into a transaction, and yield the outcome of each."""
    new: list[Opened] = []
    for outcome in decided:
        if isinstance(outcome, Opened) and not outcome.stored:
            new.append(outcome)
        else:
            yield outcome
    for batch in _packed(new):
        waiting = {each.account: each for each in batch}
        try:
            written, lost = commit_surviving(waiting, partial(_opening_writes, ctx, migration, found))
        except Refused:
            raise TryLater("busy", "the books were closed at the same moment") from None
        yield from written.values()
        yield from (changed(openings[each.line]) for each in lost.values())


def _packed(new: Iterable[Opened]) -> Iterator[list[Opened]]:
    batch: list[Opened] = []
    room = _FOR_ACCOUNTS
    for each in new:
        needed = len(each.bills) + 2
        if needed > room:
            yield batch
            batch, room = [], _FOR_ACCOUNTS
        batch.append(each)
        room -= needed
    if batch:
        yield batch


def _opening_writes(ctx: Context, migration: Migration, found: _Found, batch: Mapping[str, Opened]) -> list[Action]:
    actions: list[Action] = []
    for each in batch.values():
        holder = (each.account, each.entry.holder)
        books = Books({}, {holder: found.position(holder)})
        made = {bill.id: bill for bill in each.bills}
        posting = ledger.entry_writes(migration.project, books, [each.entry], issued=made)
        actions += [replace(action, subject=each.account) for action in posting]
    on = next(iter(batch.values())).entry.value_on
    checked = tenancy.books_open_check(migration.project, on)
    return [*actions, checked, _audit_write(ctx, migration, list(batch.values()))]


def _audit_write(ctx: Context, migration: Migration, written: Sequence[Opened]) -> Action:
    currency = migration.project.settings.currency
    owed = sum(bill.total.minor for each in written for bill in each.bills)
    facts = {
        "opening": written[0].entry.value_on,
        "accounts": [each.account for each in written],
        "owed": Money(owed, currency),
        "credit": Money(sum(each.entry.credit_minor for each in written), currency),
        "deposits": Money(sum(each.entry.deposit_minor for each in written), currency),
        "currency": currency,
    }
    subject = ("import", f"{migration.project.id}.{migration.by.origin}")
    return audit.entry_write(ctx, action="history.migrated", subject=subject, after=facts)
