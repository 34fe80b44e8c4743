"""Correct what was billed: show what would change, then change all of it in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.audit import service as audit
from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.connections import service as connections
from chalicelib.corrections import repository
from chalicelib.corrections.domain import (
    ChangedBill,
    ChangedReading,
    Correction,
    Plan,
    RecountedAccount,
    Reissue,
    check_digest,
    check_plan,
    too_many_bills,
)
from chalicelib.corrections.service.freeing import with_uses_undone
from chalicelib.corrections.service.planning import plan_of_crossing, plan_of_moving, plan_of_readings
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books, Effect, EntryKind, Moved, move
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import MAX_ACTIONS, Action, Refused, transact
from chalicelib.readings import service as readings
from chalicelib.readings.domain.recounting import CorrectionNote, TrueValue
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import TariffBook
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext

_ATTEMPTS = 12
_DAY = timedelta(days=1)
_ADJUSTED: Sequence[EntryKind] = ("late_charge", "waiver", "credit_note", "write_off")

Planner = Callable[[TariffBook], Plan]


@dataclass(frozen=True, slots=True)
class PreviewedBill:
    """A bill that a correction would void, and the one in its place with what it gets of the money."""

    old: Bill
    new: Bill | None
    difference: Money


@dataclass(frozen=True, slots=True)
class Preview:
    """What a correction would do; nothing is changed yet. `credit` is by how much more credit there is then.

    Below zero, credit is taken back that the bills brought before; bills that it paid are open again.
    """

    plan: Plan
    bills: tuple[PreviewedBill, ...]
    difference: Money
    credit: Money


def preview_readings(ctx: ProjectContext, *, said: Mapping[str, TrueValue], reason: str) -> Preview:
    """Return what a correction of some readings would change; see `correct_readings`."""
    ctx.require("readings.edit")
    return preview_of(ctx, readings_planner(ctx, said, reason, ""))


def correct_readings(ctx: ProjectContext, *, said: Mapping[str, TrueValue], reason: str, digest: str) -> Correction:
    """Correct readings that are billed: void the bills that change, and issue them again as their next revisions.

    Readings after them count on from the corrected values, and so do their bills, as far as anything changes. A bill
    that rises is due anew by the project's rule from today; one that falls keeps its due day. What was paid on a voided
    bill goes to the one in its place, and the rest is credit. `digest` is that of the preview. A repeated request gets
    the correction that the first one made.

    :raises NotFound: for an unknown reading, or one out of the actor's reach.
    :raises Invalid: for a value below the one before, or if nothing or too much would change.
    :raises Conflict: if anything changed since the preview, a billing run works on a period, or a reading or bill can't
        be corrected this way.
    """
    ctx.require("readings.edit")
    act_id = ctx.new_id()
    return commit(ctx, readings_planner(ctx, said, reason, act_id), act_id, reason=reason, digest=digest)


def preview_crossed(ctx: ProjectContext, *, accounts: Sequence[str], since: date, reason: str) -> Preview:
    """Return what it would change to say that two meters were crossed; see `swap_crossed`."""
    _require_meters(ctx)
    return preview_of(ctx, _crossing_planner(ctx, accounts, since, reason, ""))


def swap_crossed(ctx: ProjectContext, *, accounts: Sequence[str], since: date, reason: str, digest: str) -> Correction:
    """Give two connections each other's meter from a day on, with its readings, and issue their bills again.

    Readings of both that are pending are withdrawn. Money and repetition: see `correct_readings`.

    :raises NotFound: for an unknown connection, or one out of the actor's reach.
    :raises Invalid: for a day in the future or within a round, or if too much would change.
    :raises Conflict: if the two were not read alike, or anything changed since the preview.
    """
    _require_meters(ctx)
    act_id = ctx.new_id()
    planner = _crossing_planner(ctx, accounts, since, reason, act_id)
    return commit(ctx, planner, act_id, reason=reason, digest=digest)


def preview_misplaced(ctx: ProjectContext, *, reading_id: str, account: str, reason: str) -> Preview:
    """Return what it would change to move a reading to another connection; see `move_misplaced`."""
    ctx.require("readings.edit")
    return preview_of(ctx, _moving_planner(ctx, reading_id, account, reason, ""))


def move_misplaced(ctx: ProjectContext, *, reading_id: str, account: str, reason: str, digest: str) -> Correction:
    """Withdraw a reading that was entered on the wrong connection, void its bill, and enter it on the right one.

    Both connections are unread or read accordingly; the reading is billed there by the next run. Money and repetition:
    see `correct_readings`.

    :raises NotFound: for an unknown reading or connection, or one out of the actor's reach.
    :raises Invalid: if the right connection can't have shown it.
    :raises Conflict: if readings were counted from it since, or anything changed since the preview.
    """
    ctx.require("readings.edit")
    act_id = ctx.new_id()
    planner = _moving_planner(ctx, reading_id, account, reason, act_id)
    return commit(ctx, planner, act_id, reason=reason, digest=digest)


def _moving_planner(ctx: ProjectContext, reading_id: str, account: str, reason: str, act_id: str) -> Planner:
    note = CorrectionNote(ctx.actor.id, ctx.now, reason, act_id)
    return lambda _: plan_of_moving(ctx, reading_id, account, note)


def _require_meters(ctx: ProjectContext) -> None:
    ctx.require("readings.edit")
    ctx.require("connections.manage")


def _crossing_planner(ctx: ProjectContext, accounts: Sequence[str], since: date, reason: str, act_id: str) -> Planner:
    note = CorrectionNote(ctx.actor.id, ctx.now, reason, act_id)
    return lambda book: plan_of_crossing(ctx, accounts, since=since, note=note, book=book)


def readings_planner(ctx: ProjectContext, said: Mapping[str, TrueValue], reason: str, act_id: str) -> Planner:
    """Return what plans a correction of readings."""
    note = CorrectionNote(ctx.actor.id, ctx.now, reason, act_id)
    return lambda book: plan_of_readings(ctx, said, note, book)


def preview_of(ctx: ProjectContext, planner: Planner) -> Preview:
    """Return what a plan would do to bills and their money."""
    plan = planner(tariffs.unsealed_book(ctx.project))
    check_plan(plan)
    books = ledger.open_books(ctx.project, holders=_holders(plan))
    books = Books(_by_id([*_old(plan), *plan.issued]), books.positions)
    books, drafts = with_uses_undone(ctx.project, books, _old(plan), _drafts(ctx, plan, _moved(ctx, plan), ""))
    for draft in drafts:
        books = ledger.posted(books, draft)
    currency = ctx.project.settings.currency
    return Preview(
        plan,
        tuple(
            PreviewedBill(each.old, books.bill(each.new.id) if each.new else None, each.difference)
            for each in plan.reissues
        ),
        Money(sum(each.difference.minor for each in plan.reissues), currency),
        Money(sum(draft.credit_minor for draft in drafts), currency),
    )


def commit(ctx: ProjectContext, planner: Planner, act_id: str, *, reason: str, digest: str) -> Correction:
    """Carry a plan out, if it is still the one with a digest, and return its record."""
    project = ctx.project
    for attempt in range(_ATTEMPTS):
        if stored := repository.find_correction(project, act_id):
            return stored
        plan = _sealed(ctx, planner, digest)
        record = _record(ctx, plan, act_id, reason)
        try:
            transact(_correction_writes(ctx, plan, record))
        except Refused as refused:
            _check_open(ctx, plan, refused)
            dynamo.pause(attempt)
        else:
            return record
    raise Conflict("changed", "others are changing the same bills; look at the preview again")


def get_correction(ctx: ProjectContext, *, correction_id: str) -> Correction:
    """Return a correction that was made.

    :raises NotFound: if there is none with this id, or it is out of the actor's reach.
    """
    found = repository.find_correction(ctx.project, correction_id)
    if found is None or not set(found.accounts) <= connections.accounts_within_reach(ctx, ctx.project, found.accounts):
        raise NotFound("not-found", "there is no correction with this id")
    return found


def _sealed(ctx: ProjectContext, planner: Planner, digest: str) -> Plan:
    """Return a plan by tariffs that can't change any more, if it is still the one that was seen."""
    project = ctx.project
    plan = planner(tariffs.unsealed_book(project))
    check_plan(plan)
    check_digest(plan, digest)
    if plan.issued:
        until = max(max(each.read_on, each.last_day + _DAY) for each in plan.issued)
        tenancy.stay_with_cycle(project)
        plan = planner(tariffs.tariff_book(project, until_day=until))
        check_digest(plan, digest)
    return plan


