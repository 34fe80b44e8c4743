"""Payments, and counting them on bills."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, get_args

from chalicelib.bills.domain import Bill
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period

PaymentMethod = Literal["cash", "check", "transfer", "online"]
PaymentSource = Literal["migrated"]
METHODS: tuple[PaymentMethod, ...] = get_args(PaymentMethod)


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received for one bill. Immutable.

    `number` is derived from the facts that identify a payment, so the table refuses a duplicate.
    `reference` is its id in the former system's books, `origin` its import.
    """

    number: str
    account: str
    period: Period
    revision: int
    consumer_id: str | None
    amount: Money
    paid_on: date
    method: PaymentMethod
    check_number: str | None
    reference: str | None
    notes: str | None
    source: PaymentSource
    origin: str
    recorded_by: str
    recorded_at: datetime

    @property
    def id(self) -> str:
        return f"{self.bill_id}.{self.number}"

    @property
    def bill_id(self) -> str:
        return f"{self.period}.{self.account}.{self.revision}"

    def is_same_as(self, other: "Payment") -> bool:
        """Return whether two payments are the same, regardless of who recorded them and when."""
        mine = replace(self, origin=other.origin, recorded_by=other.recorded_by, recorded_at=other.recorded_at)
        return mine == other


def check_payment(payment: Payment, bill: Bill, *, today: date) -> None:
    """Check a payment of a bill.

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
        raise Invalid(
            "check-number",
            "give the check number for a payment by check, and only then",
            field="checkNumber",
        )


def paid_by(bill: Bill, payments: Sequence[Payment]) -> Bill:
    """Return the bill with these payments counted.

    Source: S1-134. A bill of 25.06 accepts 10.00 and 15.06, and not a cent more.

    :raises Invalid: if they are more than the amount due.
    """
    paid = sum(payment.amount.minor for payment in payments)
    if paid > bill.amount_due.minor:
        raise Invalid(
            "above-due",
            f"{Money(paid, bill.total.currency)} is more than the {bill.amount_due} that is due",
            field="amount",
        )
    return replace(bill, paid_minor=bill.paid_minor + paid)


def parse_payment_id(text: str) -> tuple[str, str]:
    """Split a payment's public id into the bill's id and the number: 2025-07.101.1.01K9...

    :raises NotFound: if it is not a valid id.
    """
    bill_id, _, number = text.rpartition(".")
    return bill_id, known_ulid(number, "payment")
