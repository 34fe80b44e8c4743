"""Open the books of an act, and build the writes of its entries. Nothing else writes balances and positions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

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
    Position,
    Settled,
    after_effect,
    late_charge_on,
    needs_history,
    post,
    settled_by,
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


def entries_of_act(ctx: ProjectContext, act_id: str, drafts: Iterable[EntryDraft]) -> list[Entry]:
    """Return the entries of one act, in order. Their ids derive from the act's, so a repeated act can't add any.

    A reversal counts from the day of what it takes back, but never in a month that is closed in the books.

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
            recorded_by=ctx.actor.id,
            recorded_at=ctx.now,
        )
        for number, draft in enumerate(drafts, 1)
    ]


def _within_open_books(project: Project, draft: EntryDraft) -> EntryDraft:
    closed = project.books_closed_until
    if closed is None or draft.value_on > closed:
        return draft
    if draft.kind == "reversal":
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


def entry_writes(project: Project, before: Books, entries: Sequence[Entry]) -> list[Action]:
    """Build the writes of some entries, and of all bills and positions that they change.

    Labels: `entry`, `bill` (subject: its id) and `position`. Two write units for an entry, three for a bill of a KB,
    two for a position; each is refused if it was changed since it was read. Entries dated into a former month check
    that it is not closed (label `books`), two more.
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
    value_on = min((entry.value_on for entry in entries), default=None)
    if value_on and Period.of(value_on) < Period.of(max(entry.booked_on for entry in entries)):
        actions.append(tenancy.books_open_check(project, value_on))
    return actions


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
        bills_after[bill.id] = after_effect(bill, effect)
    place = (draft.account, draft.holder)
    position = books.position(*place).after(draft.credit_minor, draft.deposit_minor)
    return Books(bills_after, {**books.positions, place: position})


def uses_of_credit(project: Project, account: str, holder: str | None, *, since: date, freeing: int) -> list[Entry]:
    """Return the newest uses of a holder's credit that must be undone so that an amount of it can be taken back.

    None, while as much credit is left.
    """
    position = repository.positions(project, [(account, holder)]).get((account, holder), Position(account, holder))
    missing = freeing - position.credit_minor
    if missing <= 0:
        return []
    entries = [each for each in repository.entries_between(project, account, since, None) if each.holder == holder]
    undone = {each.reverses for each in entries}
    uses: list[Entry] = []
    for entry in reversed(entries):
        if missing <= 0:
            break
        if entry.kind == "credit_used" and entry.id not in undone:
            uses.append(entry)
            missing += entry.credit_minor
    return uses
