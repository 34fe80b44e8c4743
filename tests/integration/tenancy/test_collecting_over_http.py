"""What paying late costs and how people pay are settings: read back as said, changed in part, refused by field."""

from typing import Any

import pytest

from chalicelib.tenancy import service as tenancy
from tests.support.http import Api, Reply
from tests.support.utilities import Utility, open_condominium, open_waterworks

_RULE = {
    "kind": "percent",
    "repeats": "monthly",
    "percent": "12.5",
    "amount": "0.00",
    "graceDays": 10,
    "compound": True,
    "cap": "500.05",
    "minimum": "5.00",
}
_PAYMENTS = {
    "methods": [
        {"name": "check", "needs": ["checkNumber", "reference"], "online": False},
        {"name": "upi", "needs": ["upiId"], "online": True},
    ],
    "partPayments": True,
    "overpayment": "credit",
    "receipts": {"form": "monthly", "prefix": "TXN"},
    "desks": ["MAIN", "MARKET-2"],
    "returnedCheckFee": "25.00",
    "newBillsTake": "credit",
    "approvalAbove": "1000.00",
    "sessions": "required",
}
_CASH_ONLY = {
    "methods": [{"name": "cash", "needs": [], "online": False}],
    "partPayments": False,
    "overpayment": "change",
    "receipts": {"form": "dated", "prefix": "OR"},
    "desks": ["MAIN"],
    "returnedCheckFee": "0.00",
    "newBillsTake": "nothing",
    "approvalAbove": "0.00",
    "sessions": "optional",
}


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _patch(admin: Api, utility: Utility, **settings: object) -> Reply:
    path = f"{utility.base}/settings"
    version = admin.get(path).expect(200)["version"]
    return admin.patch(path, {"version": version, "settings": settings})


def _faults(reply: Reply) -> list[str]:
    return [fault["field"].removeprefix("settings.") for fault in reply.expect(400)["errors"]]


def test_both_settings_are_read_back_exactly_as_said(utility: Utility, admin: Api) -> None:
    before = admin.get(utility.base).expect(200)["settings"]
    changed = _patch(admin, utility, lateCharge=_RULE, payments=_PAYMENTS).expect(200)["settings"]
    assert changed == before | {"lateCharge": _RULE, "payments": _PAYMENTS}
    assert admin.get(utility.base).expect(200)["settings"] == changed
    again = _patch(admin, utility, **changed).expect(200)["settings"]
    assert again == changed
    former = admin.get(f"{utility.base}/settings/history").expect(200)["items"]
    assert [each["settings"]["lateCharge"]["cap"] for each in former] == ["500.05", "500.00"]
    body = {"id": "gas", "settings": changed}
    assert admin.post(f"/api/clients/{utility.client}/projects", body).expect(201)["settings"] == changed


def test_a_project_that_says_nothing_charges_nothing_and_takes_cash(utility: Utility, admin: Api) -> None:
    settings = admin.get(utility.base).expect(200)["settings"]
    unsaid = {name: value for name, value in settings.items() if name not in {"lateCharge", "payments"}}
    body = {"id": "gas", "settings": unsaid}
    opened = admin.post(f"/api/clients/{utility.client}/projects", body).expect(201)["settings"]
    plain = _CASH_ONLY | {"partPayments": True, "overpayment": "refuse", "receipts": {"form": "series", "prefix": "OR"}}
    assert (opened["lateCharge"], opened["payments"]) == (None, plain)


def test_what_a_change_leaves_out_of_either_stays_and_null_removes_the_late_charge(
    utility: Utility, admin: Api
) -> None:
    """S3 begins with 10 %, once, at most 500.00, and cash with change."""
    ten = {"kind": "percent", "repeats": "once", "percent": "10", "amount": "0.00", "graceDays": 0}
    ten |= {"compound": False, "cap": "500.00", "minimum": "0.00"}
    before = admin.get(utility.base).expect(200)["settings"]
    assert (before["lateCharge"], before["payments"]) == (ten, _CASH_ONLY)
    after = _patch(admin, utility, lateCharge={"graceDays": 3}, payments={"overpayment": "credit"}).expect(200)
    assert after["settings"]["lateCharge"] == ten | {"graceDays": 3}
    assert after["settings"]["payments"] == _CASH_ONLY | {"overpayment": "credit"}
    after = _patch(admin, utility, payments={"receipts": {"prefix": "BW"}}).expect(200)
    assert after["settings"]["payments"]["receipts"] == {"form": "dated", "prefix": "BW"}
    assert after["settings"]["lateCharge"] == ten | {"graceDays": 3}
    assert _patch(admin, utility, lateCharge=None).expect(200)["settings"]["lateCharge"] is None
    assert tenancy.late_charge_rule(utility.context().project) is None
    assert _faults(_patch(admin, utility, payments=None)) == ["payments"]
    nothing_yet = _patch(admin, utility, lateCharge={"graceDays": 3})
    assert _faults(nothing_yet) == ["lateCharge.kind"]


