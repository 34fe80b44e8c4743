"""Payments that a former system received: each of one bill, counted as its books say."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, get_args

from chalicelib.bills.domain import Bill
from chalicelib.kernel.errors import Invalid
from chalicelib.ledger.domain import Effect, Entry, EntryKind, balance_after
from chalicelib.payments.domain.payment import Payment, Share

MigratedMethod = Literal["cash", "check", "transfer", "online"]
METHODS: tuple[MigratedMethod, ...] = get_args(MigratedMethod)

MAX_DAYS_BEFORE = 366
"""A bill can be paid so many days before its own day; more is a slip of the year."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A migrated payment with its share of the bill, its entry, and the bill after it."""

    payment: Payment
    entry: Entry
    bill: Bill


def check_migrated(payment: Payment, bill: Bill, *, today: date) -> None:
    """Check a migrated payment of a bill.

    Source: S1-058, S1-060, decisions.md "payment methods": a check has its number.

    :raises Invalid: saying what to change.
    """
    if payment.amount.minor <= 0:
        raise Invalid("bad-amount", "the amount must be greater than zero", field="amount")
    if payment.paid_on > today:
        raise Invalid("future-date", f"{payment.paid_on} is in the future; today is {today}", field="paidOn")
    if payment.paid_on < bill.billed_on - timedelta(days=MAX_DAYS_BEFORE):
        message = f"{payment.paid_on} is more than a year before the bill of {bill.billed_on}: correct the day"
        raise Invalid("before-bill", message, field="paidOn")
    if (payment.check_number is None) == (payment.method == "check"):
        message = "give the check number for a payment by check, and only then"
        raise Invalid("check-number", message, field="checkNumber")


def counted(payment: Payment, bill: Bill, label: str, *, pays_late: bool = True) -> Counted:
    """Count a migrated payment on its bill: late charges first if it `pays_late`, then the bill; the rest is credit.

    One of a day before the bill's is an advance: all of it is credit, which the bill uses on its own day.
    Bill 25.06 with a penalty of 1.25, 26.31 paid: 1.25 of it late charge, 25.06 the bill.
    """
    minor, held = payment.amount.minor, bill.balance
    taken = 0 if payment.paid_on < bill.billed_on else min(minor, max(bill.amount_due.minor, 0))
    after_principal = max(taken - bill.principal_due.minor, 0)
    late = min(taken, held.late_due) if pays_late else min(after_principal, held.late_due)
    effects = (Effect(bill_id=bill.id, paid=taken, late_paid=late),) if taken else ()
    share = Share(
        bill_id=bill.id,
        account=bill.account,
        period_label=label,
        principal_due=bill.principal_due.minor,
        late_due=held.late_due,
        waived=0,
        paid=taken,
        late_paid=late,
    )
    taken_in = replace(payment, shares=(share,) if taken else (), credit_minor=minor - taken)
    entry = migrated_entry(
        taken_in,
        kind="payment" if taken else "advance",
        on=payment.paid_on,
        effects=effects,
        credit_minor=minor - taken,
    )
    return Counted(taken_in, entry, replace(bill, balance=balance_after(held, effects)))


def advance_used(first: Payment, bill: Bill, credit_minor: int) -> tuple[Entry | None, Bill]:
    """Return the entry by which a bill uses what was paid before its day, and the bill after it.

    `first` is the first such payment. None, if nothing is due.
    """
    used = min(credit_minor, max(bill.amount_due.minor, 0))
    if not used:
        return None, bill
    effect = Effect(bill_id=bill.id, paid=used, late_paid=min(used, bill.balance.late_due))
    entry = migrated_entry(first, kind="credit_used", on=bill.billed_on, effects=(effect,), credit_minor=-used)
    return replace(entry, id=f"{first.id}.02"), replace(bill, balance=balance_after(bill.balance, [effect]))


def migrated_entry(
    payment: Payment, *, kind: EntryKind, on: date, effects: tuple[Effect, ...], credit_minor: int
) -> Entry:
    """Return a ledger entry of a migrated payment. Former systems booked what they received on its day."""
    return Entry(
        id=f"{payment.id}.01",
        account=payment.account,
        holder=payment.consumer_id,
        kind=kind,
        value_on=on,
        booked_on=on,
        currency=payment.amount.currency,
        effects=effects,
        credit_minor=credit_minor,
        origin=payment.id,
        recorded_by=payment.recorded_by,
        recorded_at=payment.recorded_at,
    )
