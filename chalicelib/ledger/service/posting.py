"""Open the books of an act, and build the writes of its entries. Nothing else writes balances and positions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.kernel.clock import local_day
from chalicelib.ledger import repository
from chalicelib.ledger.domain import (
    Books,
    Effect,
    Entry,
    EntryKind,
    LateCharge,
    Settled,
    balance_after,
    late_charge_on,
    needs_history,
    post,
    settled_by,
)
from chalicelib.platform.transaction import Action
from chalicelib.tenancy.domain import LateChargeRule, Project, ProjectContext

History = Sequence[Settled]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """What an act does to the money of one account and holder; `entries_of_act` dates and numbers it."""

    account: str
    holder: str | None
    kind: EntryKind
    value_on: date
    effects: tuple[Effect, ...] = ()
    credit_minor: int = 0
    reverses: str | None = None
    reason: str | None = None


def entries_of_act(ctx: ProjectContext, act_id: str, drafts: Iterable[EntryDraft]) -> list[Entry]:
    """Return the entries of one act, in order. Their ids derive from the act's, so a repeated act can't add any."""
    settings = ctx.project.settings
    booked_on = local_day(ctx.now, settings.timezone)
    return [
        Entry(
            id=f"{act_id}.{number:02}",
            account=draft.account,
            holder=draft.holder,
            kind=draft.kind,
            value_on=draft.value_on,
            booked_on=booked_on,
            currency=settings.currency,
            effects=draft.effects,
            credit_minor=draft.credit_minor,
            origin=act_id,
            reverses=draft.reverses,
            reason=draft.reason,
            recorded_by=ctx.actor.id,
            recorded_at=ctx.now,
        )
        for number, draft in enumerate(drafts, 1)
    ]


def open_books(
    project: Project, *, bill_ids: Iterable[str] = (), holders: Iterable[tuple[str, str | None]] = ()
) -> Books:
    """Read bills, and the positions of accounts and holders, as they are now: a request for each kind.

    :raises NotFound: if one is not a valid id of a bill. Bills that don't exist are left out.
    """
    wanted = list(bill_ids)
    found = bills.bills_by_id(project, wanted) if wanted else {}
    return Books(found, repository.positions(project, holders))


def entry_writes(project: Project, before: Books, entries: Sequence[Entry]) -> tuple[Books, list[Action]]:
    """Return the books after some entries, and the writes of the entries and of all that they change.

    Labels: `entry`, `bill` (subject: its id) and `position`. Two write units for an entry, three for a bill of a KB,
    two for a position; each is refused if it was changed since it was read.
    """
    after = post(before, entries)
    actions = [repository.entry_insert_write(project, entry) for entry in entries]
    actions += [
        bills.balance_write(project, bill, before=before.bills[bill.id])
        for bill in after.bills.values()
        if bill != before.bills[bill.id]
    ]
    actions += [
        repository.position_write(project, position, before=before.position(*place))
        for place, position in after.positions.items()
        if position != before.positions.get(place)
    ]
    return after, actions


def entry_insert_write(project: Project, entry: Entry) -> Action:
    """Build the write of an entry that came with its bill from a former system. Label: `entry`. Two write units."""
    return repository.entry_insert_write(project, entry)


def histories(project: Project, known: Iterable[Bill]) -> dict[str, History]:
    """Return when what was settled of some bills, by their ids. A query for each of their accounts."""
    by_account: dict[str, list[Bill]] = {}
    for bill in known:
        by_account.setdefault(bill.account, []).append(bill)
    found: dict[str, History] = {}
    for account, theirs in by_account.items():
        entries = _entries_since(project, account, theirs)
        found |= {bill.id: settled_by(entries, bill.id) for bill in theirs}
    return found


def _entries_since(project: Project, account: str, known: Iterable[Bill]) -> list[Entry]:
    """Read the entries that can name some bills: those booked since the first of them was made.

    Former systems booked what they received on its day.
    """
    made = [bill.billed_on if bill.migrated else booking_day(project, bill.issued_at) for bill in known]
    return list(repository.entries_between(project, account, min(made) - _DAY, None))


def late_charges_on(
    project: Project,
    rule: LateChargeRule | None,
    known: Mapping[str, Bill],
    day: date,
    *,
    read: Mapping[str, History] | None = None,
) -> dict[str, LateCharge]:
    """Return what each bill's lateness costs on a day, beyond what is posted. It reads only histories that matter."""
    needed = [bill for bill in known.values() if needs_history(rule, bill, day) and bill.id not in (read or {})]
    all_read = {**(read or {}), **(histories(project, needed) if needed else {})}
    return {bill.id: late_charge_on(rule, bill, day, all_read.get(bill.id, ())) for bill in known.values()}


def entries_of_origin(project: Project, account: str, origin: str, *, first: date, last: date) -> Iterator[Entry]:
    """Read the entries that an act made in an account on a day of some."""
    return (each for each in repository.entries_between(project, account, first, last) if each.origin == origin)


def booking_day(project: Project, at: datetime) -> date:
    """Return the day on which what happens at an instant is booked."""
    return local_day(at, project.settings.timezone)


def posted(books: Books, draft: EntryDraft) -> Books:
    """Return the books as they would be after a draft, to decide what follows it in the same act."""
    bills_after = dict(books.bills)
    for effect in draft.effects:
        bill = bills_after[effect.bill_id]
        bills_after[bill.id] = replace(bill, balance=balance_after(bill.balance, [effect]))
    return Books(bills_after, books.positions)


def uses_of_credit(project: Project, account: str, holder: str | None, *, since: date, missing: int) -> list[Entry]:
    """Return the newest uses of a holder's credit that must be undone so that so much of it is free again.

    Those since a day, and earlier ones if they don't suffice: what another payment brought may be used up, too.
    """
    if missing <= 0:
        return []
    uses: list[Entry] = []
    for first in (since, None):
        uses, freed = _newest_uses(project, account, holder, first, missing)
        if freed >= missing:
            break
    return uses


def _newest_uses(
    project: Project, account: str, holder: str | None, first: date | None, missing: int
) -> tuple[list[Entry], int]:
    entries = [each for each in repository.entries_between(project, account, first, None) if each.holder == holder]
    undone = {each.reverses for each in entries}
    uses: list[Entry] = []
    freed = 0
    for entry in reversed(entries):
        if freed >= missing:
            break
        if entry.kind == "credit_used" and entry.id not in undone:
            uses.append(entry)
            freed -= entry.credit_minor
    return uses, freed
