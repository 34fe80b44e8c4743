"""Opening balances of a former system: what was owed, by due days, becomes bills; what was owed to people, credit."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.imports import service
from chalicelib.platform import clock
from local import presets
from tests.integration.imports.test_history import UNIT, admin_of, announce, bring, july, kept, report
from tests.integration.imports.test_history_of_money import close_october
from tests.support.faults import MODES, Death, Mode, faults
from tests.support.http import Api
from tests.support.meter import metered
from tests.support.office import Office
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, Utility, bring_file, open_condominium

AGED: list[dict[str, Any]] = [{"dueDate": "2025-08-15", "amount": 25.06}, {"dueDate": "2025-10-15", "amount": "30.00"}]


@pytest.fixture(autouse=True)
def in_november() -> Any:  # noqa: ANN401
    """11 November 2025."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    """A condominium with units 101, at 1774, and 102, and a garden, where each 30 days begun after 10 days cost 5 %."""
    opened = open_condominium(api)
    admin = admin_of(opened)
    project = admin.get(opened.base).expect(200)
    rule = {"kind": "percent", "percent": "5", "repeats": "monthly", "compound": False, "graceDays": 10}
    changes = {"version": project["version"], "settings": {"lateCharge": rule}}
    admin.patch(f"{opened.base}/settings", changes).expect(200)
    for account, initial, purpose in (
        ("101", "1774", "service"),
        ("102", "30", "service"),
        ("garden", "0", "common_area"),
    ):
        body = {"accountNumber": account, "meterNumber": f"WM-{account}", "initialReading": initial, "area": "A"}
        admin.post(f"{opened.base}/connections", body | {"consumerClass": "unit", "purpose": purpose}).expect(201)
    return opened


def opening(accounts: Any, on: str = "2025-10-31") -> dict[str, Any]:  # noqa: ANN401
    return {"date": on, "accounts": accounts}


def open_with(utility: Utility, accounts: Any, *months: Any, on: str = "2025-10-31") -> dict[str, Any]:  # noqa: ANN401
    return bring(utility, json.dumps({"months": months, "openingBalances": opening(accounts, on)}))


def bills(utility: Utility, account: str = "101") -> list[dict[str, Any]]:
    """Return an account's bills, the oldest first."""
    items = admin_of(utility).get(f"{utility.base}/connections/{account}/bills").expect(200)["items"]
    return [admin_of(utility).get(f"{utility.base}/bills/{each['id']}").expect(200) for each in reversed(items)]


def owed(utility: Utility, account: str = "101", **on: str) -> tuple[str, str]:
    [found] = admin_of(utility).get(f"{utility.base}/inquiry", accountNumber=account, **on).expect(200)["items"]
    return found["amountDue"], found["credit"]


def test_each_aged_amount_becomes_a_bill_with_its_due_day(utility: Utility) -> None:
    done = open_with(utility, {"101": {"amounts": AGED}})
    assert (done["counts"]["rows"], done["counts"]["accepted"], report(utility, done)) == (1, 1, [])
    found = bills(utility)
    facts = ("id", "kind", "total", "amountDue", "billedOn", "dueOn", "status", "readingId", "usage", "useExplained")
    assert [tuple(each[name] for name in facts) for each in found] == [
        ("2025-08.101.931", "opening", "25.06", "25.06", "2025-10-31", "2025-08-15", "overdue", None, "0", []),
        ("2025-10.101.931", "opening", "30.00", "30.00", "2025-10-31", "2025-10-15", "overdue", None, "0", []),
    ]
    [line] = found[0]["lines"]
    assert (line["code"], line["label"], line["amount"]) == ("opening", "Balance brought forward", "25.06")
    assert (found[0]["origin"], found[0]["importId"]) == ("migration", done["id"])
    [entry] = admin_of(utility).get(f"{utility.base}/connections/101/entries").expect(200)["items"]
    assert (entry["kind"], entry["valueOn"], entry["change"], len(entry["bills"])) == (
        "opening",
        "2025-10-31",
        "0.00",
        2,
    )


def test_a_late_charge_of_the_days_before_is_in_the_balance_and_only_later_steps_are_charged(utility: Utility) -> None:
    """Of 25.06, due on 15 August, steps begin on 26 August, 25 September, 25 October and 24 November."""
    open_with(utility, {"101": {"amounts": AGED[:1]}})
    assert owed(utility) == ("25.06", "0.00")
    assert owed(utility, on="2025-11-24") == ("26.31", "0.00")


