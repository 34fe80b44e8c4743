"""Histories of a former system: readings, bills and payments, over the very path of readings and registries."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from chalice.app import Chalice

from chalicelib.imports import service
from chalicelib.kernel.errors import NotFound
from chalicelib.platform import clock, settings, storage
from tests.support.http import Api
from tests.support.markdown import code_blocks
from tests.support.meter import metered
from tests.support.queues import deliver_to, drain
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, Utility, open_condominium, open_waterworks, register_connection

_PAGE = Path(__file__).resolve().parents[3] / "docs" / "files.md"
_ADMINS: dict[str, Api] = {}
CHECK = {
    "transactionId": "TXN-2025-08-001",
    "paymentDate": "2025-08-10",
    "amount": 25.06,
    "method": "check",
    "checkNumber": "1234",
    "notes": "Paid at office",
}
UNIT = {"prior": 1774, "current": 1785, "consumption": 11, "totalAmount": 25.06}


def july(units: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"year": 2025, "month": 7, "readingDate": "2025-08-01", "units": units, **more}


def august(units: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"year": 2025, "month": 8, "readingDate": "2025-09-01", "units": units, **more}


def september(units: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"year": 2025, "month": 9, "readingDate": "2025-10-01", "units": units, **more}


@pytest.fixture(autouse=True)
def in_november() -> Any:  # noqa: ANN401
    """11 November 2025."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    """A condominium with units 101, at 1774, and 102, at 30, and the meters of its garden and of the whole building."""
    return _condominium(api)


@pytest.fixture(scope="module")
def untouched(api: Api) -> Utility:
    """The same, for files that leave nothing behind."""
    clock.use_time(lambda: NOVEMBER)
    return _condominium(api)


def _condominium(api: Api) -> Utility:
    opened = open_condominium(api)
    admin = admin_of(opened)
    facts = [("101", "1774", "service"), ("102", "30", "service"), ("garden", "1730", "common_area")]
    for account, initial, purpose in [*facts, ("main", "12985", "building")]:
        body = {"accountNumber": account, "meterNumber": f"WM-{account}", "initialReading": initial, "area": "A"}
        admin.post(f"{opened.base}/connections", body | {"consumerClass": "unit", "purpose": purpose}).expect(201)
    return opened


def admin_of(utility: Utility) -> Api:
    """Return a utility's admin, signed in once: the clock stands still."""
    if utility.client not in _ADMINS:
        _ADMINS[utility.client] = utility.as_staff()
    return _ADMINS[utility.client]


def announce(utility: Utility, months: object) -> str:
    announced = admin_of(utility).post(f"{utility.base}/history/imports", {"fileName": "h.json"}).expect(201)
    key = announced["upload"]["fields"]["key"]
    text = months if isinstance(months, str) else json.dumps({"months": months})
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=text.encode())
    return str(announced["id"])


def bring(utility: Utility, months: object) -> dict[str, Any]:
    import_id = announce(utility, months)
    service.run_history_import(utility.context(), import_id=import_id)
    shown: dict[str, Any] = admin_of(utility).get(f"{utility.base}/history/imports/{import_id}").expect(200)
    return shown


