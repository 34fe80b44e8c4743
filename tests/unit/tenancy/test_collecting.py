"""How a project collects its money: impossible rules are refused, and the five presets do as their sources do."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.onboarding import service as onboarding
from chalicelib.tenancy.domain import (
    LateChargeRule,
    PaymentMethod,
    PaymentSettings,
    ReceiptRule,
    audit_facts,
    check_settings,
    without_cycle,
)
from tests.support.examples import WATERWORKS, with_settings

_CASH = PaymentMethod("cash")
_PERCENT = LateChargeRule(kind="percent", percent=Decimal(10))
_FIXED = LateChargeRule(kind="fixed", amount_minor=15000)


def _refused(**settings: object) -> list[str | None]:
    with pytest.raises(Invalid) as refusal:
        check_settings(with_settings(WATERWORKS, **settings).settings)
    assert refusal.value.code == "bad-setting"
    return [fault.field for fault in refusal.value.faults]


@pytest.mark.parametrize(
    ("rule", "changes", "field"),
    [
        (_PERCENT, {"percent": Decimal("-0.01")}, "lateCharge.percent"),
        (_PERCENT, {"percent": Decimal("100.01")}, "lateCharge.percent"),
        (_PERCENT, {"amount_minor": 1}, "lateCharge.amount"),
        (_FIXED, {"percent": Decimal(1)}, "lateCharge.percent"),
        (_FIXED, {"amount_minor": -1}, "lateCharge.amount"),
        (_FIXED, {"cap_minor": -1}, "lateCharge.cap"),
        (_FIXED, {"minimum_minor": -1}, "lateCharge.minimum"),
        (_FIXED, {"grace_days": -1}, "lateCharge.graceDays"),
        (_FIXED, {"grace_days": 31}, "lateCharge.graceDays"),
        (_FIXED, {"grace_days": None}, "lateCharge.graceDays"),  # there is no cycle
        (_FIXED, {"compound": True, "repeats": "monthly"}, "lateCharge.compound"),
        (_PERCENT, {"compound": True}, "lateCharge.compound"),
        (_PERCENT, {"compound": True, "repeats": "daily"}, "lateCharge.compound"),
    ],
)
def test_a_late_charge_that_no_utility_could_mean_is_refused_by_its_field(
    rule: LateChargeRule, changes: dict[str, Any], field: str
) -> None:
    check_settings(with_settings(WATERWORKS, late_charge=rule).settings)
    assert _refused(late_charge=replace(rule, **changes)) == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"methods": ()}, "payments.methods"),
        ({"methods": (_CASH, PaymentMethod("cash", ("reference",)))}, "payments.methods"),
        ({"methods": tuple(PaymentMethod(f"m{n}") for n in range(21))}, "payments.methods"),
        ({"methods": (PaymentMethod("check", ("checkNumber", "checkNumber")),)}, "payments.methods.0.needs"),
        ({"desks": ()}, "payments.desks"),
        ({"desks": ("MAIN", "MAIN")}, "payments.desks"),
        ({"desks": tuple(f"D{n}" for n in range(51))}, "payments.desks"),
        ({"returned_check_fee_minor": -1}, "payments.returnedCheckFee"),
        ({"approval_above_minor": -1}, "payments.approvalAbove"),
    ],
)
def test_payments_that_no_desk_could_take_are_refused_by_their_field(changes: dict[str, Any], field: str) -> None:
    assert _refused(payments=replace(PaymentSettings(), **changes)) == [field]


def test_a_billing_cycle_may_give_the_grace_and_leaves_it_when_it_is_deleted() -> None:
    by_cycle = with_settings(WATERWORKS, late_charge=replace(_FIXED, grace_days=None), billing_cycle="monthly").settings
    check_settings(by_cycle)
    left = without_cycle(by_cycle, due_days=9, grace_days=4)
    check_settings(left)
    assert left.late_charge == replace(_FIXED, grace_days=4)
    own = with_settings(WATERWORKS, late_charge=_FIXED, billing_cycle="monthly").settings
    assert without_cycle(own, due_days=9, grace_days=4).late_charge == _FIXED
    free = with_settings(WATERWORKS, late_charge=None, billing_cycle="monthly").settings
    assert without_cycle(free, due_days=9, grace_days=4).late_charge is None


def test_the_audit_log_tells_every_fact_of_both_settings() -> None:
    payments = PaymentSettings(
        methods=(_CASH, PaymentMethod("check", ("checkNumber",)), PaymentMethod("upi", online=True)),
        part_payments=False,
        overpayment="change",
        receipts=ReceiptRule(form="dated"),
        desks=("MAIN", "MARKET"),
        returned_check_fee_minor=2500,
        approval_above_minor=100000,
        sessions="required",
    )
    rule = replace(_PERCENT, repeats="monthly", compound=True, grace_days=None, cap_minor=50000, minimum_minor=500)
    facts = audit_facts(with_settings(WATERWORKS, late_charge=rule, payments=payments).settings)
    assert facts["payments"] == (
        "cash; check with checkNumber; upi at the gateway; no parts; overpayment change; receipts OR dated, "
        "at MAIN, MARKET; returned checks cost 2500 minor units; sessions required; "
        "a second person for more than 100000 minor units"
    )
    assert facts["late_charge"] == (
        "10 % monthly, compound, the cycle's grace days, at most 50000, at least 500 minor units"
    )
    plain = audit_facts(with_settings(WATERWORKS, late_charge=_FIXED, payments=PaymentSettings()).settings)
    assert plain["late_charge"] == "15000 minor units once, 0 grace days, at most 0, at least 0 minor units"
    assert audit_facts(with_settings(WATERWORKS, late_charge=None).settings)["late_charge"] is None


_S2 = LateChargeRule(kind="fixed", amount_minor=2000, grace_days=None)
_S2_PAYS = PaymentSettings(
    methods=(_CASH, PaymentMethod("online", ("upiId",), online=True)),
    part_payments=False,
    receipts=ReceiptRule(form="given", prefix="RCPT"),
)


@pytest.mark.parametrize(
    ("preset", "project", "rule", "payments"),
    [
        ("water-billing-backend", "water", None, PaymentSettings()),
        (
            "water-bills",
            "waterBills",
            LateChargeRule(kind="percent", repeats="monthly", percent=Decimal(5), grace_days=10, compound=True),
            PaymentSettings(
                methods=(PaymentMethod("check", ("checkNumber",)), _CASH, PaymentMethod("transfer")),
                receipts=ReceiptRule(form="monthly", prefix="TXN"),
            ),
        ),
        ("utility-billing-system", "electricity", _S2, _S2_PAYS),
        ("utility-billing-system", "water", _S2, _S2_PAYS),
        (
            "balilihan",
            "waterworks",
            LateChargeRule(kind="percent", percent=Decimal(10), cap_minor=50000),
            PaymentSettings(part_payments=False, overpayment="change", receipts=ReceiptRule(form="dated")),
        ),
        ("electricity", "electricity", _FIXED, PaymentSettings(new_bills_take="dues")),
    ],
)
def test_each_source_collects_by_its_preset(
    preset: str, project: str, rule: LateChargeRule | None, payments: PaymentSettings
) -> None:
    (settings,) = [each.settings for each in onboarding.list_presets()[preset].projects if each.id == project]
    check_settings(settings)
    assert (settings.late_charge, settings.payments) == (rule, payments)
    assert (payments.part_payments, payments.overpayment) == {
        "balilihan": (False, "change"),
        "utility-billing-system": (False, "refuse"),
    }.get(preset, (True, "refuse"))
