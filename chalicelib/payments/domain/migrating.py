"""Payments that a former system received: each of one bill, counted as its books say."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Literal, get_args

from chalicelib.bills.domain import Bill
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.ledger.domain import Effect, Entry, balance_after
from chalicelib.payments.domain.payment import Payment, Share

MigratedMethod = Literal["cash", "check", "transfer", "online"]
METHODS: tuple[MigratedMethod, ...] = get_args(MigratedMethod)


def migrated_share(bill: Bill, amount: Money, label: str) -> Share:
    """Return the share of a bill that one migrated payment paid."""
    return Share(
        bill_id=bill.id,
        account=bill.account,
        period_label=label,
        principal_due=bill.total.minor,
        late_due=0,
        waived=0,
        paid=amount.minor,
        late_paid=0,
    )


def check_migrated(payment: Payment, bill: Bill, *, today: date) -> None:
    """Check a migrated payment of a bill.

    Source: S1-058, S1-060, decisions.md "payment methods": a check has its number.

    :raises Invalid: saying what to change.
    """
    if payment.amount.minor <= 0:
        raise Invalid("bad-amount", "the amount must be greater than zero", field="amount")
    if payment.paid_on > today:
        raise Invalid("future-date", f"{payment.paid_on} is in the future; today is {today}", field="paidOn")
    if payment.paid_on < bill.billed_on:
        raise Invalid("before-bill", f"{payment.paid_on} is before the bill of {bill.billed_on}", field="paidOn")
    if (payment.check_number is None) == (payment.method == "check"):
        message = "give the check number for a payment by check, and only then"
        raise Invalid("check-number", message, field="checkNumber")


def paid_by(bill: Bill, payments: Iterable[Payment]) -> Bill:
    """Return the bill with these migrated payments counted.

    Source: S1-134. A bill of 25.06 accepts 10.00 and 15.06, and not a cent more.

    :raises Invalid: if they are more than the amount due.
    """
    effects = [effect for payment in payments for effect in migrated_entry(payment).effects]
    paid = sum(effect.paid for effect in effects)
    if paid > bill.amount_due.minor:
        raise Invalid(
            "above-due",
            f"{Money(paid, bill.total.currency)} is more than the {bill.amount_due} that is due",
            field="amount",
        )
    return replace(bill, balance=balance_after(bill.balance, effects))


def migrated_entry(payment: Payment) -> Entry:
    """Return the ledger entry of a migrated payment."""
    return Entry(
        id=f"{payment.id}.01",
        account=payment.account,
        holder=payment.consumer_id,
        kind="payment",
        value_on=payment.paid_on,
        booked_on=payment.booked_on,
        currency=payment.amount.currency,
        effects=tuple(Effect(bill_id=share.bill_id, paid=share.paid) for share in payment.shares),
        origin=payment.id,
        recorded_by=payment.recorded_by,
        recorded_at=payment.recorded_at,
    )