def test_an_opening_balance_is_paid_and_the_payment_reversed_like_any_bill(utility: Utility) -> None:
    open_with(utility, {"101": {"amounts": AGED}})
    admin = admin_of(utility)
    body = {"method": "cash", "accountNumber": "101", "amount": "40.00"}
    paid = admin.post(f"{utility.base}/payments", body).expect(201)
    assert [(share["billId"], share["paid"]) for share in paid["bills"]] == [
        ("2025-08.101.931", "25.06"),
        ("2025-10.101.931", "14.94"),
    ]
    admin.post(f"{utility.base}/payments/{paid['id']}/reversal", {"reason": "typing_error"}).expect(200)
    assert [each["paid"] for each in bills(utility)] == ["0.00", "0.00"]


def test_credit_is_the_present_holders_and_can_be_used(utility: Utility) -> None:
    open_with(utility, {"101": {"amounts": AGED[:1], "credit": "5.00"}, "102": {"credit": 7}})
    assert (owed(utility), owed(utility, "102")) == (("25.06", "5.00"), ("0.00", "7.00"))
    admin_of(utility).post(f"{utility.base}/connections/101/credit-uses", {}).expect(200)
    assert owed(utility) == ("20.06", "0.00")


def test_a_deposit_is_held_and_pays_nothing(utility: Utility) -> None:
    open_with(utility, {"101": {"amounts": AGED[:1], "deposit": 100}, "102": {"deposit": "50.00", "credit": 0}})
    items = [admin_of(utility).get(f"{utility.base}/inquiry", accountNumber=each).expect(200)["items"][0]
             for each in ("101", "102")]  # fmt: skip
    assert [(each["amountDue"], each["credit"], each["deposit"]) for each in items] == [
        ("25.06", "0.00", "100.00"),
        ("0.00", "0.00", "50.00"),
    ]


def test_balances_of_a_closed_month_are_refused_and_those_on_record_stay_unchanged(utility: Utility) -> None:
    open_with(utility, {"101": {"credit": 5}})
    close_october(utility)
    done = open_with(utility, {"101": {"credit": 5}, "102": {"credit": 7}})
    assert [(line["column"], line["code"]) for line in report(utility, done)] == [
        ("openingBalances.date", "month-closed")
    ]
    assert (done["counts"]["unchanged"], owed(utility, "102")) == (1, ("0.00", "0.00"))


def test_the_same_balances_again_change_nothing_whatever_happened_since(utility: Utility) -> None:
    accounts = {"101": {"amounts": AGED, "credit": 5, "deposit": 100}, "102": {"credit": 7}}
    open_with(utility, accounts)
    before = kept(utility)
    again = open_with(utility, accounts)
    assert (again["counts"]["unchanged"], kept(utility)) == (2, before)
    admin_of(utility).post(f"{utility.base}/connections/101/credit-uses", {}).expect(200)
    backwards = {"amounts": AGED[::-1], "credit": "5.00", "deposit": "100.0"}
    assert open_with(utility, {"101": backwards})["counts"]["unchanged"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"amounts": [AGED[0] | {"amount": 25.07}, AGED[1]]},
        {"amounts": AGED[:1]},
        {"amounts": [*AGED, {"dueDate": "2025-09-15", "amount": 1}]},
        {"amounts": [AGED[0] | {"dueDate": "2025-08-16"}, AGED[1]]},
        {"credit": 6},
        {"credit": None},
        {"deposit": 1},
    ],
    ids=["another amount", "one less", "one more", "another due day", "another credit", "no credit", "a deposit"],
)
def test_balances_that_changed_are_refused(utility: Utility, change: dict[str, Any]) -> None:
    said = {"amounts": AGED, "credit": 5}
    open_with(utility, {"101": said})
    before = kept(utility)
    done = open_with(utility, {"101": said | change})
    assert [(line["column"], line["code"]) for line in report(utility, done)] == [
        ("openingBalances.accounts.101", "differs")
    ]
    assert kept(utility) == before


def test_balances_of_another_day_are_refused_and_a_new_holder_gets_none_twice(utility: Utility) -> None:
    open_with(utility, {"101": {"credit": 5}})
    admin = admin_of(utility)
    done = open_with(utility, {"101": {"credit": 5}}, on="2025-09-30")
    assert [line["code"] for line in report(utility, done)] == ["differs"]
    made = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)
    body = {"consumerId": made["id"], "on": "2025-11-05", "finalReading": "1774", "reason": "Sold"}
    admin.post(f"{utility.base}/connections/101/handovers", body).expect(200)
    assert open_with(utility, {"101": {"credit": 5}})["counts"]["unchanged"] == 1