def report(utility: Utility, done: dict[str, Any]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = (
        admin_of(utility).get(f"{utility.base}/history/imports/{done['id']}/report").expect(200)["items"]
    )
    return lines


def kept(utility: Utility) -> dict[str, Any]:
    return {key: item for key, item in items_of(utility.client).items() if "#IMPORT" not in key and "AUDIT" not in key}


def bill(utility: Utility, bill_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = admin_of(utility).get(f"{utility.base}/bills/{bill_id}").expect(200)
    return shown


@pytest.mark.covers("S1-122", "S1-007")
def test_an_entry_becomes_a_reading_a_bill_and_its_payments(utility: Utility) -> None:
    done = bring(utility, [july({"101": UNIT | {"payments": [CHECK]}}, dueDate="2025-08-15")])
    assert (done["status"], done["counts"]["accepted"], report(utility, done)) == ("done", 1, [])
    admin = admin_of(utility)
    reading = admin.get(f"{utility.base}/readings/2025-07.101").expect(200)
    assert (reading["source"], reading["status"], reading["previous"], reading["reading"]) == (
        "migrated", "confirmed", "1774", "1785",
    )  # fmt: skip
    shown = bill(utility, "2025-07.101.1")
    assert (shown["previousReading"], shown["currentReading"]) == ("1774", "1785")
    assert (shown["total"], shown["paid"], shown["amountDue"], shown["status"]) == ("25.06", "25.06", "0.00", "paid")
    assert (shown["billedOn"], shown["dueOn"]) == ("2025-08-01", "2025-08-15")
    assert (shown["origin"], shown["runId"], shown["importId"]) == ("migration", None, done["id"])
    (payment,) = admin.get(f"{utility.base}/bills/2025-07.101.1/payments").expect(200)["items"]
    (share,) = payment["bills"]
    assert {name: share[name] for name in ("billId", "year", "month", "period", "principalDue", "paid")} == {
        "billId": "2025-07.101.1", "year": 2025, "month": 7, "period": "July 2025", "principalDue": "25.06",
        "paid": "25.06",
    }  # fmt: skip
    assert (payment["accountNumber"], payment["amount"], payment["paidOn"]) == ("101", "25.06", "2025-08-10")
    assert (payment["method"], payment["checkNumber"]) == ("check", "1234")
    assert (payment["reference"], payment["notes"]) == ("TXN-2025-08-001", "Paid at office")
    assert admin.get(f"{utility.base}/payments/{payment['id']}").expect(200) == payment


@pytest.mark.covers("S1-126")
def test_a_migrated_bill_is_the_one_that_a_run_would_have_made(api: Api, app: Chalice) -> None:
    """Two condominiums alike: one brings July from its former system, the other reads and bills it here."""
    bills = []
    for migrates in (True, False):
        opened = open_condominium(api)
        admin = admin_of(opened)
        unit = {"accountNumber": "101", "meterNumber": "WM-101", "consumerClass": "unit", "initialReading": "1774"}
        admin.post(f"{opened.base}/connections", unit).expect(201)
        if migrates:
            bring(opened, [july({"101": UNIT})])
        else:
            body = {"accountNumber": "101", "reading": "1785", "readOn": "2025-08-01"}
            admin.post(f"{opened.base}/readings", body).expect(201)
            admin.post(f"{opened.base}/billing-runs", {"period": "2025-07"}).expect(202)
            drain(app, "meterbook-billing")
        bills.append(bill(opened, "2025-07.101.1"))
    made_by = ("origin", "runId", "importId", "issuedAt")
    assert [one["origin"] for one in bills] == ["migration", "run"]
    for one in bills:
        for field in made_by:
            del one[field]
    assert bills[0] == bills[1]
    assert bills[0]["digest"]


@pytest.mark.covers("S1-124", "S1-125")
def test_twelve_months_of_which_five_carry_data_make_five_months_of_readings_and_bills(utility: Utility) -> None:
    months: list[dict[str, Any] | None] = [None] * 12
    for at in range(5):
        value = 1774 + 10 * at
        units = {"101": {"prior": value, "current": value + 10}}
        months[at] = {"year": 2025, "month": 5 + at, "readingDate": f"2025-{6 + at:02}-01", "units": units}
    months[7] = {"year": 2026, "month": 2}
    months[8] = {"year": 2026, "month": 3, "units": {}}
    done = bring(utility, months)
    assert (done["counts"]["rows"], done["counts"]["accepted"], done["counts"]["blank"]) == (5, 5, 7)
    for kind in ("readings", "bills"):
        counted = [
            len(admin_of(utility).get(f"{utility.base}/{kind}", period=f"2025-{month:02}").expect(200)["items"])
            for month in range(4, 12)
        ]
        assert counted == [0, 1, 1, 1, 1, 1, 0, 0]


@pytest.mark.covers("S1-127", "S1-043", "S1-042")
def test_a_bill_is_open_partly_paid_paid_or_overdue_as_its_payments_and_the_day_have_it(
    utility: Utility, at: Callable[[datetime], None]
) -> None:
    half = {"paymentDate": "2025-08-05", "amount": "10.00", "method": "cash"}
    rest = {"paymentDate": "2025-08-09", "amount": "15.06", "method": "transfer"}
    bring(
        utility,
        [
            july({"101": UNIT | {"paidAmount": 25.06, "payments": [half, rest]}}, dueDate="2025-12-15"),
            august({"101": {"prior": 1785, "current": 1796, "payments": [half | {"paymentDate": "2025-09-05"}]}},
                   dueDate="2025-12-15"),
            september({"101": {"prior": 1796, "current": 1807}}, dueDate="2025-12-15"),
        ],
    )  # fmt: skip
    stands = [bill(utility, f"2025-{month}.101.1") for month in ("07", "08", "09")]
    assert [one["status"] for one in stands] == ["paid", "partial", "open"]
    assert [(one["paid"], one["amountDue"]) for one in stands] == [
        ("25.06", "0.00"), ("10.00", "15.06"), ("0.00", "25.06"),
    ]  # fmt: skip
    at(datetime(2025, 12, 16, 12, tzinfo=UTC))
    _ADMINS.clear()  # everybody signs in anew
    assert [bill(utility, f"2025-{month}.101.1")["status"] for month in ("07", "08", "09")] == [
        "paid", "overdue", "overdue",
    ]  # fmt: skip


@pytest.mark.covers("S1-046", "S1-047")
def test_common_area_and_building_are_read_and_never_billed(utility: Utility) -> None:
    garden = {"prior": 1730, "current": 1750, "consumption": 20}
    main = {"prior": 12985, "current": 13090, "consumption": 105}
    done = bring(utility, [july({"101": UNIT}, commonArea=garden, buildingMeter=main)])
    assert done["counts"]["accepted"] == 3
    admin = admin_of(utility)
    assert len(admin.get(f"{utility.base}/readings", period="2025-07").expect(200)["items"]) == 3
    assert len(admin.get(f"{utility.base}/bills", period="2025-07").expect(200)["items"]) == 1
    computed = {"prior": 13090, "current": 13101, "consumption": 11, "calculated": True}
    done = bring(utility, [august({"101": {"prior": 1785, "current": 1796}}, buildingMeter=computed)])
    assert done["counts"]["rows"] == 1  # what was added up is no reading; it is added up here too
    assert admin.get(f"{utility.base}/readings/balance", period="2025-08").expect(200)["calculated"] is True


_WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "another amount": ({"101": UNIT | {"totalAmount": 26.06}}, ".totalAmount", "amount-differs"),
    "a charge that the tariff does not make": ({"101": UNIT | {"baseCharge": 1}}, ".baseCharge", "amount-differs"),
    "finer than a cent": ({"101": UNIT | {"totalAmount": 25.061}}, ".totalAmount", "bad-amount"),
    "another use": ({"101": UNIT | {"consumption": 12}}, ".consumption", "consumption-differs"),
    "another reading before": ({"101": {"prior": 1775, "current": 1785}}, ".prior", "prior-differs"),
    "less than before": ({"101": {"prior": 1774, "current": 1773}}, ".current", "below-previous"),
    "more paid than billed": (
        {"101": UNIT | {"payments": [CHECK, CHECK | {"transactionId": "2", "amount": "0.01"}]}},
        ".payments",
        "above-due",
    ),
    "paid is not the sum": ({"101": UNIT | {"paidAmount": 25.06}}, ".paidAmount", "paid-differs"),
    "paid more than a year before it was billed": (
        {"101": UNIT | {"payments": [CHECK | {"paymentDate": "2024-07-30"}]}},
        ".payments[0]",
        "before-bill",
    ),
    "paid tomorrow": (
        {"101": UNIT | {"payments": [CHECK | {"paymentDate": "2025-11-12"}]}},
        ".payments[0]",
        "future-date",
    ),
    "a check without its number": (
        {"101": UNIT | {"payments": [CHECK | {"checkNumber": None}]}},
        ".payments[0]",
        "check-number",
    ),
    "cash with a check's number": (
        {"101": UNIT | {"payments": [CHECK | {"method": "cash"}]}},
        ".payments[0]",
        "check-number",
    ),
    "nothing paid": ({"101": UNIT | {"payments": [CHECK | {"amount": 0}]}}, ".payments[0]", "bad-amount"),
    "one transaction twice": (
        {"101": UNIT | {"payments": [CHECK | {"amount": 1}, CHECK | {"amount": 1}]}},
        ".payments[1]",
        "duplicate-payment",
    ),
    "nobody's unit": ({"999": UNIT}, "", "unknown-unit"),
    "a common area that is charged": (
        {"garden": {"prior": 1730, "current": 1750, "totalAmount": 25}},
        "",
        "not-billed",
    ),
}


@pytest.mark.parametrize("what", _WRONG)
def test_a_wrong_entry_is_refused_with_month_unit_and_place_and_leaves_nothing_behind(
    untouched: Utility, what: str
) -> None:
    units, place, code = _WRONG[what]
    before = kept(untouched)
    done = bring(untouched, [None, july(units)])
    (line,) = report(untouched, done)
    (unit,) = units
    assert (line["line"], line["column"], line["code"]) == (1, f"months[1].units.{unit}{place}", code)
    assert line["reason"].startswith(f"July 2025, {unit}: ")
    assert kept(untouched) == before
    assert done["counts"]["refused"] == 1


def test_where_the_amount_differs_both_are_named_and_the_tariff_can_still_be_corrected(utility: Utility) -> None:
    done = bring(utility, [july({"101": UNIT | {"totalAmount": 30.06}})])
    (line,) = report(utility, done)
    assert "30.06" in line["reason"]
    assert "25.06" in line["reason"]
    admin = admin_of(utility)
    sheet = admin.get(f"{utility.base}/tariffs/standard/versions/1").expect(200)["sheet"]
    sheet["charges"][1]["amount"] = "30.00"
    admin.put(f"{utility.base}/tariffs/standard/versions/1", sheet).expect(200)
    done = bring(utility, [july({"101": UNIT | {"totalAmount": 30.06}})])
    assert (done["counts"]["accepted"], bill(utility, "2025-07.101.1")["total"]) == (1, "30.06")


def test_a_reading_whose_day_bills_another_month_is_refused(utility: Utility) -> None:
    done = bring(utility, [july({"101": UNIT}) | {"readingDate": "2025-07-31"}])
    (line,) = report(utility, done)
    assert line["code"] == "other-period"


def test_a_month_without_a_tariff_is_refused_with_the_reason(utility: Utility) -> None:
    entry = {"prior": 1774, "current": 1785}
    done = bring(utility, [{"year": 2019, "month": 7, "readingDate": "2019-08-01", "units": {"101": entry}}])
    assert [line["code"] for line in report(utility, done)] == ["no-tariff"]


def test_the_same_history_again_changes_nothing(utility: Utility) -> None:
    months = [
        july({"101": UNIT | {"payments": [CHECK]}, "999": UNIT}),
        august({"101": {"prior": 1785, "current": 1790}}),
    ]
    first = bring(utility, months)
    before = kept(utility)
    again = bring(utility, months)
    assert kept(utility) == before
    assert again["counts"] == {**first["counts"], "accepted": 0, "unchanged": 2}
    assert report(utility, again) == report(utility, first)


def test_a_corrected_history_adds_what_was_refused_and_the_months_that_waited_for_it(utility: Utility) -> None:
    later = august({"101": {"prior": 1785, "current": 1785}, "102": {"prior": 35, "current": 40}})
    good = {"102": {"prior": 30, "current": 35}}
    first = bring(utility, [july(good | {"101": UNIT | {"totalAmount": 1}}), later])
    assert [(line["line"], line["code"]) for line in report(utility, first)] == [
        (2, "amount-differs"),
        (3, "earlier-refused"),
    ]
    assert first["counts"]["accepted"] == 2
    second = bring(utility, [july(good | {"101": UNIT}), later])
    assert (second["counts"]["accepted"], second["counts"]["unchanged"], second["counts"]["refused"]) == (2, 2, 0)
    assert bill(utility, "2025-08.101.1")["previousReading"] == "1785"


def test_months_after_one_that_can_not_be_read_wait_for_it(utility: Utility) -> None:
    later = august({"101": {"prior": 1774, "current": 1774}})
    done = bring(utility, [july({"101": UNIT}) | {"readingDate": "yesterday"}, later])
    assert [line["code"] for line in report(utility, done)] == ["bad-date", "earlier-refused"]


def test_what_was_read_here_is_not_overwritten_by_a_history(utility: Utility) -> None:
    body = {"accountNumber": "101", "reading": "1785", "readOn": "2025-08-01"}
    admin_of(utility).post(f"{utility.base}/readings", body).expect(201)
    done = bring(utility, [july({"101": UNIT}), {**july({"101": UNIT}), "month": 6, "readingDate": "2025-07-01"}])
    assert [line["code"] for line in report(utility, done)] == ["already-read", "already-read"]


@pytest.mark.parametrize(
    "change",
    [
        {"current": 1786, "consumption": 12, "totalAmount": 25.07},
        {"payments": [CHECK | {"amount": 25.05}]},
        {"payments": [CHECK | {"amount": 25.05}, {"paymentDate": "2025-08-11", "amount": 0.01, "method": "cash"}]},
        {"payments": [CHECK | {"transactionId": "TXN-2"}]},
    ],
    ids=["another reading", "another amount", "one more payment", "another transaction"],
)
def test_a_history_that_says_otherwise_than_the_record_is_refused(utility: Utility, change: dict[str, Any]) -> None:
    bring(utility, [july({"101": UNIT | {"payments": [CHECK]}})])
    before = kept(utility)
    done = bring(utility, [july({"101": UNIT | {"payments": [CHECK]} | change})])
    assert [line["code"] for line in report(utility, done)] == ["differs"]
    assert kept(utility) == before


def test_payments_that_a_first_file_forgot_are_added_by_a_second_one(utility: Utility) -> None:
    cash = {"paymentDate": "2025-08-05", "amount": 10, "method": "cash"}
    first = bring(utility, [july({"101": UNIT | {"payments": [cash]}, "102": {"prior": 30, "current": 35}})])
    rest = {"paymentDate": "2025-08-09", "amount": 15.06, "method": "transfer"}
    again = [july({"101": UNIT | {"payments": [cash, rest]}, "102": {"prior": 30, "current": 35}})]
    second = bring(utility, again)
    assert (second["counts"]["accepted"], second["counts"]["unchanged"]) == (1, 1)
    shown = bill(utility, "2025-07.101.1")
    assert (shown["paid"], shown["status"], shown["importId"]) == ("25.06", "paid", first["id"])
    listed = admin_of(utility).get(f"{utility.base}/bills/2025-07.101.1/payments").expect(200)["items"]
    assert [one["importId"] for one in listed] == [second["id"], first["id"]]
    before = kept(utility)
    assert bring(utility, again)["counts"]["unchanged"] == 2
    assert kept(utility) == before


@pytest.mark.parametrize(
    ("payments", "code"),
    [
        ([{"amount": 12}], "differs"),  # the one on record, corrected? who knows
        ([{"amount": 10}, {"amount": 15.07}], "above-due"),
        ([{"amount": 10}, {"amount": 1, "paymentDate": "2024-07-30"}], "before-bill"),
    ],
)
def test_payments_are_added_only_beside_all_that_are_on_record_and_up_to_what_is_due(
    utility: Utility, payments: list[dict[str, Any]], code: str
) -> None:
    cash = {"paymentDate": "2025-08-05", "amount": 10, "method": "cash"}
    bring(utility, [july({"101": UNIT | {"payments": [cash]}})])
    before = kept(utility)
    done = bring(utility, [july({"101": UNIT | {"payments": [cash | one for one in payments]}})])
    assert [line["code"] for line in report(utility, done)] == [code]
    assert kept(utility) == before


def test_equal_payments_without_transaction_ids_are_each_kept_once(utility: Utility) -> None:
    cash = {"paymentDate": "2025-08-05", "amount": 10, "method": "cash"}
    months = [july({"101": UNIT | {"payments": [cash, cash]}})]
    bring(utility, months)
    assert bring(utility, months)["counts"]["unchanged"] == 1
    listed = admin_of(utility).get(f"{utility.base}/connections/101/payments").expect(200)["items"]
    assert [one["amount"] for one in listed] == ["10.00", "10.00"]
    assert bill(utility, "2025-07.101.1")["paid"] == "20.00"


def test_where_readings_wait_for_a_person_a_history_counts_at_once(api: Api) -> None:
    opened = open_waterworks(api)
    made = register_connection(admin_of(opened), opened, "SM-1", initial="100")
    entry = {"prior": 100, "current": 110, "totalAmount": "275.00"}
    month = {"year": 2025, "month": 10, "readingDate": "2025-10-05", "units": {made["accountNumber"]: entry}}
    assert bring(opened, [month])["counts"]["accepted"] == 1
    reading = admin_of(opened).get(f"{opened.base}/readings/2025-10.{made['accountNumber']}").expect(200)
    assert (reading["status"], reading["source"]) == ("confirmed", "migrated")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "bad-json"),
        ("[" * 100_000, "bad-json"),
        ('{"months": [{"units": {"101": {}, "101": {}}}]}', "bad-json"),
        ('{"months": [NaN]}', "bad-json"),
        ('{"months": {}}', "no-months"),
        ('[{"months": []}]', "no-months"),
        ("account_number,reading\n", "bad-json"),
    ],
)
def test_a_file_that_is_no_history_is_refused_as_a_whole(untouched: Utility, text: str, code: str) -> None:
    done = bring(untouched, text)
    assert done["status"] == "refused"
    assert [line["code"] for line in report(untouched, done)] == [code]


