"""What a former system's books say of one bill: payments, advances, a penalty, and credit left over or used."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from chalicelib.bills.domain import Balance, Bill
from chalicelib.files.domain.record import Refusal
from chalicelib.imports.domain.history_amounts import Migration, as_imported, money_of
from chalicelib.imports.domain.history_fields import EntryRefused
from chalicelib.imports.domain.history_file import Entry, StatedPayment
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.money import Money
from chalicelib.ledger.domain import Effect, EntryKind, balance_after, steps_begun
from chalicelib.ledger.domain import Entry as LedgerEntry
from chalicelib.payments.domain import Payment
from chalicelib.payments.domain.migrating import advance_used, check_migrated, counted

_DAY = timedelta(days=1)
_PLACES: dict[EntryKind, str] = {"late_charge": "01", "waiver": "02", "credit_used": "03"}
SaidPayment = tuple[StatedPayment, Payment]


@dataclass(frozen=True, slots=True)
class BillBooks:
    """A bill after what its former books say of it, with its payments and all entries, those of payments first.

    `acts` are the entries that no payment made: a penalty, its waiver, and credit that the bill used.
    """

    bill: Bill
    payments: tuple[Payment, ...] = ()
    entries: tuple[LedgerEntry, ...] = ()
    acts: tuple[LedgerEntry, ...] = ()

    @property
    def every_entry(self) -> tuple[LedgerEntry, ...]:
        return (*self.entries, *self.acts)

    @property
    def uses_credit(self) -> bool:
        """Whether they change the holder's credit."""
        return any(entry.credit_minor for entry in self.every_entry)

    def days_of(self, *, is_new: bool) -> list[date]:
        """Return the days on which they change the books: those of the entries, and of a bill that `is_new`."""
        return [entry.value_on for entry in self.every_entry] + ([self.bill.billed_on] if is_new else [])

    @property
    def credit_needed(self) -> int:
        """The credit that the holder has from before, at least."""
        return -sum(act.credit_minor for act in self.acts)


@dataclass(frozen=True, slots=True)
class _Penalty:
    minor: int
    on: date
    waived: str | None


class _Replay:
    """The events of a bill's former books, one after the other; `bill` is as they have it."""

    def __init__(self, migration: Migration, bill: Bill) -> None:
        self.migration, self.bill = migration, bill
        self.label = migration.project.label_of(bill.period)
        self.taken: dict[str, Payment] = {}
        self.entries: list[LedgerEntry] = []
        self.acts: list[LedgerEntry] = []

    def pay(self, said: SaidPayment, *, pays_late: bool = True) -> None:
        stated, payment = said
        one = counted(payment, self.bill, self.label, pays_late=pays_late)
        self.taken[stated.place], self.bill = one.payment, one.bill
        self.entries.append(one.entry)

    def pay_in_advance(self, early: Sequence[SaidPayment]) -> None:
        """Take what was paid before the bill's day, and use it on that day."""
        for said in early:
            self.pay(said)
        if early:
            use, self.bill = advance_used(early[0][1], self.bill, sum(payment.amount.minor for _, payment in early))
            self.entries += [use] if use else []

    def act(
        self, kind: EntryKind, on: date, effect: Effect, *, credit_minor: int = 0, reason: str | None = None
    ) -> None:
        by, bill = self.migration.by, self.bill
        act_id = act_of(self.migration, bill)
        self.acts.append(
            LedgerEntry(
                id=f"{act_id}.{_PLACES[kind]}",
                account=bill.account,
                holder=bill.consumer_id,
                kind=kind,
                value_on=on,
                booked_on=on,
                currency=bill.total.currency,
                effects=(effect,),
                credit_minor=credit_minor,
                origin=act_id,
                reason=reason,
                recorded_by=by.by,
                recorded_at=by.at,
            )
        )
        self.bill = replace(bill, balance=balance_after(bill.balance, [effect]))

    def charge(self, penalty: _Penalty) -> None:
        """Charge a penalty with the steps that have begun on its day, so that our rule charges only later ones."""
        rule, bill = self.migration.late_charge, self.bill
        steps = max(steps_begun(rule, bill.due_on, penalty.on) if rule else 0, 1)
        self.act("late_charge", penalty.on, Effect(bill_id=bill.id, late=penalty.minor, late_steps=steps))
        if penalty.waived is not None:
            self.act("waiver", penalty.on, Effect(bill_id=bill.id, waived=penalty.minor), reason=penalty.waived)

    def books(self, said: Iterable[SaidPayment]) -> BillBooks:
        payments = tuple(self.taken[stated.place] for stated, _ in said)
        return BillBooks(self.bill, payments, tuple(self.entries), tuple(self.acts))


