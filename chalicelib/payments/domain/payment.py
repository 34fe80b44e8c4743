"""Payments: money received, for bills or in advance, and what their receipts print."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from chalicelib.bills.domain import Bill
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.tenancy.domain import PaymentFact, PaymentMethod, PaymentSettings

PaymentSource = Literal["counter", "bank", "migrated", "online"]
PaymentKind = Literal["payment", "advance", "deposit"]
PaymentStatus = Literal["completed", "reversed"]
ReversalReason = Literal["returned_check", "wrong_account", "typing_error", "other"]

MAX_BILLS = 30
"""The most bills of one payment: each takes two actions of its transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One bill's part of a payment, as the receipt prints it, in minor units.

    `principal_due` and `late_due` were due before the payment; `waived` was forgiven with it. `paid` is what the bill
    got, `late_paid` the part of it that paid late charges.
    """

    bill_id: str
    account: str
    period_label: str
    principal_due: int
    late_due: int
    waived: int
    paid: int
    late_paid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """Why, when and by whom a payment was taken back.

    `fee_bill_id` is the bill of the fee, if that cost one; `cashier_session_id` the session that gave money back.
    """

    reason: ReversalReason
    note: str | None
    by: str
    at: datetime
    fee_bill_id: str | None = None
    cashier_session_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received. Immutable, except that it can be reversed; its number stays.

    `amount` is what was taken, `received` what was handed over: the rest is change. `credit_minor` is the part that no
    bill took: it is credit of the consumer at `account`; `deposit_minor` is held as security. `receipt_number` is None
    for what a former system received; `reference` is then its id there, and `origin` the import. `cashier_session_id`
    is the open session that counted it.
    """

    id: str
    account: str
    consumer_id: str | None
    consumer_name: str
    amount: Money
    received: Money
    paid_on: date
    booked_on: date
    method: str
    shares: tuple[Share, ...] = ()
    credit_minor: int = 0
    deposit_minor: int = 0
    receipt_number: str | None = None
    desk: str | None = None
    cashier_session_id: str | None = None
    check_number: str | None = None
    upi_id: str | None = None
    reference: str | None = None
    notes: str | None = None
    waiver_reason: str | None = None
    source: PaymentSource = "counter"
    origin: str | None = None
    reversal: Reversal | None = None
    recorded_by: str
    recorded_at: datetime

    @property
    def change(self) -> Money:
        """What was given back."""
        return self.received - self.amount

    @property
    def credit(self) -> Money:
        return Money(self.credit_minor, self.amount.currency)

    @property
    def deposit(self) -> Money:
        return Money(self.deposit_minor, self.amount.currency)

    @property
    def kind(self) -> PaymentKind:
        if self.deposit_minor:
            return "deposit"
        return "payment" if self.shares else "advance"

    @property
    def status(self) -> PaymentStatus:
        return "reversed" if self.reversal else "completed"

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts whose bills or credit it changed, each once."""
        return tuple(dict.fromkeys([*(share.account for share in self.shares), self.account]))

    def is_same_as(self, other: "Payment") -> bool:
        """Return whether two payments are the same, regardless of who recorded them, when, and what they were for."""
        mine = replace(
            self,
            shares=other.shares,
            credit_minor=other.credit_minor,
            origin=other.origin,
            recorded_by=other.recorded_by,
            recorded_at=other.recorded_at,
            booked_on=other.booked_on,
            reversal=other.reversal,
        )
        return mine == other


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """What the payer hands over, and the facts of the method: money without what it is for."""

    method: str
    amount: Money | None
    received: Money | None
    paid_on: date | None
    desk: str | None = None
    receipt_number: str | None = None
    check_number: str | None = None
    upi_id: str | None = None
    reference: str | None = None
    notes: str | None = None


_FIELDS: dict[PaymentFact, str] = {"checkNumber": "check_number", "upiId": "upi_id", "reference": "reference"}


def check_tender(tender: Tender, settings: PaymentSettings, *, today: date) -> None:
    """Check the method and its facts, the desk and the day.

    Source: S1-059, S1-060, S2-061, S2-066: the project's methods only, each with what it needs and nothing else.

    :raises Invalid: saying what to change.
    """
    _check_facts(tender, check_method_known(tender.method, settings, field="method"))
    if tender.desk is not None and tender.desk not in settings.desks:
        raise Invalid("bad-desk", f"the desks here are {', '.join(settings.desks)}", field="desk")
    if tender.paid_on and tender.paid_on > today:
        raise Invalid("future-date", f"{tender.paid_on} is in the future; today is {today}", field="paidOn")
    if tender.receipt_number is not None and settings.receipts.form != "given":
        raise Invalid(
            "receipt-given", "receipts are numbered automatically here: leave this out", field="receiptNumber"
        )
    if tender.amount is not None and tender.amount.minor <= 0:
        raise Invalid("bad-amount", "the amount must be greater than zero", field="amount")


def check_method_known(name: str, settings: PaymentSettings, *, field: str) -> PaymentMethod:
    """Return the project's method of a name.

    :raises Invalid: if it has none.
    """
    methods = {method.name: method for method in settings.methods}
    if name not in methods:
        raise Invalid("bad-method", f"the methods here are {', '.join(methods)}, not {name}", field=field)
    return methods[name]


def _check_facts(tender: Tender, method: PaymentMethod) -> None:
    for fact, name in _FIELDS.items():
        given = getattr(tender, name) is not None
        if fact in method.needs and not given:
            raise Invalid("fact-missing", f"a payment by {method.name} has one: give it", field=fact)
        if given and fact not in method.needs and fact != "reference":
            raise Invalid("fact-not-needed", f"a payment by {method.name} has none: leave it out", field=fact)


def check_paid_day(paid_on: date, known: Sequence[Bill]) -> None:
    """Check that no bill was paid before it was made. Source: S1-055.

    :raises Invalid: naming the first such bill; an advance may be of any day.
    """
    for bill in known:
        if paid_on < bill.billed_on:
            message = (
                f"{paid_on} is before bill {bill.id} of {bill.billed_on}: enter an advance of that day, and use it"
            )
            raise Invalid("before-bill", message, field="paidOn")


def received_for(tender: Tender, amount: Money, settings: PaymentSettings) -> Money:
    """Return what was handed over for an amount. 300.00 for 275.00 is 25.00 change. Source: S3-034, S3-081.

    :raises Invalid: if it is less, or more where no change is given.
    """
    if tender.received is None:
        return amount
    if tender.received.minor < amount.minor:
        raise Invalid(
            "received-too-little", f"{tender.received} is less than the {amount} to be paid", field="received"
        )
    if tender.received != amount and settings.overpayment != "change":
        message = f"no change is given here: take exactly {amount}"
        raise Invalid("no-change", message, field="received")
    return tender.received


def parse_payment_id(text: str) -> str:
    """Return a payment's id.

    :raises NotFound: if it is not a valid one.
    """
    return known_ulid(text, "payment")


def bill_place(share: Share) -> Period:
    """Return the period of a share's bill."""
    return Period.parse(share.bill_id.partition(".")[0])
