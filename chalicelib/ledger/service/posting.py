"""Open the books of an act, and build the writes of its entries. Nothing else writes balances and positions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.ledger import repository
from chalicelib.ledger.domain import (
    Books,
    Effect,
    Entry,
    EntryKind,
    LateCharge,
    Settled,
    bill_after,
    late_charge_on,
    needs_history,
    post,
    settled_by,
    without_voided,
)
from chalicelib.platform.transaction import Action
from chalicelib.tenancy import service as tenancy
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
    deposit_minor: int = 0
    reverses: str | None = None
    reason: str | None = None
    due_on: date | None = None


def entries_of_act(ctx: ProjectContext, act_id: str, drafts: Iterable[EntryDraft]) -> list[Entry]:
    """Return the entries of one act, in order. Their ids derive from the act's, so a repeated act can't add any.

    A reversal counts from the day of what it takes back, but never in a month that is closed in the books; so does what
    it moves on.

    :raises Invalid: if another entry would be dated into such a month.
    """
    settings = ctx.project.settings
    booked_on = local_day(ctx.now, settings.timezone)
    drafts = [_within_open_books(ctx.project, draft) for draft in drafts]
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
            deposit_minor=draft.deposit_minor,
            origin=act_id,
            reverses=draft.reverses,
            reason=draft.reason,
            due_on=draft.due_on,
            recorded_by=ctx.actor.id,
            recorded_at=ctx.now,
        )
        for number, draft in enumerate(drafts, 1)
    ]


def _within_open_books(project: Project, draft: EntryDraft) -> EntryDraft:
    closed = project.books_closed_until
    if closed is None or draft.value_on > closed:
        return draft
    if draft.kind in {"reversal", "superseded"}:
        return replace(draft, value_on=closed + _DAY)
    message = f"the books are closed until {closed}: date it {closed + _DAY} or later"
    raise Invalid("month-closed", message, field="paidOn")


def open_books(
    project: Project, *, bill_ids: Iterable[str] = (), holders: Iterable[tuple[str, str | None]] = ()
) -> Books:
    """Read bills, and the positions of accounts and holders, as they are now: a request for each kind.

    :raises NotFound: if one is not a valid id of a bill. Bills that don't exist are left out.
    """
    wanted = list(bill_ids)
    found = bills.bills_by_id(project, wanted) if wanted else {}
    return Books(found, repository.positions(project, holders))


def entry_writes(
    project: Project,
    before: Books,
    entries: Sequence[Entry],
    *,
    issued: Mapping[str, Bill] = MappingProxyType({}),
    successors: Mapping[str, str] = MappingProxyType({}),
) -> list[Action]:
    """Build the writes of some entries, and of all bills and positions that they change.

    Bills that are `issued` in the same act, by id, are inserted with what the entries do to them. `successors` are the
    ids of bills that are issued in the place of voided ones.

    Labels: `entry`, `bill` (subject: its id) and `position`. Two write units for an entry, three for a bill of a KB,
    two for a position; each is refused if it was changed since it was read. Entries dated into a former month check
    that it is not closed (label `books`), two more.
    """
    after = post(Books({**before.bills, **issued}, before.positions), entries)
    after = Books(_with_successors(after.bills, successors), after.positions)
    actions = [repository.entry_insert_write(project, entry) for entry in entries]
    actions += [bills.bill_insert_write(project, after.bills[bill_id]) for bill_id in issued]
    actions += [
        bills.balance_write(project, after.bills[bill_id], before=bill)
        for bill_id, bill in before.bills.items()
        if after.bills[bill_id] != bill
    ]
    actions += [
        repository.position_write(project, position, before=before.position(*place))
        for place, position in after.positions.items()
        if position != before.positions.get(place)
    ]
    value_on = min((entry.value_on for entry in entries), default=None)
    if value_on and Period.of(value_on) < Period.of(max(entry.booked_on for entry in entries)):
        actions.append(tenancy.books_open_check(project, value_on))
    return actions


def _with_successors(known: Mapping[str, Bill], successors: Mapping[str, str]) -> dict[str, Bill]:
    return {
        bill_id: replace(bill, successor=successors[bill_id]) if bill_id in successors else bill
        for bill_id, bill in known.items()
    }


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


def entries_of_bills(project: Project, known: Iterable[Bill]) -> dict[str, tuple[Entry, ...]]:
    """Read the entries that name some bills, by the bills' ids. A query for each bill."""
    return {
        bill.id: tuple(
            entry
            for entry in _entries_since(project, bill.account, [bill])
            if any(effect.bill_id == bill.id for effect in entry.effects)
        )
        for bill in known
    }


