"""Adjustments and charges, stopped at every AWS call in each way, and asked for by eight people at once."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.adjustments import service as adjustments
from chalicelib.bills import service as bills
from chalicelib.bills.domain import Charge
from chalicelib.bills.domain.bill import FIRST_CHARGE_NUMBER
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import bill_violations, fold_violations
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Tender
from chalicelib.platform import clock
from chalicelib.tenancy.domain import ProjectContext
from tests.support import table
from tests.support.faults import Death, Mode, faults, strikes
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_waterworks, register_connection

LATER = datetime(2025, 11, 25, 2, tzinfo=UTC)
SETTINGS = {
    "lateCharge": {"kind": "percent", "percent": "10"},
    "payments": {
        "methods": [{"name": "cash"}, {"name": "check", "needs": ["checkNumber"]}],
        "partPayments": True,
        "overpayment": "refuse",
        "receipts": {"form": "series", "prefix": "OR"},
        "returnedCheckFee": "25.00",
        "approvalAbove": "100.00",
    },
}
FEE = Charge(code="fee", label="Fee", amount=Money(15000, "PHP"), reason="Reconnected")


@dataclass(frozen=True)
class Stage:
    """A waterworks with two bills of 275.00, one paid by check; a credit of 120.00 waits, one of 50.00 is posted."""

    utility: Utility
    account: str
    bill: str
    payment: str
    pending: str
    posted: str

    def context(self, same: str | None = None) -> ProjectContext:
        """Return a context of another person than the one who asked; with `same`, always of the same request."""
        ctx = self.utility.context(now=LATER)
        return replace(ctx, new_id=derived_ids(same), request_key=same) if same else ctx


ACTS: dict[str, Callable[[Stage, ProjectContext], object]] = {
    "waive a late charge": lambda on, ctx: adjustments.waive_late_charge(
        ctx, bill_id=on.bill, amount=None, reason="First time"
    ),
    "credit a bill": lambda on, ctx: adjustments.credit_bill(
        ctx, bill_id=on.bill, amount=Money(10001, "PHP"), code="goodwill", reason="Dirty water"
    ),
    "approve a credit": lambda on, ctx: adjustments.approve_adjustment(ctx, adjustment_id=on.pending),
    "reject a credit": lambda on, ctx: adjustments.reject_adjustment(ctx, adjustment_id=on.pending, reason="No"),
    "take a credit back": lambda on, ctx: adjustments.reverse_adjustment(ctx, adjustment_id=on.posted, reason="Wrong"),
    "write a bill off": lambda on, ctx: adjustments.write_off_bill(ctx, bill_id=on.bill, reason="Gone"),
    "allow a leak": lambda on, ctx: adjustments.allow_leak(
        ctx, bill_id=on.bill, usual_use=Decimal(6), reason="Burst pipe"
    ),
    "extend a due day": lambda on, ctx: adjustments.extend_due_day(
        ctx, bill_id=on.bill, due_on=date(2025, 12, 20), reason="Ill"
    ),
    "charge a fee": lambda on, ctx: adjustments.charge_connection(ctx, account=on.account, charge=FEE),
    "return a check": lambda on, ctx: payments.reverse_payment(ctx, payment_id=on.payment, reason="returned_check"),
}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def stage(api: Api) -> Stage:
    table.put_back({})
    utility = open_waterworks(api)
    admin, base = utility.as_staff(), utility.base
    _set(admin, base, **SETTINGS)
    body = {"login": "boss", "name": "Boss", "password": PASSWORD, "role": "manager"}
    admin.post(f"/api/clients/{utility.client}/users", body).expect(201)
    [first, second] = [_billed(admin, utility, f"SM-{number}") for number in (1, 2)]
    check = {"method": "check", "checkNumber": "12", "bills": [{"billId": second["id"]}]}
    paid = admin.post(f"{base}/payments", check).expect(201)
    asked = [_credit(admin, base, first["id"], amount) for amount in ("120.00", "50.00")]
    assert [each["state"] for each in asked] == ["pending", "posted"]
    _set(admin, base, payments={"approvalAbove": "0"})  # the others need nobody else
    return Stage(utility, first["accountNumber"], first["id"], paid["id"], asked[0]["id"], asked[1]["id"])


def _set(admin: Api, base: str, **settings: Any) -> None:  # noqa: ANN401
    version = admin.get(f"{base}/settings").expect(200)["version"]
    admin.patch(f"{base}/settings", {"version": version, "settings": settings}).expect(200)


def _billed(admin: Api, utility: Utility, meter: str) -> dict[str, Any]:
    account = register_connection(admin, utility, meter)["accountNumber"]
    body = {"accountNumber": account, "reading": "10", "readOn": "2025-11-05"}
    taken = admin.post(f"{utility.base}/readings", body).expect(201)["id"]
    admin.post(f"{utility.base}/readings/{taken}/confirmation").expect(200)
    made: dict[str, Any] = admin.post(f"{utility.base}/bills", {"readingId": taken}).expect(201)
    return made


def _credit(admin: Api, base: str, bill: str, amount: str) -> dict[str, Any]:
    body = {"amount": amount, "reasonCode": "goodwill", "reason": "Dirty water"}
    made: dict[str, Any] = admin.post(f"{base}/bills/{bill}/credit-notes", body).expect(201)
    return made


def _same(items: table.Items) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_done_whole_or_not_at_all_and_once(stage: Stage, name: str) -> None:
    before = table.everything()
    calls, whole, _ = _play(stage, name, before)
    assert _same(whole) != _same(before)
    wrong = []
    for mode, at in strikes(calls):
        _, left, in_the_end = _play(stage, name, before, strike_at=at, mode=mode)
        if _same(left) not in (_same(before), _same(whole)) or _same(in_the_end) != _same(whole):
            wrong.append(f"{mode} {calls[at]} (call {at})")
    assert wrong == []


def _play(
    stage: Stage, name: str, before: table.Items, *, strike_at: int | None = None, mode: Mode = "dies before"
) -> tuple[list[str], table.Items, table.Items]:
    """Do an act, and ask for it again; return its calls and what was stored after each, and put all back."""
    with faults(strike_at=strike_at, mode=mode) as watched, suppress(Death, Exception):
        ACTS[name](stage, stage.context("the same request"))
    left = table.everything()
    ACTS[name](stage, stage.context("the same request"))
    in_the_end = table.everything()
    table.put_back(before, in_the_end)
    return watched.calls, left, in_the_end


def _at_once(act: Callable[[], object]) -> tuple[int, list[str]]:
    """Let eight people do the same; return how many succeeded, and why the others did not."""

    def attempt(_: int) -> str | None:
        try:
            act()
        except Conflict as error:
            return error.code
        return None

    with ThreadPoolExecutor(8) as people:
        outcomes = list(people.map(attempt, range(8)))
    return outcomes.count(None), sorted({code for code in outcomes if code})


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("waive a late charge", "nothing-due"),
        ("approve a credit", "already-decided"),
        ("take a credit back", "already-reversed"),
        ("return a check", "already-reversed"),
        ("write a bill off", "nothing-due"),
    ],
)
def test_eight_people_do_once_what_can_be_done_once(stage: Stage, name: str, code: str) -> None:
    done, codes = _at_once(lambda: ACTS[name](stage, stage.context()))
    assert (done, codes) == (1, [code])
    _check_books(stage)


def test_eight_charges_at_once_are_eight_bills(stage: Stage) -> None:
    done, codes = _at_once(lambda: ACTS["charge a fee"](stage, stage.context()))
    assert (done, codes) == (8, [])
    made = [each for each in bills.bills_of_account(stage.context().project, stage.account) if each.kind == "charge"]
    assert sorted(each.number for each in made) == list(range(FIRST_CHARGE_NUMBER, FIRST_CHARGE_NUMBER + 8))


def test_a_payment_and_a_write_off_at_once_settle_a_bill_once(stage: Stage) -> None:
    cash = Tender(method="cash", amount=None, received=None, paid_on=None)
    order = payments.Order(tender=cash, bills={stage.bill: None})
    acts = [
        lambda: payments.record_payment(stage.context(), order=order),
        lambda: ACTS["write a bill off"](stage, stage.context()),
    ] * 4
    turns: Iterator[Callable[[], object]] = iter(acts)

    def act() -> object:
        return next(turns)()

    done, _ = _at_once(act)
    assert done == 1
    _check_books(stage)


def _check_books(stage: Stage) -> None:
    project = stage.context().project
    bill = bills.find_bill(project, stage.bill)
    assert bill is not None
    assert bill_violations(bill) == []
    assert fold_violations(bill, ledger.entries_of_bill(project, bill)) == []
