"""How a project collects its money, as the API shows it: amounts are text in the project's currency."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo

from chalicelib.kernel.errors import Fault, Invalid
from chalicelib.kernel.money import Money
from chalicelib.platform.schema import Change, DecimalText, Schema, SmallNumber
from chalicelib.tenancy.domain import (
    LateChargeKind,
    LateChargeRule,
    PaymentFact,
    PaymentMethod,
    PaymentSettings,
    ReceiptForm,
    Repeats,
    refuse_faults,
)

_AmountText = Annotated[str, Field(pattern=r"^\d{1,12}(\.\d{1,3})?$", examples=["150.00"])]
_ShortCode = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{0,11}$", examples=["MAIN"])]
_AMOUNTS = frozenset({"amount", "cap", "minimum", "returned_check_fee", "approval_above"})


class LateChargeBody(Schema):
    """What paying late costs."""

    kind: LateChargeKind = Field(
        description="A percentage of what is unpaid of the bill's charges, or a fixed amount. Another kind than before "
        "removes the former size"
    )
    repeats: Repeats = Field(
        default="once", description="Whether it is charged once, again for every 30 days begun, or for each day"
    )
    percent: DecimalText = Field(
        default=Decimal(0), description="The percentage, 0 to 100; only of the kind percent", examples=["10"]
    )
    amount: _AmountText = Field(
        default="0", description="The fixed amount, in the project's currency; only of the kind fixed"
    )
    grace_days: SmallNumber | None = Field(
        default=0,
        description="How many days after the due day cost nothing, 0 to 30; null: as many as the billing cycle says",
        examples=[10],
    )
    compound: bool = Field(
        default=False, description="Whether each month's percentage is taken on the late charges before it, too"
    )
    cap: _AmountText = Field(
        default="0",
        description="What all late charges of a bill together cost at most; 0: no limit",
        examples=["500.00"],
    )
    minimum: _AmountText = Field(
        default="0", description="What each late charge costs at least, while anything is unpaid", examples=["5.00"]
    )


class LateChargeChange(LateChargeBody, Change):
    """Changes of what paying late costs. What is left out stays as it is."""


class PaymentMethodBody(Schema):
    """A way to pay."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,19}$", examples=["check"])] = Field(
        description="A word of yours, such as cash, check, transfer, online or upi"
    )
    needs: Annotated[tuple[PaymentFact, ...], Field(max_length=3)] = Field(
        default=(), description="What must be entered with each such payment", examples=[["checkNumber"]]
    )
    online: bool = Field(default=False, description="Whether consumers pay by it at the payment gateway")


class ReceiptsBody(Schema):
    """How receipts are numbered."""

    form: ReceiptForm = Field(
        default="series",
        description="Counted without a gap for each desk (series: OR-MAIN-000123), by the day and six characters "
        "(dated: OR-20251123-A1B2C3), counted in each month (monthly: TXN-2025-08-001), or entered from printed "
        "receipts (given)",
    )
    prefix: _ShortCode = Field(default="OR", description="What each number begins with", examples=["OR"])


class ReceiptsChange(ReceiptsBody, Change):
    """Changes of how receipts are numbered. What is left out stays as it is."""


class PaymentsBody(Schema):
    """How people pay."""

    methods: Annotated[tuple[PaymentMethodBody, ...], Field(max_length=20)] = Field(
        default=(PaymentMethodBody(name="cash"),), description="The ways to pay, at least one"
    )
    part_payments: bool = Field(
        default=True, description="Whether people may pay less than what is due; if not, they pay exactly that"
    )
    overpayment: Literal["refuse", "change", "credit"] = Field(
        default="refuse",
        description="Whether more than what is due is refused, given back as change, or kept as credit",
    )
    receipts: ReceiptsBody = Field(default_factory=ReceiptsBody, description="How receipts are numbered")
    desks: Annotated[tuple[_ShortCode, ...], Field(max_length=50)] = Field(
        default=("MAIN",),
        description="The counters at which people pay. Each numbers its own receipts",
        examples=[["MAIN", "MARKET"]],
    )
    returned_check_fee: _AmountText = Field(
        default="0", description="What a check costs that the bank returns; 0: nothing", examples=["25.00"]
    )
    new_bills_take: Literal["nothing", "credit", "dues"] = Field(
        default="nothing",
        description="Whether a new bill is paid from the consumer's credit, or takes over the dues of older bills with "
        "their late charges: those are superseded, and only the new one is paid",
    )
    approval_above: _AmountText = Field(
        default="0",
        description="Credit notes, write-offs and refunds of more need a second person; 0: none does",
        examples=["1000.00"],
    )
    sessions: Literal["optional", "required"] = Field(
        default="optional",
        description="Whether people pay only at a cashier who has opened a session (required). If not, an open session "
        "still counts what its cashier takes",
    )


class PaymentsChange(PaymentsBody, Change):
    """Changes of how people pay. What is left out stays as it is."""

    receipts: ReceiptsChange


def late_charge_of(body: LateChargeBody, currency: str, *, before: LateChargeRule | None = None) -> LateChargeRule:
    """Return a rule for late charges; what is not said is as before, or as in a new rule.

    :raises Invalid: without a kind, or naming each amount that is finer than the currency's minor unit.
    """
    said = _said(body, "lateCharge", currency)
    if before is None:
        if "kind" not in said:
            refuse_faults([Fault("lateCharge.kind", "nothing is charged yet: give percent or fixed")])
        return LateChargeRule(**said)
    if said.get("kind", before.kind) != before.kind:
        before = replace(before, percent=Decimal(0), amount_minor=0, compound=False)
    return replace(before, **said)


def payments_of(body: PaymentsBody, currency: str, *, before: PaymentSettings | None = None) -> PaymentSettings:
    """Return the settings of payments; what is not said is as before, or as in a new project.

    :raises Invalid: naming each amount that is finer than the currency's minor unit.
    """
    before = before or PaymentSettings()
    said = _said(body, "payments", currency)
    if "methods" in said:
        said["methods"] = tuple(PaymentMethod(**dict(method)) for method in body.methods)
    if "receipts" in said:
        said["receipts"] = replace(before.receipts, **_said(body.receipts, "payments.receipts", currency))
    return replace(before, **said)


def amounts_shown(value: object, info: ValidationInfo) -> object:
    """Return a setting of a project with its amounts as text in the currency, which stands before it in an answer."""
    if not isinstance(value, LateChargeRule | PaymentSettings):
        return value
    facts = {field.name.removesuffix("_minor"): getattr(value, field.name) for field in fields(value)}
    amounts = {name: str(Money(facts[name], info.data["currency"])) for name in _AMOUNTS & facts.keys()}
    return facts | amounts


def _said(body: Schema, place: str, currency: str) -> dict[str, Any]:
    """Return the fields that were sent, with amounts in minor units as the domain names them."""
    said: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in body:
        if name not in body.model_fields_set:
            continue
        if name not in _AMOUNTS:
            said[name] = value
            continue
        try:
            said[f"{name}_minor"] = Money.parse(value, currency).minor
        except Invalid as error:
            label = type(body).model_fields[name].alias or name
            faults.append(Fault(f"{place}.{label}", str(error)))
    refuse_faults(faults)
    return said
