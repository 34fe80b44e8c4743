"""Histories in which money was not exactly one bill's (K4): penalties, advances, overpayments and credit."""

from typing import Any

import pytest

from chalicelib.imports import service
from chalicelib.kernel.errors import TryLater
from chalicelib.platform import clock
from tests.integration.imports.test_history import admin_of, announce, august, bill, bring, july, kept, report
from tests.support.faults import just_before_writing
from tests.support.http import Api
from tests.support.meter import metered
from tests.support.utilities import NOVEMBER, Utility, open_condominium

JULY: dict[str, Any] = {"prior": 1774, "current": 1785, "totalAmount": 25.06}
AUGUST: dict[str, Any] = {"prior": 1785, "current": 1796, "totalAmount": 25.06}
LATE: dict[str, Any] = {"paymentDate": "2025-08-25", "amount": 26.31, "method": "cash"}
EARLY = LATE | {"paymentDate": "2025-07-20", "amount": 25.06}
ON_TIME = LATE | {"paymentDate": "2025-08-10", "amount": 25.06}


@pytest.fixture(autouse=True)
def in_november() -> Any:  # noqa: ANN401
    """11 November 2025."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    """A condominium with unit 101, at 1774, where each 30 days begun after 10 days cost 5 %, compound."""
    opened = open_condominium(api)
    admin = admin_of(opened)
    project = admin.get(opened.base).expect(200)
    rule = {"kind": "percent", "percent": "5", "repeats": "monthly", "compound": True, "graceDays": 10}
    changes = {"version": project["version"], "settings": {"lateCharge": rule}}
    admin.patch(f"{opened.base}/settings", changes).expect(200)
    body = {"accountNumber": "101", "meterNumber": "WM-101", "initialReading": "1774", "area": "A"}
    admin.post(f"{opened.base}/connections", body | {"consumerClass": "unit"}).expect(201)
    return opened


def in_july(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return july({"101": JULY | more}, dueDate="2025-08-15")


def in_august(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return august({"101": AUGUST | more}, dueDate="2025-09-15")


def entries(utility: Utility) -> list[tuple[str, str, str, str]]:
    """Return kind, day, by how much it changes what is owed, and credit of each entry of 101, by day and kind."""
    items = admin_of(utility).get(f"{utility.base}/connections/101/entries").expect(200)["items"]
    found = [(each["kind"], each["valueOn"], each["change"], each["credit"]) for each in items]
    return sorted(found, key=lambda entry: (entry[1], entry[0]))


def payments(utility: Utility) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (
        admin_of(utility).get(f"{utility.base}/connections/101/payments").expect(200)["items"]
    )
    return listed


def owed(utility: Utility) -> tuple[str, str]:
    [found] = admin_of(utility).get(f"{utility.base}/inquiry", accountNumber="101").expect(200)["items"]
    return found["amountDue"], found["credit"]


def stands(utility: Utility, month: str = "07") -> tuple[str, ...]:
    shown = bill(utility, f"2025-{month}.101.1")
    return tuple(shown[name] for name in ("total", "lateCharge", "waived", "paid", "amountDue", "status"))


def refused(utility: Utility, *months: dict[str, Any]) -> list[tuple[str, str]]:
    """Bring a file in that is refused, check that it leaves nothing behind, and return places and codes."""
    before = kept(utility)
    found = [(each["column"].partition("101.")[2], each["code"]) for each in report(utility, bring(utility, months))]
    assert kept(utility) == before
    return found


def test_b19_a_bill_was_paid_late_with_its_penalty(utility: Utility) -> None:
    months = [in_july(penaltyAmount=1.25, paidAmount=26.31, payments=[LATE]), in_august()]
    done = bring(utility, months)
    assert (done["counts"]["accepted"], report(utility, done)) == (2, [])
    assert stands(utility) == ("25.06", "1.25", "0.00", "26.31", "0.00", "paid")
    [payment] = payments(utility)
    [share] = payment["bills"]
    assert (share["paid"], share["lateChargePaid"], share["lateCharge"]) == ("26.31", "1.25", "1.25")
    assert entries(utility) == [
        ("late_charge", "2025-08-25", "1.25", "0.00"),
        ("payment", "2025-08-25", "-26.31", "0.00"),
    ]
    before = kept(utility)
    again = bring(utility, months)
    assert (again["counts"]["unchanged"], kept(utility)) == (2, before)


def test_b21_a_bill_was_paid_before_its_day(utility: Utility) -> None:
    months = [in_july(paidAmount=25.06, payments=[EARLY]), in_august()]
    done = bring(utility, months)
    assert (done["counts"]["accepted"], report(utility, done)) == (2, [])
    assert stands(utility) == ("25.06", "0.00", "0.00", "25.06", "0.00", "paid")
    assert entries(utility) == [
        ("advance", "2025-07-20", "-25.06", "25.06"),
        ("credit_used", "2025-08-01", "0.00", "-25.06"),
    ]
    [payment] = payments(utility)
    assert (payment["amount"], payment["credit"], payment["paidOn"]) == ("25.06", "25.06", "2025-07-20")
    before = kept(utility)
    assert bring(utility, months)["counts"]["unchanged"] == 2
    assert kept(utility) == before


def test_b21_an_advance_of_the_former_books_can_be_reversed(utility: Utility) -> None:
    bring(utility, [in_july(payments=[EARLY])])
    [payment] = payments(utility)
    path = f"{utility.base}/payments/{payment['id']}/reversal"
    admin_of(utility).post(path, {"reason": "typing_error"}).expect(200)
    assert stands(utility)[3:5] == ("0.00", "25.06")
    assert owed(utility)[1] == "0.00"


def test_b19_a_payment_of_the_former_books_can_be_reversed_and_its_penalty_stands(utility: Utility) -> None:
    bring(utility, [in_july(penaltyAmount=1.25, payments=[LATE])])
    [payment] = payments(utility)
    path = f"{utility.base}/payments/{payment['id']}/reversal"
    admin_of(utility).post(path, {"reason": "returned_check"}).expect(200)
    assert stands(utility)[1:5] == ("1.25", "0.00", "0.00", "26.31")


def test_our_rule_charges_only_steps_after_the_penalty_of_the_former_books(utility: Utility) -> None:
    """On 11 November three steps have begun since 26 August: 3.95 in all; 25.06 x 1.05 x 1.05 has two of them."""
    bring(utility, [in_july(penaltyAmount=2.57, penaltyDate="2025-09-30")])
    assert stands(utility)[1] == "2.57"
    assert owed(utility) == ("29.01", "0.00")  # 25.06 + 3.95, not 2.57 more


def test_a_penalty_without_a_day_is_of_the_first_late_payment_or_the_day_after_the_due_day(utility: Utility) -> None:
    part = {"paymentDate": "2025-09-20", "amount": 10, "method": "cash"}
    bring(utility, [in_july(penaltyAmount=1.25), in_august(penaltyAmount=2, payments=[part])])
    assert [each[:2] for each in entries(utility)] == [
        ("late_charge", "2025-08-16"),
        ("late_charge", "2025-09-20"),
        ("payment", "2025-09-20"),
    ]


def test_a_waived_penalty_is_charged_and_waived_with_the_reason(utility: Utility) -> None:
    waived = {"penaltyAmount": 1.25, "penaltyWaived": True, "penaltyReason": "flooded street"}
    months = [in_july(**waived, payments=[LATE | {"amount": 25.06}])]
    bring(utility, months)
    assert stands(utility) == ("25.06", "1.25", "1.25", "25.06", "0.00", "paid")
    items = admin_of(utility).get(f"{utility.base}/connections/101/entries").expect(200)["items"]
    assert [each["reason"] for each in items if each["kind"] == "waiver"] == ["flooded street"]
    assert bring(utility, months)["counts"]["unchanged"] == 1


def test_what_was_overpaid_is_credit_if_the_file_says_so_and_a_later_bill_uses_it(utility: Utility) -> None:
    more = ON_TIME | {"amount": 30.06}
    rest = LATE | {"paymentDate": "2025-09-10", "amount": 20.06}
    months = [
        in_july(creditAmount=5, paidAmount=30.06, payments=[more]),
        in_august(creditUsed=5, paidAmount=20.06, payments=[rest]),
    ]
    assert bring(utility, months)["counts"]["accepted"] == 2
    assert [stands(utility, month)[3:5] for month in ("07", "08")] == [("25.06", "0.00"), ("25.06", "0.00")]
    assert owed(utility) == ("0.00", "0.00")
    assert entries(utility) == [
        ("payment", "2025-08-10", "-30.06", "5.00"),
        ("credit_used", "2025-09-01", "0.00", "-5.00"),
        ("payment", "2025-09-10", "-20.06", "0.00"),
    ]
    before = kept(utility)
    assert bring(utility, months)["counts"]["unchanged"] == 2
    assert kept(utility) == before


def test_what_an_advance_leaves_over_is_credit(utility: Utility) -> None:
    bring(utility, [in_july(creditAmount=4.94, payments=[EARLY | {"amount": 30}])])
    assert owed(utility) == ("0.00", "4.94")


_WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "more than is due, not said to be credit": ({"payments": [LATE]}, "payments", "above-due"),
    "more than is due with the penalty": (
        {"penaltyAmount": 1.24, "payments": [LATE]}, "payments", "above-due",
    ),
    "paid before the penalty": (
        {"penaltyAmount": 1.25, "penaltyDate": "2025-08-26", "payments": [LATE]}, "payments", "above-due",
    ),
    "another credit": ({"creditAmount": 1, "payments": [LATE]}, "creditAmount", "credit-differs"),
    "credit of nothing": ({"creditAmount": 1}, "creditAmount", "credit-differs"),
    "credit that nobody had": ({"creditUsed": 5}, "creditUsed", "above-credit"),
    "credit beyond the bill": ({"creditUsed": 25.07}, "creditUsed", "above-due"),
    "a penalty on the due day": ({"penaltyAmount": 1, "penaltyDate": "2025-08-15"}, "penaltyDate", "penalty-day"),
    "a penalty tomorrow": ({"penaltyAmount": 1, "penaltyDate": "2025-11-12"}, "penaltyDate", "future-date"),
    "a penalty below zero": ({"penaltyAmount": -1}, "penaltyAmount", "bad-amount"),
    "a penalty finer than a cent": ({"penaltyAmount": 1.255}, "penaltyAmount", "bad-amount"),
    "a waiver without a reason": ({"penaltyAmount": 1, "penaltyWaived": True}, "penaltyReason", "missing"),
    "a reason without a waiver": ({"penaltyAmount": 1, "penaltyReason": "flood"}, "penaltyReason", "wrong-form"),
    "the day of no penalty": ({"penaltyDate": "2025-08-26"}, "penaltyAmount", "missing"),
}  # fmt: skip


@pytest.mark.parametrize("what", _WRONG)
def test_money_that_does_not_add_up_is_refused_with_its_place(utility: Utility, what: str) -> None:
    said, place, code = _WRONG[what]
    assert refused(utility, in_july(**said)) == [(place, code)]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"penaltyAmount": 1.24}, "penaltyAmount"),
        ({"penaltyAmount": 0}, "penaltyAmount"),
        ({"penaltyDate": "2025-08-20"}, "penaltyAmount"),
        ({"penaltyWaived": True, "penaltyReason": "flood"}, "penaltyAmount"),
    ],
    ids=["another amount", "none", "another day", "waived"],
)
def test_b19_a_penalty_that_changed_is_refused(utility: Utility, change: dict[str, Any], place: str) -> None:
    bring(utility, [in_july(penaltyAmount=1.25, payments=[LATE | {"amount": 1}])])
    said = {"penaltyAmount": 1.25, "payments": [LATE | {"amount": 1}]} | change
    assert refused(utility, in_july(**said)) == [(place, "differs")]


def test_used_credit_that_changed_is_refused(utility: Utility) -> None:
    first = in_july(creditAmount=5, payments=[ON_TIME | {"amount": 30.06}])
    bring(utility, [first, in_august(creditUsed=5)])
    for said in ({"creditUsed": 4}, {}):
        assert refused(utility, in_august(**said)) == [("creditUsed", "differs")]


def test_a_payment_that_was_forgotten_is_added_to_a_bill_with_a_penalty(utility: Utility) -> None:
    bring(utility, [in_july(penaltyAmount=1.25, payments=[LATE | {"amount": 6.25}])])
    both = [LATE | {"amount": 6.25}, LATE | {"paymentDate": "2025-09-02", "amount": 20.06}]
    done = bring(utility, [in_july(penaltyAmount=1.25, payments=both)])
    assert (done["counts"]["accepted"], report(utility, done)) == (1, [])
    assert stands(utility)[3:5] == ("26.31", "0.00")
    early = [*both, EARLY]
    assert refused(utility, in_july(penaltyAmount=1.25, payments=early)) == [("payments", "above-due")]
    done = bring(utility, [in_july(penaltyAmount=1.25, payments=early, creditAmount=25.06)])
    assert (done["counts"]["accepted"], report(utility, done)) == (1, [])
    assert owed(utility)[1] == "25.06"


def test_what_happened_here_since_changes_nothing_about_a_repeated_history(utility: Utility) -> None:
    months = [in_july(penaltyAmount=1.25), in_august(payments=[EARLY])]
    bring(utility, months)
    body = {"method": "cash", "bills": [{"billId": "2025-07.101.1"}]}
    admin_of(utility).post(f"{utility.base}/payments", body).expect(201)
    before = kept(utility)
    assert bring(utility, months)["counts"]["unchanged"] == 2
    assert kept(utility) == before


def test_forty_payments_with_all_else_fit_into_one_transaction(utility: Utility) -> None:
    """Paid 40 times in advance, with a penalty that was waived, a new meter, and credit left over."""
    change = {"changedOn": "2025-08-11", "finalReading": 1790, "firstReading": 0}
    day = {"paymentDate": "2025-08-20", "amount": 1, "method": "cash"}
    said = {
        "penaltyAmount": 1.25, "penaltyWaived": True, "penaltyReason": "flood", "creditUsed": 5, "creditAmount": 19.94,
        "payments": [day] * 40, "prior": 1785, "current": 6, "meterChange": change,
    }  # fmt: skip
    first = in_july(creditAmount=5, payments=[ON_TIME | {"amount": 30.06}])
    done = bring(utility, [first, in_august(**said)])
    assert (done["counts"]["accepted"], report(utility, done)) == (2, [])
    assert stands(utility, "08") == ("25.06", "1.25", "1.25", "25.06", "0.00", "paid")
    assert owed(utility) == ("0.00", "19.94")


def test_credit_that_changes_at_the_same_moment_refuses_the_entry_and_nothing_is_lost(utility: Utility) -> None:
    months = [in_july(payments=[EARLY | {"amount": 30}], creditAmount=4.94)]
    import_id = announce(utility, months)
    advance = {"accountNumber": "101", "amount": "7.00", "method": "cash"}
    with just_before_writing(lambda: admin_of(utility).post(f"{utility.base}/advances", advance).expect(201)):
        service.run_history_import(utility.context(), import_id=import_id)
    done = admin_of(utility).get(f"{utility.base}/history/imports/{import_id}").expect(200)
    assert [line["code"] for line in report(utility, done)] == ["changed"]
    assert owed(utility) == ("0.00", "7.00")
    assert bring(utility, months)["counts"]["accepted"] == 1
    assert owed(utility) == ("0.00", "11.94")


def close_october(utility: Utility) -> None:
    admin_of(utility).post(f"{utility.base}/closed-months", {"month": "2025-10"}).expect(200)


def test_what_changes_a_closed_month_is_refused_and_what_is_on_record_stays_unchanged(utility: Utility) -> None:
    bring(utility, [in_july(penaltyAmount=1.25)])
    close_october(utility)
    assert refused(utility, in_july(penaltyAmount=1.25, payments=[LATE])) == [("", "month-closed")]
    done = bring(utility, [in_july(penaltyAmount=1.25), in_august()])
    assert ([line["code"] for line in report(utility, done)], done["counts"]["unchanged"]) == (["month-closed"], 1)


def test_books_that_are_closed_at_the_same_moment_refuse_what_was_not_written_yet(utility: Utility) -> None:
    import_id = announce(utility, [in_july(payments=[LATE | {"amount": 5}])])
    with just_before_writing(lambda: close_october(utility)), pytest.raises(TryLater, match="books were closed"):
        service.run_history_import(utility.context(), import_id=import_id)
    service.run_history_import(utility.context(), import_id=import_id)  # delivered again
    done = admin_of(utility).get(f"{utility.base}/history/imports/{import_id}").expect(200)
    assert [line["code"] for line in report(utility, done)] == ["month-closed"]


def test_many_units_that_paid_in_advance_are_written_together(utility: Utility) -> None:
    units = {"101": JULY | {"payments": [EARLY]}}
    for number in range(200, 212):
        body = {"accountNumber": str(number), "meterNumber": f"WM-{number}", "consumerClass": "unit"}
        admin_of(utility).post(f"{utility.base}/connections", body).expect(201)
        units[str(number)] = {"prior": 0, "current": 11, "payments": [EARLY]}
    import_id = announce(utility, [july(units)])
    with metered() as meter:
        service.run_history_import(utility.context(), import_id=import_id)
    done = admin_of(utility).get(f"{utility.base}/history/imports/{import_id}").expect(200)
    assert done["counts"]["accepted"] == 13
    assert meter.requests["TransactWriteItems"] == 1 + 1 + 1  # thirteen entries of seven writes, the seal, the end


def test_a_bill_that_was_voided_and_issued_again_here_is_not_paid_by_the_file_a_second_time(utility: Utility) -> None:
    months = [in_july(payments=[ON_TIME])]
    bring(utility, months)
    admin = admin_of(utility)
    admin.post(f"{utility.base}/bills/2025-07.101.1/void", {"reason": "Wrong class"}).expect(200)
    assert bring(utility, months)["counts"]["unchanged"] == 1
    again = admin.post(f"{utility.base}/bills", {"readingId": "2025-07.101"}).expect(201)
    assert again["id"] == "2025-07.101.1r2"
    before = kept(utility)
    assert bring(utility, months)["counts"]["unchanged"] == 1
    assert kept(utility) == before
    more = [ON_TIME, ON_TIME | {"paymentDate": "2025-09-01", "amount": 1}]
    assert refused(utility, in_july(payments=more, creditAmount=1)) == [("payments", "differs")]