def books_of(migration: Migration, entry: Entry, bill: Bill, payments: Sequence[Payment]) -> BillBooks:
    """Return the books of a bill of which nothing is recorded yet, from all that its entry says.

    By days: the bill uses credit from before, and what was paid in advance, on its own day; then the penalty and
    payments as they came. A payment pays the penalty first if that is charged already.

    :raises EntryRefused: if a payment or the penalty can't be, or if more is paid than is due and the file does not say
        that the rest is credit.
    """
    said = list(zip(entry.payments, payments, strict=True))
    for stated, payment in said:
        try:
            check_migrated(payment, bill, today=migration.today)
        except Invalid as error:
            raise EntryRefused(Refusal(entry.line, stated.place, error.code, str(error))) from None
    early, others = _by_day(said, bill)
    penalty = _penalty_of(migration, entry, bill, others)
    replay = _Replay(migration, bill)
    _use_credit(entry, replay)
    replay.pay_in_advance(early)
    for each in others:
        if penalty and penalty.on <= each[1].paid_on:
            replay.charge(penalty)
            penalty = None
        replay.pay(each)
    if penalty:
        replay.charge(penalty)
    books = replay.books(said)
    _check_left(migration, entry, bill, books)
    return books


def added_to(migration: Migration, bill: Bill, missing: Sequence[SaidPayment], *, charged_on: date | None) -> BillBooks:
    """Return the books of a stored bill with payments that are not stored yet, checked with the others before.

    `charged_on` is the day of its penalty.
    """
    replay = _Replay(migration, bill)
    early, others = _by_day(missing, bill)
    replay.pay_in_advance(early)
    for each in others:
        replay.pay(each, pays_late=charged_on is None or charged_on <= each[1].paid_on)
    return replay.books(missing)


def check_open(migration: Migration, entry: Entry, days: Iterable[date]) -> None:
    """Check that no day lies in a month whose books are closed.

    :raises EntryRefused: if one does.
    """
    closed = migration.project.books_closed_until
    first = min(days, default=None)
    if closed and first and first <= closed:
        reason = f"this changes the books on {first}, and they are closed until {closed}"
        raise EntryRefused(Refusal(entry.line, entry.place, "month-closed", reason))


def is_plain(entry: Entry, bill: Bill) -> bool:
    """Return whether nothing but payments that the entry names can have changed the stored bill."""
    acts = entry.says_any_of("penaltyAmount") or entry.touches_credit(bill.billed_on)
    return not acts and bill.balance.version == len(entry.payments)


def check_acts(entry: Entry, bill: Bill, said: BillBooks, recorded: Iterable[LedgerEntry]) -> None:
    """Check that the penalty, its waiver and used credit are as they are on record.

    The steps that a penalty counts for are not compared, nor its day unless the file says it: rules may have changed.

    :raises EntryRefused: if they are not.
    """
    stored = {each.kind: each for each in recorded}
    acts = {each.kind: each for each in said.acts}
    for kind in _PLACES:
        one, other = acts.get(kind), stored.get(kind)
        dated = entry.penalty_on is not None or kind == "credit_used"
        if (one and _facts(one, dated=dated)) != (other and _facts(other, dated=dated)):
            field = "creditUsed" if kind == "credit_used" else "penaltyAmount"
            known = _in_words(other) if other else "nothing of the kind"
            reason = f"on record for {bill.id} is {known}, and this says something else"
            raise EntryRefused(Refusal(entry.line, f"{entry.place}.{field}", "differs", reason))


def paid_on_record(bill: Bill, recorded: Iterable[LedgerEntry]) -> int:
    """Return what some entries have paid on a bill, in minor units."""
    return sum(effect.paid for each in recorded for effect in each.effects if effect.bill_id == bill.id)


def act_of(migration: Migration, bill: Bill) -> str:
    """Return the id of what an entry says of its bill beside payments."""
    return derived_ids("history", migration.project.client, migration.project.id, as_imported(bill))()


