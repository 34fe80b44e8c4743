"""Approve, reject and take back adjustments."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from chalicelib.adjustments import repository
from chalicelib.adjustments.domain import (
    Adjustment,
    Decision,
    check_reversible,
    check_second_person,
    check_undecided,
    parse_adjustment_id,
    taken_back,
)
from chalicelib.adjustments.service.posting import (
    ATTEMPTS,
    audit_write,
    changed,
    check_standing,
    posting_of,
    read_standing,
)
from chalicelib.connections import service as connections
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books, Effect, Entry, take_back
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext


def approve_adjustment(ctx: ProjectContext, *, adjustment_id: str) -> Adjustment:
    """Approve a pending adjustment, and post it as of today. A repeated request gets the posted one.

    :raises NotFound: if there is none, or it is out of the actor's reach.
    :raises Conflict: if it is decided already, or the actor asked for it.
    :raises Invalid: if there is not so much to adjust any more.
    """
    act_id = ctx.new_id()
    for attempt in range(ATTEMPTS):
        found = _within_reach(ctx, adjustment_id)
        if found.decision and found.decision.id == act_id:
            return found
        check_undecided(found)
        check_second_person(found, ctx.actor)
        books, standing = read_standing(ctx, found)
        if _is_changed(ctx, found):
            continue
        amount, posting = posting_of(ctx, found, books, standing)
        decision = Decision(id=act_id, by=ctx.actor.id, at=ctx.now)
        after = replace(found, state="posted", amount=amount, decision=decision)
        if _is_committed(ctx, after, found, [*posting, audit_write(ctx, "adjustment.posted", after)]):
            return after
        dynamo.pause(attempt)
    raise changed()


def reject_adjustment(ctx: ProjectContext, *, adjustment_id: str, reason: str) -> Adjustment:
    """Reject a pending adjustment with a reason; who asked for it may withdraw it so.

    :raises NotFound: if there is none, or it is out of the actor's reach.
    :raises Conflict: if it is decided already.
    """
    act_id = ctx.new_id()
    for attempt in range(ATTEMPTS):
        found = _within_reach(ctx, adjustment_id)
        if found.decision and found.decision.id == act_id:
            return found
        check_undecided(found)
        after = replace(
            found, state="rejected", decision=Decision(id=act_id, by=ctx.actor.id, at=ctx.now, reason=reason)
        )
        if _is_committed(ctx, after, found, [audit_write(ctx, "adjustment.rejected", after, reason=reason)]):
            return after
        dynamo.pause(attempt)
    raise changed()


def reverse_adjustment(ctx: ProjectContext, *, adjustment_id: str, reason: str) -> Adjustment:
    """Take a posted adjustment back by correcting entries of its own day; late charges that it posted stand.

    Credit that it brought is taken back, also from bills that it was used for since, the newest use first. What is due
    again on a superseded bill moves on to the bill that took it over.

    :raises NotFound: if there is none, or it is out of the actor's reach.
    :raises Conflict: if it is not posted, its due day was changed again, or the credit that it brought is gone.
    """
    act_id = ctx.new_id()
    for attempt in range(ATTEMPTS):
        found = _within_reach(ctx, adjustment_id)
        if found.reversal and found.reversal.id == act_id:
            return found
        check_reversible(found)
        reversal = Decision(id=act_id, by=ctx.actor.id, at=ctx.now, reason=reason)
        after = replace(found, state="reversed", reversal=reversal)
        made, uses, books = _read_made(ctx, found)
        if books is None or _is_changed(ctx, found):
            dynamo.pause(attempt)
            continue
        posting = _reversal_writes(ctx, found, reversal, made, uses, books)
        if _is_committed(ctx, after, found, [*posting, audit_write(ctx, "adjustment.reversed", after, reason=reason)]):
            return after
        dynamo.pause(attempt)
    raise changed()


def _is_changed(ctx: ProjectContext, before: Adjustment) -> bool:
    """Return whether somebody decided meanwhile, so that what was read since may hold that decision already."""
    now = repository.find_adjustment(ctx.project, before.id)
    return now is None or now.state != before.state


def _is_committed(ctx: ProjectContext, after: Adjustment, before: Adjustment, writes: Sequence[Action]) -> bool:
    """Commit an adjustment's new state with other writes; return False if something was changed meanwhile."""
    try:
        transact([repository.adjustment_change_write(ctx.project, after, before=before), *writes])
    except Refused:
        return False
    return True