_WRONG: dict[str, tuple[Any, str, str]] = {
    "nobody's account": ({"999": {"credit": 5}}, ".999", "unknown-unit"),
    "a garden's": ({"garden": {"credit": 5}}, ".garden", "not-billed"),
    "nothing": ({"101": {}}, ".101", "missing"),
    "no object": ({"101": 25.06}, ".101", "wrong-form"),
    "an unknown field": ({"101": {"fine": 5}}, ".101", "wrong-form"),
    "no due day": ({"101": {"amounts": [{"amount": 5}]}}, ".101.amounts[0].dueDate", "missing"),
    "no amount": ({"101": {"amounts": [{"dueDate": "2025-08-15"}]}}, ".101.amounts[0].amount", "missing"),
    "one due day twice": ({"101": {"amounts": [AGED[0], AGED[0]]}}, ".101.amounts[1].dueDate", "duplicate-row"),
    "too many amounts": ({"101": {"amounts": AGED * 13}}, ".101.amounts", "wrong-form"),
    "an amount of nothing": ({"101": {"amounts": [AGED[0] | {"amount": 0}]}}, ".101.amounts[0].amount", "bad-amount"),
    "an amount below zero": ({"101": {"amounts": [AGED[0] | {"amount": -5}]}}, ".101.amounts[0].amount", "bad-amount"),
    "a credit below zero": ({"101": {"amounts": AGED, "credit": -5}}, ".101.credit", "bad-amount"),
    "a deposit of nothing": ({"101": {"deposit": 0}}, ".101.deposit", "bad-amount"),
    "due too long ago": (
        {"101": {"amounts": [AGED[0] | {"dueDate": "2015-08-15"}]}}, ".101.amounts[0].dueDate", "due-day",
    ),
    "due far ahead": (
        {"101": {"amounts": [AGED[0] | {"dueDate": "2026-08-15"}]}}, ".101.amounts[0].dueDate", "due-day",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", _WRONG)
def test_a_wrong_balance_is_refused_with_its_place_and_the_others_are_taken(utility: Utility, what: str) -> None:
    accounts, place, code = _WRONG[what]
    done = open_with(utility, {"102": {"credit": 7}} | accounts)
    [line] = report(utility, done)
    assert (line["line"], line["column"], line["code"]) == (2, f"openingBalances.accounts{place}", code)
    [account] = accounts
    assert line["reason"].startswith(f"opening balance, {account}: ")
    assert done["counts"]["accepted"] == 1


@pytest.mark.parametrize(
    ("said", "place", "code"),
    [
        ({"accounts": {}}, ".date", "missing"),
        ({"date": "31.10.2025", "accounts": {}}, ".date", "bad-date"),
        ({"date": "2025-10-31"}, ".accounts", "wrong-form"),
        ({"date": "2025-11-12", "accounts": {"101": {"credit": 5}}}, ".date", "future-date"),
        ([], "", "wrong-form"),
    ],
)
def test_balances_that_can_not_be_read_are_one_line_of_the_report(
    utility: Utility,
    said: Any,  # noqa: ANN401
    place: str,
    code: str,
) -> None:
    done = bring(utility, json.dumps({"openingBalances": said}))
    assert [(line["column"], line["code"]) for line in report(utility, done)] == [(f"openingBalances{place}", code)]


def test_a_file_can_bring_months_and_balances(utility: Utility) -> None:
    done = open_with(utility, {"102": {"amounts": AGED}}, july({"101": UNIT}))
    assert done["counts"] == {"rows": 2, "accepted": 2, "unchanged": 0, "refused": 0, "flagged": 0, "blank": 0}


def test_a_round_whose_period_has_an_opening_is_read_and_billed_as_if_it_had_none(
    utility: Utility, app: Chalice
) -> None:
    open_with(utility, {"101": {"amounts": [*AGED, {"dueDate": "2025-10-20", "amount": 1}]}})
    admin = admin_of(utility)
    body = {"accountNumber": "101", "reading": "1785", "readOn": "2025-11-01"}
    admin.post(f"{utility.base}/readings", body).expect(201)
    unbilled = admin.get(f"{utility.base}/readings/unbilled", period="2025-10").expect(200)["items"]
    assert [each["accountNumber"] for each in unbilled] == ["101"]
    run = admin.post(f"{utility.base}/billing-runs", {"period": "2025-10"}).expect(202)
    drain(app, "meterbook-billing")
    done = admin.get(f"{utility.base}/billing-runs/{run['id']}").expect(200)
    assert (done["status"], done["bills"], done["exceptions"]) == ("complete", 1, 0)
    assert [each["id"] for each in bills(utility)][1:] == ["2025-10.101.1", "2025-10.101.931", "2025-10.101.932"]


def test_transactions_are_full_and_none_is_too_large(utility: Utility) -> None:
    admin = admin_of(utility)
    accounts = {}
    for number in range(200, 209):
        body = {"accountNumber": str(number), "meterNumber": f"WM-{number}", "consumerClass": "unit"}
        admin.post(f"{utility.base}/connections", body).expect(201)
        aged = [{"dueDate": f"20{year}-{month:02}-15", "amount": 1} for year in (24, 25) for month in range(1, 13)]
        accounts[str(number)] = {"amounts": aged, "credit": 1}
    file = json.dumps({"openingBalances": opening(accounts)})
    import_id = announce(utility, file)
    with metered() as meter:
        service.run_history_import(utility.context(), import_id=import_id)
    assert admin.get(f"{utility.base}/history/imports/{import_id}").expect(200)["counts"]["accepted"] == 9
    assert meter.requests["TransactWriteItems"] == 3 + 1  # three accounts each, and the import's end


@pytest.mark.parametrize("mode", MODES)
def test_balances_are_complete_wherever_the_import_stops(utility: Utility, mode: Mode) -> None:
    accounts = {"101": {"amounts": AGED, "credit": 5}, "102": {"credit": 7}}
    import_id = announce(utility, json.dumps({"openingBalances": opening(accounts)}))
    for at in range(2, 16):
        with faults(strike_at=at, mode=mode), suppress(Exception, Death):
            service.run_history_import(utility.context(), import_id=import_id)
    service.run_history_import(utility.context(), import_id=import_id)
    done = admin_of(utility).get(f"{utility.base}/history/imports/{import_id}").expect(200)
    assert (done["status"], done["counts"]["accepted"]) == ("done", 2)
    assert (owed(utility), owed(utility, "102")) == (("55.06", "5.00"), ("0.00", "7.00"))


def test_a_service_without_a_meter_is_billed_for_all_days_beside_an_opening(api: Api, app: Chalice) -> None:
    flat = [{"kind": "fixed", "code": "flat", "label": "Flat rate", "amount": "150", "prorated": True}]
    office = Office(app, api, flat, today="2025-11-11")
    office.connect("H1", meter=None, installedOn="2025-11-01")
    accounts = {"H1": {"amounts": [{"dueDate": "2025-11-15", "amount": 80}]}}
    file = {"openingBalances": {"date": "2025-11-10", "accounts": accounts}}
    bring_file(office.utility, office.staff, "history", json.dumps(file).encode())
    made = office.on("2025-11-30").run("2025-11")
    assert sorted((each["kind"], each["total"]) for each in made) == [("opening", "80.00"), ("regular", "150.00")]
    [owed] = office.staff.get(f"{office.base}/inquiry", accountNumber="H1").expect(200)["items"]
    assert owed["amountDue"] == "238.00"  # 80.00 are late since the 15th: 10 %
    listed = office.staff.get(f"{office.base}/bills", affectedBy="flat.1").expect(200)["items"]
    assert listed == []
    version = {"name": "Tariff", "currency": "PHP", "unit": "m3", "validFrom": "2025-11-01", "charges": flat}
    office.staff.post(f"{office.base}/tariffs/flat/versions", version).expect(201)
    listed = office.staff.get(f"{office.base}/bills", affectedBy="flat.2").expect(200)["items"]
    assert [each["kind"] for each in listed] == ["regular"]


def test_where_quarters_are_billed_an_opening_is_of_the_quarter_of_its_due_day(api: Api) -> None:
    opened = open_condominium(api, settings=replace(presets.WATER_BILLS_SETTINGS, billing_frequency="quarterly"))
    body = {"accountNumber": "101", "meterNumber": "WM-101", "initialReading": "1774", "area": "A"}
    admin_of(opened).post(f"{opened.base}/connections", body | {"consumerClass": "unit"}).expect(201)
    open_with(opened, {"101": {"amounts": [*AGED[::-1], {"dueDate": "2025-09-15", "amount": 1}]}})
    assert [(each["id"], each["dueOn"], each["periodLabel"]) for each in bills(opened)] == [
        ("2025-09.101.931", "2025-08-15", "July 2025 to September 2025"),
        ("2025-09.101.932", "2025-09-15", "July 2025 to September 2025"),
        ("2025-12.101.931", "2025-10-15", "October 2025 to December 2025"),
    ]
    listed = admin_of(opened).get(f"{opened.base}/bills", period="2025-09").expect(200)["items"]
    assert len(listed) == 2