def _check_open(ctx: ProjectContext, plan: Plan, refused: Refused) -> None:
    if "period" not in refused.labels:
        return
    for period in _periods(plan):
        if readings.find_run_of(ctx.project, period):
            raise readings.frozen(ctx.project, period) from None


def _periods(plan: Plan) -> list[Period]:
    return sorted({each.before.period for each in plan.changed})


def _record(ctx: ProjectContext, plan: Plan, act_id: str, reason: str) -> Correction:
    return Correction(
        id=act_id,
        kind=plan.kind,
        accounts=(
            *(each.account for each in plan.accounts),
            *([plan.entered.connection.account] if plan.entered else []),
        ),
        readings=tuple(
            ChangedReading(reading_id=before.id, was=before.value, value=after.value)
            for before, after in plan.changed
            if before.value != after.value
        ),
        bills=tuple(
            ChangedBill(
                bill_id=each.old.id,
                replaced_by=each.new.id if each.new else None,
                old_total=each.old.total,
                new_total=each.new_total,
            )
            for each in plan.reissues
        ),
        entered=plan.entered.reading.id if plan.entered else None,
        currency=ctx.project.settings.currency,
        reason=reason,
        by=ctx.actor.id,
        at=ctx.now,
    )


def _correction_writes(ctx: ProjectContext, plan: Plan, record: Correction) -> list[Action]:
    project = ctx.project
    old = _by_id(_old(plan))
    books = ledger.open_books(project, bill_ids=old, holders=_holders(plan))
    if books.bills != old:
        raise Refused([("bill", None)])  # changed since it was planned: the digest will tell
    drafts = _drafts(ctx, plan, _moved(ctx, plan), record.reason)
    books, drafts = with_uses_undone(project, books, _old(plan), drafts)
    entries = ledger.entries_of_act(ctx, record.id, drafts)
    successors = {each.old.id: each.new.id for each in plan.reissues if each.new}
    posting = ledger.entry_writes(project, books, entries, issued=_by_id(plan.issued), successors=successors)
    unbilled = [each.before for each in plan.changed if each.before.bills_voided == each.after.bills_voided]
    writes = [
        repository.correction_insert_write(project, record),
        *(readings.period_open_check(project, period) for period in _periods(plan)),
        *(readings.reading_change_write(project, after, before=before) for before, after in plan.changed),
        *bills.other_bill_checks(project, unbilled),
        *(write for each in plan.accounts for write in _connection_writes(ctx, plan, each, record)),
        *_entered_writes(project, plan),
        *posting,
        *(_audit_write(ctx, each, plan, record) for each in plan.accounts),
    ]
    if len(writes) > MAX_ACTIONS:
        raise too_many_bills(plan)
    return writes


