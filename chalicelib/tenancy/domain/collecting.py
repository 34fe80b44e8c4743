"""How a project collects its money: what paying late costs, how people pay, and how receipts are numbered."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from chalicelib.kernel.errors import Fault

MAX_GRACE_DAYS = 30
MAX_METHODS = 20
MAX_DESKS = 50
_MAX_MINOR = 10**15

LateChargeKind = Literal["percent", "fixed"]
Repeats = Literal["once", "monthly", "daily"]
PaymentFact = Literal["checkNumber", "upiId", "reference"]
ReceiptForm = Literal["series", "dated", "monthly", "given"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateChargeRule:
    """What paying late costs. Amounts are in minor units of the project's currency.

    - `kind`: a `percent` of the principal that is unpaid when a step begins, or a `fixed` `amount_minor`.
    - `repeats`: charged once (S3, S4), for each 30 days begun (S1), or for each day.
    - `grace_days`: so many days after the due day cost nothing; None: as many as the billing cycle says (S2).
    - `compound`: each month's percentage is taken on the charges before it, too (S1).
    - `cap_minor`: all late charges of a bill together at most; 0: no limit (S3: 500.00).
    - `minimum_minor`: a step costs at least this, while anything is unpaid.
    """

    kind: LateChargeKind
    repeats: Repeats = "once"
    percent: Decimal = Decimal(0)
    amount_minor: int = 0
    grace_days: int | None = 0
    compound: bool = False
    cap_minor: int = 0
    minimum_minor: int = 0

    def with_grace(self, cycle_days: int) -> "LateChargeRule":
        """Return the rule with the billing cycle's days of grace, if it has none of its own."""
        return replace(self, grace_days=cycle_days) if self.grace_days is None else self

    def __str__(self) -> str:
        """Return the rule in a few words, for the audit log."""
        size = f"{self.percent} %" if self.kind == "percent" else f"{self.amount_minor} minor units"
        grace = "the cycle's grace days" if self.grace_days is None else f"{self.grace_days} grace days"
        limits = f"at most {self.cap_minor}, at least {self.minimum_minor} minor units"
        return f"{size} {self.repeats}{', compound' if self.compound else ''}, {grace}, {limits}"


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A way to pay, and what must be known of each such payment: a check's number, a UPI id.

    Consumers pay at the payment gateway by methods that are `online`. Source: S2-061.
    """

    name: str
    needs: tuple[PaymentFact, ...] = ()
    online: bool = False

    def __str__(self) -> str:
        """Return the method in a few words, for the audit log."""
        where = " at the gateway" if self.online else ""
        return f"{self.name}{where} with {', '.join(self.needs)}" if self.needs else f"{self.name}{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRule:
    """How receipts are numbered.

    - `series`: counted without a gap for each desk, as `OR-MAIN-000123`.
    - `dated`: the day and six characters, as `OR-20251123-A1B2C3` (S3).
    - `monthly`: counted without a gap in each month, as `TXN-2025-08-001` (S1).
    - `given`: entered by hand from printed receipts, each once; counted by desk if it is left out (S2).
    """

    form: ReceiptForm = "series"
    prefix: str = "OR"

    def __str__(self) -> str:
        """Return the rule in a few words, for the audit log."""
        return f"{self.prefix} {self.form}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSettings:
    """How people pay.

    - `part_payments`: less than what is due may be paid (S1, S4), or exactly that (S2, S3).
    - `overpayment`: more than what is due is refused (S1, S2, S4), given back as change (S3), or kept as credit.
    - `new_bills_take`: what a new bill does: nothing; it is paid from the holder's `credit`; or it takes over the
      `dues` of older bills, with what paying them late cost: they are superseded (S4).
    - `desks`: counters and channels with a series of receipts of their own.
    - `returned_check_fee_minor`: what a returned check costs; 0: nothing.
    - `approval_above_minor`: credits, write-offs and refunds of more need a second person; 0: none does.
    - `sessions`: whether money is taken only in an open cashier session; one that is open always counts it.
    """

    methods: tuple[PaymentMethod, ...] = (PaymentMethod("cash"),)
    part_payments: bool = True
    overpayment: Literal["refuse", "change", "credit"] = "refuse"
    receipts: ReceiptRule = field(default_factory=ReceiptRule)
    desks: tuple[str, ...] = ("MAIN",)
    returned_check_fee_minor: int = 0
    new_bills_take: Literal["nothing", "credit", "dues"] = "nothing"
    approval_above_minor: int = 0
    sessions: Literal["optional", "required"] = "optional"

    def __str__(self) -> str:
        """Return the settings in a few words, for the audit log."""
        methods = "; ".join(map(str, self.methods))
        parts = "parts taken" if self.part_payments else "no parts"
        receipts = f"receipts {self.receipts}, at {', '.join(self.desks)}"
        fee = f"returned checks cost {self.returned_check_fee_minor} minor units"
        rules = f"{methods}; {parts}; overpayment {self.overpayment}; {receipts}; {fee}; sessions {self.sessions}"
        limit = self.approval_above_minor
        second = f"; a second person for more than {limit} minor units" if limit else ""
        takes = f"; new bills take {self.new_bills_take}" if self.new_bills_take != "nothing" else ""
        return f"{rules}{second}{takes}"


def late_charge_faults(rule: LateChargeRule | None, *, has_cycle: bool) -> Iterator[Fault]:
    """Yield what is wrong with a rule for late charges of a project with or without a billing cycle."""
    if rule is None:
        return
    if rule.kind == "percent" and not 0 <= rule.percent <= 100:
        yield Fault("lateCharge.percent", "0 to 100")
    if rule.kind == "percent" and rule.amount_minor:
        yield Fault("lateCharge.amount", "a percentage has no fixed amount: leave it out")
    if rule.kind == "fixed" and rule.percent:
        yield Fault("lateCharge.percent", "a fixed amount has no percentage: leave it out")
    if rule.grace_days is not None and not 0 <= rule.grace_days <= MAX_GRACE_DAYS:
        yield Fault("lateCharge.graceDays", f"0 to {MAX_GRACE_DAYS}")
    if rule.grace_days is None and not has_cycle:
        yield Fault(
            "lateCharge.graceDays", "there is no billing cycle: name one in billingCycle, or give the days here"
        )
    if rule.compound and (rule.kind, rule.repeats) != ("percent", "monthly"):
        yield Fault("lateCharge.compound", "only a monthly percentage compounds")
    for name in ("amount_minor", "cap_minor", "minimum_minor"):
        if not 0 <= getattr(rule, name) <= _MAX_MINOR:
            yield Fault(f"lateCharge.{name.removesuffix('_minor')}", "zero or more")


def payment_faults(settings: PaymentSettings) -> Iterator[Fault]:
    """Yield what is wrong with the settings of payments."""
    names = [method.name for method in settings.methods]
    if not 1 <= len(names) <= MAX_METHODS or len(set(names)) < len(names):
        yield Fault("payments.methods", f"1 to {MAX_METHODS}, and none twice")
    for at, method in enumerate(settings.methods):
        if len(set(method.needs)) < len(method.needs):
            yield Fault(f"payments.methods.{at}.needs", "none twice")
    if not 1 <= len(settings.desks) <= MAX_DESKS or len(set(settings.desks)) < len(settings.desks):
        yield Fault("payments.desks", f"1 to {MAX_DESKS}, and none twice")
    if not 0 <= settings.returned_check_fee_minor <= _MAX_MINOR:
        yield Fault("payments.returnedCheckFee", "zero or more")
    if not 0 <= settings.approval_above_minor <= _MAX_MINOR:
        yield Fault("payments.approvalAbove", "zero or more")
