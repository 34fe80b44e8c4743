"""What nobody read: listed, estimated one by one or all together, billed as estimated, and settled by real readings."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.files import service as files
from chalicelib.platform import clock, settings, storage
from chalicelib.readings import service as readings
from chalicelib.readings.service import estimating
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.table import items_of
from tests.support.utilities import Utility, open_condominium, open_waterworks, register_connection


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture(autouse=True)
def _real_time() -> Iterator[None]:
    _go_to(2025, 11)
    yield
    clock.use_time(None)


def _go_to(year: int, month: int, day: int = 11) -> None:
    clock.use_time(lambda: datetime(year, month, day, 1, 0, tzinfo=UTC))


def _read(staff: Api, utility: Utility, account: str, value: str, read_on: str) -> dict[str, Any]:
    body = {"accountNumber": account, "reading": value, "readOn": read_on}
    taken: dict[str, Any] = staff.post(f"{utility.base}/readings", body).expect(201)
    return taken


def _estimate(staff: Api, utility: Utility, period: str, **which: str) -> dict[str, Any]:
    done: dict[str, Any] = staff.post(f"{utility.base}/readings/estimates", {"period": period, **which}).expect(200)
    return done


def _bill(app: Chalice, staff: Api, utility: Utility, period: str) -> list[dict[str, Any]]:
    staff.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    staff.post(f"{utility.base}/billing-runs", {"period": period}).expect(202)
    drain(app, "meterbook-billing")
    return whole_bills(staff, utility.base, period)


def _read_and_confirmed(utility: Utility, meters: int, area: str = "Poblacion") -> list[str]:
    """Register connections that were read at 10 in November, and go to December."""
    admin = utility.as_staff()
    accounts = [register_connection(admin, utility, f"SM-{n}", area=area)["accountNumber"] for n in range(meters)]
    for account in accounts:
        _read(admin, utility, account, "10", "2025-11-05")
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    _go_to(2025, 12)
    return accounts


def test_over_the_months_estimates_are_settled_and_the_bills_add_up_to_what_the_meter_showed(
    app: Chalice, utility: Utility
) -> None:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1", initial="140")["accountNumber"]
    bills: list[dict[str, Any]] = []
    for year, month, shown in (
        (2025, 11, "150"),
        (2025, 12, None),
        (2026, 1, None),
        (2026, 2, "165"),
        (2026, 3, "180"),
    ):
        _go_to(year, month)
        admin, period = utility.as_staff(), f"{year}-{month:02}"
        if shown is None:
            assert _estimate(admin, utility, period)["estimated"] == 1
        else:
            _read(admin, utility, account, shown, f"{period}-05")
        bills += _bill(app, admin, utility, period)

    assert [(each["previousReading"], each["currentReading"], each["usage"]) for each in bills] == [
        ("140", "150", "10"),
        ("150", "160", "10"),
        ("150", "170", "10"),
        ("150", "165", "0"),  # 15 since the last real reading, 20 of them billed
        ("165", "180", "10"),  # less the 5 that are left of those
    ]
    assert [each["estimated"] for each in bills] == [False, True, True, False, False]
    assert [(each["useBroughtForward"], each["useCarriedForward"]) for each in bills] == [
        (None, None), (None, None), ("-10", None), ("-20", "-5"), ("-5", None),
    ]  # fmt: skip
    assert [each["total"] for each in bills] == ["275.00", "275.00", "275.00", "50.00", "275.00"]
    assert bills[0]["useExplained"] == ["150 - 140 = 10 m3"]
    assert bills[1]["useExplained"] == [
        "160 - 150 = 10 m3; nobody read the meter, so this is estimated from the last uses"
    ]
    assert bills[3]["useExplained"] == [
        "165 - 150 = 15 m3",
        "20 m3 were billed before",
        "5 m3 more were billed than used; the next bill has them off",
        "billed: 0 m3",
    ]
    for bill in bills:
        assert (
            admin.get(f"{utility.base}/bills/{bill['id']}").expect(200) | {"status": "open", "daysOverdue": 0} == bill
        )
    shown = admin.get(f"{utility.base}/connections/{account}").expect(200)
    assert (shown["lastReading"], shown["estimated"], shown["useBroughtForward"]) == ("180", None, None)


def test_an_estimate_is_shown_as_one_wherever_its_reading_is(utility: Utility) -> None:
    (account,) = _read_and_confirmed(utility, 1)
    admin = utility.as_staff()
    _estimate(admin, utility, "2025-12", accountNumber=account)
    one = admin.get(f"{utility.base}/readings/2025-12.{account}").expect(200)
    assert (one["source"], one["estimated"], one["status"], one["readOn"]) == (
        "estimated", True, "pending", "2025-12-05",
    )  # fmt: skip
    assert admin.get(f"{utility.base}/readings/pending").expect(200)["items"] == [one]
    assert admin.get(f"{utility.base}/readings", period="2025-12").expect(200)["items"] == [one]
    admin.post(f"{utility.base}/readings/{one['id']}/confirmation").expect(200)
    shown = admin.get(f"{utility.base}/connections/{account}").expect(200)
    assert (shown["lastReading"], shown["estimated"], shown["useBroughtForward"]) == ("10", "10", "-10")
    assert (shown["lastPeriod"], shown["lastReadOn"]) == ("2025-12", "2025-12-05")


@pytest.mark.covers("S2-042")
def test_what_nobody_read_is_listed_until_it_is(utility: Utility) -> None:
    accounts = _read_and_confirmed(utility, 5)
    admin = utility.as_staff()
    unread = f"{utility.base}/readings/unread"
    path = f"{utility.base}/connections/{accounts[0]}/disconnection"
    admin.post(path, {"reason": "Unpaid"}).expect(200)
    _read(admin, utility, accounts[1], "20", "2025-12-05")
    first = admin.get(unread, period="2025-12", limit=2).expect(200)
    rest = admin.get(unread, period="2025-12", limit=2, cursor=first["nextCursor"]).expect(200)
    assert [each["accountNumber"] for each in first["items"] + rest["items"]] == accounts[2:]
    assert rest["nextCursor"] is None
    shown = first["items"][0]
    assert (shown["meterNumber"], shown["previous"], shown["lastPeriod"]) == ("SM-2", "10", "2025-11")
    assert shown["consumerName"] == "Juan Dela Cruz SM-2"
    assert admin.get(unread, period="2025-11").expect(200)["items"] == []
    assert admin.get(unread, period="2025-12", area="San Isidro").expect(200)["items"] == []
    assert len(admin.get(unread, period="2025-12", area="Poblacion").expect(200)["items"]) == 3
    utility.as_staff("viewer").get(unread, period="2025-12").expect(403)


def test_all_that_nobody_read_is_estimated_once_and_what_can_not_be_is_named(utility: Utility) -> None:
    accounts = _read_and_confirmed(utility, 4)
    admin = utility.as_staff()
    elsewhere = register_connection(admin, utility, "SM-9", area="San Isidro")["accountNumber"]
    _read(admin, utility, accounts[0], "20", "2025-12-05")
    done = _estimate(admin, utility, "2025-12", area="Poblacion")
    assert done == {"estimated": 3, "left": [], "nextCursor": None}
    before = items_of(utility.client)
    again = _estimate(admin, utility, "2025-12")
    assert (again["estimated"], [one["accountNumber"] for one in again["left"]]) == (0, [elsewhere])
    assert "read the meter" in again["left"][0]["reason"]
    assert items_of(utility.client) == before
    (entry,) = [item for key, item in before.items() if "ENTRY#" in key and item["ac"]["S"] == "readings.estimated"]
    assert accounts[1] in str(entry["af"])


def test_many_are_estimated_a_bounded_number_at_a_time(utility: Utility, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimating, "ESTIMATED_AT_ONCE", 2)
    monkeypatch.setattr(estimating, "_BATCHES_PER_CALL", 1)
    _read_and_confirmed(utility, 5)
    admin = utility.as_staff()
    counts: list[int] = []
    more: dict[str, str] = {}
    while True:
        done = _estimate(admin, utility, "2025-12", **more)
        counts.append(done["estimated"])
        if done["nextCursor"] is None:
            break
        more = {"cursor": done["nextCursor"]}
    assert counts == [2, 2, 1]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"period": "2026-01"}, 400, "future-date"),
        ({"period": "2025-12", "accountNumber": "2025119999"}, 404, "not-found"),
        ({"period": "2025-12", "accountNumber": "1", "area": "Poblacion"}, 400, "invalid-body"),
        ({"period": "2025-12", "cursor": "x"}, 400, "bad-cursor"),
    ],
)
def test_an_estimate_that_can_not_be_asked_for_is_refused(
    utility: Utility, body: dict[str, str], status: int, code: str
) -> None:
    _go_to(2025, 12)
    assert utility.as_staff().post(f"{utility.base}/readings/estimates", body).expect(status)["code"] == code


def test_a_connection_that_was_never_read_is_refused_and_one_that_is_read_too(utility: Utility) -> None:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    estimates, body = f"{utility.base}/readings/estimates", {"period": "2025-11", "accountNumber": account}
    refused = admin.post(estimates, body).expect(400)
    assert (refused["code"], "read the meter" in refused["detail"]) == ("nothing-to-estimate-by", True)
    _read(admin, utility, account, "10", "2025-11-05")
    assert admin.post(estimates, body).expect(409)["code"] == "already-read"
    utility.as_staff("field_staff").post(estimates, body).expect(403)


def test_the_same_estimate_again_is_the_one_that_is_there(utility: Utility) -> None:
    (account,) = _read_and_confirmed(utility, 1)
    admin = utility.as_staff()
    _estimate(admin, utility, "2025-12", accountNumber=account)
    before = items_of(utility.client)
    _estimate(admin, utility, "2025-12", accountNumber=account)
    assert items_of(utility.client) == before


def test_while_a_run_works_on_a_period_nothing_of_it_is_estimated(app: Chalice, utility: Utility) -> None:
    (account,) = _read_and_confirmed(utility, 1)
    admin = utility.as_staff()
    run = admin.post(f"{utility.base}/billing-runs", {"period": "2025-12"}).expect(202)
    for which in ({}, {"accountNumber": account}):
        refused = admin.post(f"{utility.base}/readings/estimates", {"period": "2025-12", **which}).expect(409)
        assert (refused["code"], run["id"] in refused["detail"]) == ("period-frozen", True)
    drain(app, "meterbook-billing")
    assert _estimate(admin, utility, "2025-12")["estimated"] == 1


def test_a_real_reading_of_the_same_period_takes_the_place_of_an_estimate_that_waits(utility: Utility) -> None:
    (account,) = _read_and_confirmed(utility, 1)
    admin = utility.as_staff()
    _estimate(admin, utility, "2025-12")
    taken = _read(admin, utility, account, "17", "2025-12-05")
    assert (taken["estimated"], taken["status"], taken["usage"]) == (False, "pending", "7")
    assert _read(admin, utility, account, "17", "2025-12-05") == taken
    assert admin.get(f"{utility.base}/readings", period="2025-12").expect(200)["items"] == [taken]
    assert admin.post(f"{utility.base}/readings/{taken['id']}/confirmation").expect(200)["usage"] == "7"


def test_a_confirmed_estimate_is_corrected_by_what_the_meter_showed_until_it_is_billed(
    app: Chalice, utility: Utility
) -> None:
    (account,) = _read_and_confirmed(utility, 1)
    admin = utility.as_staff()
    _estimate(admin, utility, "2025-12")
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    body = {"accountNumber": account, "reading": "17", "readOn": "2025-12-05"}
    refused = admin.post(f"{utility.base}/readings", body).expect(409)
    assert (refused["code"], "correct" in refused["detail"]) == ("already-read", True)
    path, correction = f"{utility.base}/readings/2025-12.{account}", {"reading": "17", "readOn": "2025-12-05"}
    corrected = admin.put(path, correction).expect(200)
    assert (corrected["source"], corrected["status"], corrected["usage"]) == ("manual", "confirmed", "7")
    shown = admin.get(f"{utility.base}/connections/{account}").expect(200)
    assert (shown["lastReading"], shown["estimated"], shown["useBroughtForward"]) == ("17", None, None)
    (bill,) = _bill(app, admin, utility, "2025-12")
    assert (bill["estimated"], bill["usage"]) == (False, "7")


def test_where_readings_count_at_once_a_real_one_takes_the_place_of_an_estimate_until_it_is_billed(
    app: Chalice, api: Api
) -> None:
    utility = open_condominium(api)
    admin = utility.as_staff()
    for unit in ("101", "102", "103"):
        body = {"accountNumber": unit, "consumerClass": "unit", "meterNumber": f"WM-{unit}", "area": "A"}
        admin.post(f"{utility.base}/connections", body).expect(201)
        _read(admin, utility, unit, "10", "2025-08-01")
    assert _estimate(admin, utility, "2025-08")["estimated"] == 3
    assert admin.get(f"{utility.base}/readings/2025-08.101").expect(200)["readOn"] == "2025-09-01"

    taken = _read(admin, utility, "101", "17", "2025-09-01")
    assert (taken["status"], taken["usage"], taken["source"]) == ("confirmed", "7", "manual")
    ctx = utility.context(now=datetime(2025, 11, 11, 1, 0, tzinfo=UTC))
    announced, _ = files.ask_for_upload(ctx, kind="readings", file_name="f.csv", period=None)
    key = f"{utility.client}/{utility.project}/imports/{announced.id}.csv"
    file = b"account_number,reading,read_on\n102,16,2025-09-01\n"
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file)
    counts = readings.run_import(ctx, import_id=announced.id).counts
    assert (counts.accepted, counts.refused) == (1, 0)

    admin.post(f"{utility.base}/billing-runs", {"period": "2025-08"}).expect(202)
    drain(app, "meterbook-billing")
    bills = whole_bills(admin, utility.base, "2025-08")
    assert [(each["accountNumber"], each["usage"], each["estimated"]) for each in bills] == [
        ("101", "7", False), ("102", "6", False), ("103", "10", True),
    ]  # fmt: skip
    body = {"accountNumber": "103", "reading": "15", "readOn": "2025-09-01"}
    assert admin.post(f"{utility.base}/readings", body).expect(400)["code"] == "not-after-last"
    announced, _ = files.ask_for_upload(ctx, kind="readings", file_name="g.csv", period=None)
    key = f"{utility.client}/{utility.project}/imports/{announced.id}.csv"
    file = b"account_number,reading,read_on\n103,15,2025-09-01\n103,15,2025-09-02\n"
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file)
    readings.run_import(ctx, import_id=announced.id)
    (line,) = admin.get(f"{utility.base}/readings/imports/{announced.id}/report", kind="refused").expect(200)["items"]
    assert (line["line"], line["kind"], line["code"]) == (2, "refused", "not-after-last")
    settled = admin.get(f"{utility.base}/readings/2025-08.103:2").expect(200)  # of the day after the estimate
    assert (settled["usage"], settled["useBroughtForward"], settled["useCarriedForward"]) == ("0", "-10", "-5")
    assert _read(admin, utility, "103", "15", "2025-10-01")["useCarriedForward"] == "-5"


def test_an_exchange_settles_an_estimate_and_closing_says_what_was_billed_ahead(utility: Utility) -> None:
    first, second = _read_and_confirmed(utility, 2)
    admin = utility.as_staff()
    _estimate(admin, utility, "2025-12")
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    exchange = {"meterNumber": "SM-NEW", "finalReading": "14", "reason": "Stuck"}
    path = f"{utility.base}/connections/{first}"
    after = admin.post(f"{path}/meter-exchanges", exchange).expect(200)
    assert (after["useBroughtForward"], after["estimated"], after["lastReading"]) == ("-6", None, "0")
    path = f"{utility.base}/connections/{second}"
    closed = admin.post(f"{path}/closure", {"reason": "Demolished", "finalReading": "14"}).expect(200)
    (event,) = admin.get(f"{path}/history").expect(200)["items"]
    assert event["facts"] == {"was": "active", "billedAhead": "6"}
    bill = admin.get(f"{utility.base}/bills/{closed['finalBillId']}").expect(200)
    assert (bill["usage"], bill["useCarriedForward"]) == ("10", "-6")  # estimated and not billed before, 4 used


def test_a_buildings_own_meter_is_estimated_only_by_name(api: Api) -> None:
    utility = open_condominium(api)
    admin = utility.as_staff()
    body = {"accountNumber": "building", "consumerClass": "unit", "meterNumber": "WM-B", "purpose": "building"}
    admin.post(f"{utility.base}/connections", body).expect(201)
    _read(admin, utility, "building", "10", "2025-08-01")
    assert _estimate(admin, utility, "2025-08") == {"estimated": 0, "left": [], "nextCursor": None}
    assert _estimate(admin, utility, "2025-08", accountNumber="building")["estimated"] == 1