def _entered_writes(project: Project, plan: Plan) -> list[Action]:
    if plan.entered is None:
        return []
    return readings.reading_insert_writes(project, plan.entered.reading, plan.entered.connection)


def _connection_writes(ctx: ProjectContext, plan: Plan, each: RecountedAccount, record: Correction) -> list[Action]:
    if plan.since:
        [other] = [one.account for one in plan.accounts if one.account != each.account]
        return connections.crossed_meter_writes(
            ctx, each.before, each.after, other=other, reason=record.reason, on=plan.since, event_id=record.id
        )
    if each.after == each.before:
        return []
    return [connections.connection_advance_write(ctx.project, each.before, each.after)]


def _moved(ctx: ProjectContext, plan: Plan) -> list[Moved]:
    """Return what becomes of the money of each bill that is issued again."""
    rule = tenancy.late_charge_rule(ctx.project)
    entries = ledger.entries_by_account(ctx.project, [each.old for each in plan.reissues])
    return [move(each.old, each.new, entries[each.old.account], rule) for each in plan.reissues]


def _drafts(ctx: ProjectContext, plan: Plan, moved: Sequence[Moved], reason: str) -> list[ledger.EntryDraft]:
    """Return the entries of a correction: for each holder, what is voided, what is due anew, and where money goes."""
    today = ledger.booking_day(ctx.project, ctx.now)
    drafts: list[ledger.EntryDraft] = []
    for account, holder in _holders(plan):
        theirs = [
            (reissue, each)
            for reissue, each in zip(plan.reissues, moved, strict=True)
            if (reissue.old.account, reissue.old.consumer_id) == (account, holder)
        ]
        if not theirs:
            continue
        drafts.append(
            ledger.EntryDraft(
                account=account,
                holder=holder,
                kind="voided",
                value_on=today,
                effects=tuple(each.voids for _, each in theirs),
                credit_minor=sum(each.freed_minor for _, each in theirs),
                reason=reason,
            )
        )
        for kind in _ADJUSTED:
            effects = tuple(effect for _, each in theirs for one, effect in each.adjusted if one == kind)
            if effects:
                drafts.append(
                    ledger.EntryDraft(
                        account=account, holder=holder, kind=kind, value_on=today, effects=effects, reason=reason
                    )
                )
        drafts += [_use_of(ctx, reissue, *money) for reissue, each in theirs for money in each.money]
    return drafts