@pytest.mark.covers("S1-011", "S3-044")
def test_a_late_charge_is_a_percentage_or_a_fixed_amount(utility: Utility, admin: Api) -> None:
    assert admin.get(utility.base).expect(200)["settings"]["lateCharge"]["kind"] == "percent"
    fixed = _patch(admin, utility, lateCharge={"kind": "fixed", "amount": "50.00"}).expect(200)["settings"]
    shown = fixed["lateCharge"]
    assert (shown["kind"], shown["amount"], shown["percent"], shown["cap"]) == ("fixed", "50.00", "0", "500.00")
    rule = utility.context().project.settings.late_charge
    assert rule
    assert (rule.kind, rule.amount_minor) == ("fixed", 5000)
    percent = _patch(admin, utility, lateCharge={"kind": "percent", "percent": "5"}).expect(200)["settings"]
    assert (percent["lateCharge"]["percent"], percent["lateCharge"]["amount"]) == ("5", "0.00")
    assert _faults(_patch(admin, utility, lateCharge={"kind": "daily"})) == ["lateCharge.kind"]


@pytest.mark.covers("S3-045", "S3-046", "S3-047")
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"percent": "0"}, 200),
        ({"percent": "100"}, 200),
        ({"percent": "101"}, 400),
        ({"percent": "-1"}, 400),
        ({"graceDays": 0}, 200),
        ({"graceDays": 30}, 200),
        ({"graceDays": 31}, 400),
        ({"graceDays": -1}, 400),
        ({"kind": "fixed", "amount": "0.00"}, 200),
        ({"kind": "fixed", "amount": "50.00"}, 200),
        ({"kind": "fixed", "amount": "-1"}, 400),
        ({"cap": "0"}, 200),
        ({"cap": "-1"}, 400),
    ],
)
def test_the_waterworks_late_charge_stays_within_its_bounds(
    utility: Utility, admin: Api, change: dict[str, Any], status: int
) -> None:
    changed = _patch(admin, utility, lateCharge=change)
    assert changed.status == status
    if status == 400:
        assert _faults(changed) == [f"lateCharge.{list(change)[-1]}"]