def as_issued(bill: Bill) -> Bill:
    """Return a bill without what became of its money."""
    return replace(bill, balance=Balance())


def _by_day(said: Iterable[SaidPayment], bill: Bill) -> tuple[list[SaidPayment], list[SaidPayment]]:
    """Return payments in the order of their days: those before the bill's day, and the others."""
    ordered = sorted(said, key=lambda each: each[1].paid_on)
    early = [each for each in ordered if each[1].paid_on < bill.billed_on]
    return early, ordered[len(early) :]


def _penalty_of(migration: Migration, entry: Entry, bill: Bill, others: Iterable[SaidPayment]) -> _Penalty | None:
    """Return the penalty of an entry.

    Without a stated day, it was charged when the first late payment came, or on the day after the due day.
    """
    minor = _amount(migration, entry, "penaltyAmount")
    if not minor:
        return None
    late = (payment.paid_on for _, payment in others if payment.paid_on > bill.due_on)
    on = entry.penalty_on or next(late, bill.due_on + _DAY)
    place = f"{entry.place}.penaltyDate"
    if on <= bill.due_on:
        reason = f"a penalty of {on} is not after the due day, {bill.due_on}; correct it, or give the month's dueDate"
        raise EntryRefused(Refusal(entry.line, place, "penalty-day", reason))
    if on > migration.today:
        reason = f"the penalty's day, {on}, is in the future; today is {migration.today}"
        raise EntryRefused(Refusal(entry.line, place, "future-date", reason))
    return _Penalty(minor, on, entry.penalty_waived)


def _use_credit(entry: Entry, replay: _Replay) -> None:
    minor, bill = _amount(replay.migration, entry, "creditUsed"), replay.bill
    if not minor:
        return
    if minor > bill.amount_due.minor:
        reason = f"{Money(minor, bill.total.currency)} is more than the {bill.amount_due} that is due"
        raise EntryRefused(Refusal(entry.line, f"{entry.place}.creditUsed", "above-due", reason))
    replay.act("credit_used", bill.billed_on, Effect(bill_id=bill.id, paid=minor), credit_minor=-minor)


def _check_left(migration: Migration, entry: Entry, bill: Bill, books: BillBooks) -> None:
    """Check that what payments leave over is the credit that the file says."""
    currency = bill.total.currency
    left = Money(sum(each.credit_minor for each in books.entries), currency)
    stated = Money(_amount(migration, entry, "creditAmount"), currency)
    if left == stated:
        return
    if not stated.minor:
        paid = Money(sum(payment.amount.minor for payment in books.payments), currency)
        reason = f"{paid} is more than the {paid - left} that is due; if the rest is credit, say so with creditAmount"
        if any(act.kind == "late_charge" for act in books.acts):
            reason += "; a payment before penaltyDate does not pay the penalty"
        raise EntryRefused(Refusal(entry.line, f"{entry.place}.payments", "above-due", reason))
    reason = f"the file says {stated} is left over as credit, its payments leave {left}"
    raise EntryRefused(Refusal(entry.line, f"{entry.place}.creditAmount", "credit-differs", reason))


def _amount(migration: Migration, entry: Entry, name: str) -> int:
    """Return one of the entry's amounts in minor units; 0, if it says none."""
    if name not in entry.amounts:
        return 0
    place = f"{entry.place}.{name}"
    minor = money_of(migration, entry.line, place, entry.amounts[name]).minor
    if minor < 0:
        raise EntryRefused(Refusal(entry.line, place, "bad-amount", f"{name} can't be below zero"))
    return minor


def _facts(act: LedgerEntry, *, dated: bool) -> tuple[object, ...]:
    sums = tuple((effect.paid, effect.late, effect.waived) for effect in act.effects)
    return sums, act.credit_minor, act.reason, act.value_on if dated else None


def _in_words(act: LedgerEntry) -> str:
    (effect,) = act.effects
    amount = Money(effect.paid or effect.late or effect.waived, act.currency)
    said = {"late_charge": "a penalty", "waiver": "a waiver", "credit_used": "credit used"}[act.kind]
    return f"{said} of {amount} on {act.value_on}" + (f" ({act.reason})" if act.reason else "")