def opening_entry(project: Project, account: str) -> Entry | None:
    """Return the entry that brought an account's balances forward from former books; None if there is none.

    It reads all entries of the account.
    """
    every = repository.entries_between(project, account, None, None)
    return next((entry for entry in every if entry.kind == "opening"), None)


def entries_by_account(project: Project, known: Iterable[Bill]) -> dict[str, list[Entry]]:
    """Return the entries that can name some bills, by account. A query for each account."""
    by_account: dict[str, list[Bill]] = {}
    for bill in known:
        by_account.setdefault(bill.account, []).append(bill)
    return {account: _entries_since(project, account, theirs) for account, theirs in by_account.items()}


def _entries_since(project: Project, account: str, known: Iterable[Bill]) -> list[Entry]:
    """Read the entries that can name some bills: those booked since the first of them was made.

    Former systems booked what they received on its day.
    """
    made = [bill.billed_on if bill.migrated else booking_day(project, bill.issued_at) for bill in known]
    return list(repository.entries_between(project, account, min(made) - _DAY, None))


def entries_of_bill(project: Project, bill: Bill) -> list[Entry]:
    """Read all entries that name a bill, the oldest first. Strongly consistent; a query of its account's entries."""
    entries = _entries_since(project, bill.account, [bill])
    return [each for each in entries if any(effect.bill_id == bill.id for effect in each.effects)]


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
        bills_after[effect.bill_id] = bill_after(bills_after[effect.bill_id], effect, due_on=draft.due_on)
    place = (draft.account, draft.holder)
    position = books.position(*place).after(draft.credit_minor, draft.deposit_minor)
    return Books(bills_after, {**books.positions, place: position})


def uses_of_credit(project: Project, account: str, holder: str | None, *, since: date, missing: int) -> list[Entry]:
    """Return the newest uses of a holder's credit that must be undone so that so much of it is free again.

    Those since a day; and earlier ones, if a reversal has taken credit since: it may have been another payment's, that
    was used before.
    """
    if missing <= 0:
        return []
    entries = _entries_of_holder(project, account, holder, since)
    uses, freed = _newest_uses(entries, missing)
    if freed < missing and any(each.kind == "reversal" and each.credit_minor < 0 for each in entries):
        return _newest_uses(_entries_of_holder(project, account, holder, None), missing)[0]
    return uses


def _entries_of_holder(project: Project, account: str, holder: str | None, first: date | None) -> list[Entry]:
    return [each for each in repository.entries_between(project, account, first, None) if each.holder == holder]


def _newest_uses(entries: Sequence[Entry], missing: int) -> tuple[list[Entry], int]:
    """Return uses of credit that nobody has undone, and how much they free."""
    undone = {each.reverses for each in entries}
    voided = {effect.bill_id for each in entries if each.kind == "voided" for effect in each.effects}
    uses: list[Entry] = []
    freed = 0
    for entry in reversed(entries):
        if freed >= missing:
            break
        left = without_voided(entry, voided)
        if entry.kind == "credit_used" and entry.id not in undone and left.credit_minor:
            uses.append(left)
            freed -= left.credit_minor
    return uses, freed