@pytest.mark.parametrize(
    ("setting", "value", "field"),
    [
        ("lateCharge", {"percent": 5}, "lateCharge.percent"),
        ("lateCharge", {"percent": "five"}, "lateCharge.percent"),
        ("lateCharge", {"repeats": "weekly"}, "lateCharge.repeats"),
        ("lateCharge", {"amount": "1.00"}, "lateCharge.amount"),
        ("lateCharge", {"cap": "500.001"}, "lateCharge.cap"),
        ("lateCharge", {"minimum": "0.005"}, "lateCharge.minimum"),
        ("lateCharge", {"minimum": 5}, "lateCharge.minimum"),
        ("lateCharge", {"cap": "1" + "0" * 12}, "lateCharge.cap"),
        ("lateCharge", {"graceDays": None}, "lateCharge.graceDays"),
        ("lateCharge", {"compound": True}, "lateCharge.compound"),
        ("lateCharge", {"rate": "5"}, "lateCharge.rate"),
        ("payments", {"methods": []}, "payments.methods"),
        ("payments", {"methods": [{"name": "Cash on hand"}]}, "payments.methods.0.name"),
        ("payments", {"methods": [{"name": "cash"}, {"name": "cash"}]}, "payments.methods"),
        ("payments", {"methods": [{"name": "check", "needs": ["bank"]}]}, "payments.methods.0.needs.0"),
        ("payments", {"partPayments": "some"}, "payments.partPayments"),
        ("payments", {"overpayment": "keep"}, "payments.overpayment"),
        ("payments", {"receipts": {"form": "yearly"}}, "payments.receipts.form"),
        ("payments", {"receipts": {"prefix": "or"}}, "payments.receipts.prefix"),
        ("payments", {"desks": []}, "payments.desks"),
        ("payments", {"desks": ["main"]}, "payments.desks.0"),
        ("payments", {"desks": ["A-DESK-OF-13-"]}, "payments.desks.0"),
        ("payments", {"returnedCheckFee": "25.005"}, "payments.returnedCheckFee"),
        ("payments", {"returnedCheckFee": "-25"}, "payments.returnedCheckFee"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_field(
    utility: Utility, admin: Api, setting: str, value: dict[str, Any], field: str
) -> None:
    before = admin.get(utility.base).expect(200)
    assert _faults(_patch(admin, utility, **{setting: value})) == [field]
    assert admin.get(utility.base).expect(200) == before


@pytest.mark.parametrize(
    ("currency", "amount", "shown"), [("JPY", "150", "150"), ("KWD", "1.005", "1.005"), ("USD", "2", "2.00")]
)
def test_amounts_have_the_decimals_of_the_projects_currency(
    utility: Utility, admin: Api, currency: str, amount: str, shown: str
) -> None:
    said = {"lateCharge": {"kind": "fixed", "amount": amount}, "payments": {"returnedCheckFee": amount}}
    settings = admin.get(utility.base).expect(200)["settings"] | {"currency": currency} | said
    projects = f"/api/clients/{utility.client}/projects"
    opened = admin.post(projects, {"id": "other", "settings": settings}).expect(201)["settings"]
    assert (opened["lateCharge"]["amount"], opened["payments"]["returnedCheckFee"]) == (shown, shown)
    finer = {"version": 0, "settings": {"lateCharge": {"cap": f"{shown}.1" if currency == "JPY" else f"{shown}1"}}}
    assert _faults(admin.patch(f"{projects}/other/settings", finer)) == ["lateCharge.cap"]


def test_a_change_of_either_is_in_the_audit_log(utility: Utility, admin: Api) -> None:
    _patch(admin, utility, lateCharge={"cap": "0"}, payments={"desks": ["MAIN", "MARKET"]}).expect(200)
    path = f"/api/clients/{utility.client}/audit-log"
    (entry,) = admin.get(path, action="project.changed").expect(200)["items"]
    assert entry["before"].keys() == entry["after"].keys() == {"lateCharge", "payments"}
    assert "at most 50000" in entry["before"]["lateCharge"]
    assert "at most 0" in entry["after"]["lateCharge"]
    assert "at MAIN, MARKET" in entry["after"]["payments"]


def test_the_grace_of_the_billing_cycle_counts_where_the_rule_has_none(api: Api) -> None:
    utility = open_condominium(api)
    admin = utility.as_staff()
    cycle = {"id": "monthly", "name": "Monthly", "generationDay": 1, "dueDays": 15, "graceDays": 45}
    admin.post(f"/api/clients/{utility.client}/billing-cycles", cycle).expect(201)
    by_cycle = {"billingCycle": "monthly", "lateCharge": {"graceDays": None}}
    shown = _patch(admin, utility, **by_cycle).expect(200)["settings"]
    assert shown["lateCharge"]["graceDays"] is None
    rule = tenancy.late_charge_rule(utility.context().project)
    assert rule
    assert rule.grace_days == 45  # the cycle's own bound is a year
    assert _faults(_patch(admin, utility, billingCycle=None)) == ["lateCharge.graceDays"]
    _patch(admin, utility, lateCharge={"graceDays": 7}).expect(200)
    rule = tenancy.late_charge_rule(utility.context().project)
    assert rule
    assert rule.grace_days == 7


def test_a_deleted_cycle_leaves_its_grace_to_the_projects_that_went_by_it(api: Api) -> None:
    utility = open_condominium(api)
    admin = utility.as_staff()
    cycle = {"id": "monthly", "name": "Monthly", "generationDay": 1, "dueDays": 15, "graceDays": 5}
    admin.post(f"/api/clients/{utility.client}/billing-cycles", cycle).expect(201)
    _patch(admin, utility, billingCycle="monthly", lateCharge={"graceDays": None}).expect(200)
    admin.delete(f"/api/clients/{utility.client}/billing-cycles/monthly").expect(200)
    left = admin.get(utility.base).expect(200)["settings"]
    assert (left["billingCycle"], left["lateCharge"]["graceDays"]) == (None, 5)