def _use_of(ctx: ProjectContext, reissue: Reissue, day: date, effect: Effect) -> ledger.EntryDraft:
    """Return what brings money to a new bill: with the day on which it was paid, or the first of the open books."""
    closed = ctx.project.books_closed_until
    day = day if closed is None else max(day, closed + _DAY)
    return ledger.EntryDraft(
        account=reissue.old.account,
        holder=reissue.old.consumer_id,
        kind="credit_used" if effect.paid > 0 else "credit_brought",
        value_on=day,
        effects=(effect,),
        credit_minor=-effect.paid,
        reason=f"Paid on {reissue.old.id}" if effect.paid > 0 else f"Credit of {reissue.old.id}",
    )


def _holders(plan: Plan) -> list[tuple[str, str | None]]:
    return list(dict.fromkeys((each.old.account, each.old.consumer_id) for each in plan.reissues))


def _old(plan: Plan) -> list[Bill]:
    return [each.old for each in plan.reissues]


def _by_id(known: Iterable[Bill]) -> dict[str, Bill]:
    return {bill.id: bill for bill in known}


def _audit_write(ctx: ProjectContext, each: RecountedAccount, plan: Plan, record: Correction) -> Action:
    theirs = [one for one in plan.reissues if one.old.account == each.account]
    facts: dict[str, object] = {
        "correction": record.id,
        "kind": record.kind,
        "reason": record.reason,
        "readings": tuple(f"{one.before.id}: {one.before.value} -> {one.after.value}" for one in each.changed),
        "voided": tuple(one.old.id for one in theirs),
        "entered": plan.entered.reading.id if plan.entered else None,
        "issued": tuple(one.new.id for one in theirs if one.new),
        "difference": Money(sum(one.difference.minor for one in theirs), record.currency),
        "currency": record.currency,
    }
    subject = ("connection", f"{ctx.project_id}.{each.account}")
    return audit.entry_write(ctx, action="bills.corrected", subject=subject, after=facts)