def test_a_transaction_is_as_full_as_it_can_be(utility: Utility) -> None:
    """Forty units with two payments each are 280 writes: four transactions, none too large."""
    admin = admin_of(utility)
    units = {}
    for number in range(200, 240):
        body = {"accountNumber": str(number), "meterNumber": f"WM-{number}", "consumerClass": "unit"}
        admin.post(f"{utility.base}/connections", body).expect(201)
        paid = [{"paymentDate": "2025-08-05", "amount": amount, "method": "cash"} for amount in ("10.00", "15.06")]
        units[str(number)] = {"prior": 0, "current": 11, "payments": paid}
    import_id = announce(utility, [july(units)])
    with metered() as meter:
        service.run_history_import(utility.context(), import_id=import_id)
    taken = admin.get(f"{utility.base}/history/imports/{import_id}").expect(200)
    assert taken["counts"]["accepted"] == 40
    assert meter.requests["TransactWriteItems"] == 4 + 1 + 1  # entries, the tariff's seal, the import's end


def test_the_example_of_the_documentation_is_taken_in(utility: Utility) -> None:
    (example,) = [block for block in code_blocks(_PAGE) if block.language == "json"]
    admin = admin_of(utility)
    sheet = admin.get(f"{utility.base}/tariffs/standard/versions/1").expect(200)["sheet"]
    sheet["charges"][1]["code"] = "base"  # as S1's preset calls it
    admin.put(f"{utility.base}/tariffs/standard/versions/1", sheet).expect(200)
    done = bring(utility, example.text)
    assert (done["counts"]["accepted"], report(utility, done)) == (3, [])
    assert bill(utility, "2025-07.101.1")["status"] == "paid"