def _within_reach(ctx: ProjectContext, adjustment_id: str) -> Adjustment:
    found = repository.find_adjustment(ctx.project, parse_adjustment_id(adjustment_id))
    if found is None or not connections.accounts_within_reach(ctx, ctx.project, [found.account]):
        raise NotFound("not-found", "there is no adjustment with this id")
    return found


def _read_made(ctx: ProjectContext, adjustment: Adjustment) -> tuple[list[Entry], list[Entry], Books | None]:
    """Read the entries of an adjustment, the uses of credit that must be undone with it, and what all of these name.

    The books are None if the credit was changed meanwhile, so that the uses may not be those that count.
    """
    project, account, holder = ctx.project, adjustment.account, adjustment.holder
    if adjustment.decision is None:
        raise AssertionError("a posted adjustment was decided")
    booked_on = ledger.booking_day(project, adjustment.decision.at)
    made = list(ledger.entries_of_origin(project, account, adjustment.id, first=booked_on, last=booked_on))
    brought = sum(each.credit_minor for each in made if each.credit_minor > 0)
    uses: list[Entry] = []
    before = ledger.open_books(project, holders=[(account, holder)])
    if brought:
        missing = brought - before.position(account, holder).credit_minor
        uses = ledger.uses_of_credit(project, account, holder, since=booked_on, missing=missing)
    bill_ids = {effect.bill_id for each in [*made, *uses] for effect in each.effects}
    books = ledger.open_books(project, bill_ids=bill_ids, holders=[(account, holder)])
    for bill in books.bills.values():
        check_standing(bill)
    if books.positions != before.positions:
        return made, uses, None
    return made, uses, ledger.with_successors(project, books)


def _reversal_writes(
    ctx: ProjectContext,
    adjustment: Adjustment,
    reversal: Decision,
    made: Iterable[Entry],
    uses: Iterable[Entry],
    opened: Books,
) -> list[Action]:
    books, drafts = opened, list[ledger.EntryDraft]()
    for use in uses:  # first, so that the credit suffices
        effects = tuple(take_back(books.bill(effect.bill_id), [effect]) for effect in use.effects)
        drafts.append(_draft(use, effects, -use.credit_minor, reversal))
        books = ledger.posted(books, drafts[-1])
    for entry, part in taken_back(adjustment, made, books.bills.get(str(adjustment.bill_id))):
        effects = (part.effect,) if part.effect else ()
        drafts.append(_draft(entry, effects, part.credit_minor, reversal, due_on=part.due_on))
    credit = opened.position(adjustment.account, adjustment.holder).credit_minor
    if credit + sum(draft.credit_minor for draft in drafts) < 0:
        message = "the credit that it brought was paid back, moved or applied since: undo that first"
        raise Conflict("already-used", message)
    drafts += ledger.moved_on(opened, drafts)
    return ledger.entry_writes(ctx.project, opened, ledger.entries_of_act(ctx, reversal.id, drafts))


def _draft(
    entry: Entry, effects: tuple[Effect, ...], credit_minor: int, reversal: Decision, *, due_on: date | None = None
) -> ledger.EntryDraft:
    """Return what takes an entry back, with its own day."""
    return ledger.EntryDraft(
        account=entry.account,
        holder=entry.holder,
        kind="reversal",
        value_on=entry.value_on,
        effects=effects,
        credit_minor=credit_minor,
        reverses=entry.id,
        reason=reversal.reason,
        due_on=due_on,
    )