def test_a_history_comes_over_the_very_path_of_readings(app: Chalice, utility: Utility) -> None:
    admin = admin_of(utility)
    announced = admin.post(f"{utility.base}/history/imports", {"fileName": "history.json"}).expect(201)
    form = announced["upload"]
    text = json.dumps({"months": [july({"101": UNIT})]})
    posted = httpx.post(form["url"], data=form["fields"], files={"file": ("h.json", text)}, trust_env=False, timeout=60)
    assert posted.status_code == 204
    deliver_to(app, "meterbook-imports")
    (shown,) = admin.get(f"{utility.base}/history/imports").expect(200)["items"]
    assert (shown["id"], shown["status"], shown["counts"]["accepted"]) == (announced["id"], "done", 1)
    log = admin.get(f"/api/clients/{utility.client}/audit-log", action="history.migrated").expect(200)["items"]
    assert [entry["after"]["billed"] for entry in log] == ["25.06"]


def test_only_who_may_bring_histories_in_may_announce_one_and_only_in_their_project(utility: Utility) -> None:
    utility.as_staff("manager").post(f"{utility.base}/history/imports", {"fileName": "h.json"}).expect(403)
    import_id = announce(utility, [])
    with pytest.raises(NotFound):
        service.run_history_import(open_condominium(utility.api).context(), import_id=import_id)
    admin_of(utility).get(f"{utility.base}/readings/imports/{import_id}").expect(404)
