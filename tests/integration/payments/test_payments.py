"""Payments over HTTP: by bill, by connection, by month and by id, and whose they are."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.platform import clock
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, bring_history, open_waterworks, register_connection


@pytest.fixture(autouse=True)
def _in_november() -> Iterator[None]:
    """11 November 2025."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


def _paid(day: str, amount: str) -> dict[str, str]:
    return {"paymentDate": day, "amount": amount, "method": "cash"}


def _two_months(account: str) -> list[dict[str, Any]]:
    """Return September and October of an account, each paid in two parts."""
    months = []
    for month, before in ((9, 0), (10, 10)):
        paid = [_paid("2025-11-03", "75.00"), _paid(f"2025-{month}-20".replace("-9-", "-09-"), "100.00")]
        unit = {"prior": before, "current": before + 10, "totalAmount": "275.00", "payments": paid}
        months.append({"year": 2025, "month": month, "readingDate": f"2025-{month:02}-05", "units": {account: unit}})
    return months


@pytest.mark.covers("S1-076", "S2-071", "S3-105", "S3-125", "S2-374", "S4-055")
def test_payments_are_listed_by_bill_by_connection_and_by_month(utility: Utility) -> None:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    bring_history(utility, admin, _two_months(account))

    of_bill = admin.get(f"{utility.base}/bills/2025-09.{account}.1/payments").expect(200)["items"]
    assert [(one["paidOn"], one["amount"]) for one in of_bill] == [("2025-11-03", "75.00"), ("2025-09-20", "100.00")]
    of_connection = admin.get(f"{utility.base}/connections/{account}/payments").expect(200)["items"]
    shares = [(share["year"], share["month"], share["period"]) for one in of_connection for share in one["bills"]]
    october, september = (2025, 10, "October 2025"), (2025, 9, "September 2025")
    assert [one["paidOn"] for one in of_connection] == ["2025-11-03", "2025-11-03", "2025-10-20", "2025-09-20"]
    assert sorted(shares[:2]) == [september, october]
    assert shares[2:] == [october, september]
    bills = admin.get(f"{utility.base}/connections/{account}/bills").expect(200)["items"]
    assert [(bill["period"], bill["paid"], bill["amountDue"]) for bill in bills] == [
        ("2025-10", "175.00", "100.00"),
        ("2025-09", "175.00", "100.00"),
    ]
    admin.delete(f"{utility.base}/bills/{bills[0]['id']}").expect(405)
    page = admin.get(f"{utility.base}/payments", month="2025-11", limit="1").expect(200)
    rest = admin.get(f"{utility.base}/payments", month="2025-11", limit="1", cursor=page["nextCursor"]).expect(200)
    assert {share["month"] for one in [*page["items"], *rest["items"]] for share in one["bills"]} == {9, 10}
    assert rest["nextCursor"] is None
    for one in of_connection:
        assert admin.get(f"{utility.base}/payments/{one['id']}").expect(200) == one
    body = {"login": "teller", "name": "Teller", "password": PASSWORD, "role": "account_officer"}
    admin.post(f"/api/clients/{utility.client}/users", body).expect(201)
    officer = utility.as_staff("teller")
    seen = [officer.get(f"{utility.base}/payments", month=f"2025-{month:02}").expect(200) for month in (9, 10, 11)]
    assert sorted(one["id"] for page in seen for one in page["items"]) == sorted(one["id"] for one in of_connection)
    this_month = admin.get(f"{utility.base}/payments").expect(200)["items"]
    assert [one["paidOn"] for one in this_month] == ["2025-11-03", "2025-11-03"]
    for unknown in ("2025-09.1.1", f"2025-08.{account}.1"):
        admin.get(f"{utility.base}/bills/{unknown}/payments").expect(404)
    for unknown in (f"2025-09.{account}.1", "01K9R6TGM0W5GNPCRW6FPSSVTH"):
        admin.get(f"{utility.base}/payments/{unknown}").expect(404)


@pytest.mark.covers("S2-190", "S2-030")
@pytest.mark.covers("S2-226", "S2-415")
def test_the_bills_of_a_period_are_listed_by_how_they_stand_today(utility: Utility) -> None:
    admin = utility.as_staff()
    accounts = [register_connection(admin, utility, f"SM-{number}")["accountNumber"] for number in range(3)]
    paid: list[list[dict[str, str]]] = [[], [_paid("2025-11-03", "10.00")], [_paid("2025-11-03", "275.00")]]
    units = {
        account: {"prior": 0, "current": 10, "payments": payments}
        for account, payments in zip(accounts, paid, strict=True)
    }
    october = {"year": 2025, "month": 10, "readingDate": "2025-10-05", "dueDate": "2025-11-12", "units": units}
    bring_history(utility, admin, [october])

    def standing(status: str) -> list[str]:
        page = utility.as_staff().get(f"{utility.base}/bills", period="2025-10", status=status).expect(200)
        assert page["nextCursor"] is None
        return [bill["accountNumber"] for bill in page["items"]]

    assert [standing(status) for status in ("open", "partial", "paid", "overdue")] == [
        accounts[:1],
        accounts[1:2],
        accounts[2:],
        [],
    ]
    clock.use_time(lambda: NOVEMBER + timedelta(days=2))
    assert [standing(status) for status in ("open", "partial", "paid")] == [[], [], accounts[2:]]
    assert standing("overdue") == accounts[:2]
    utility.as_staff().get(f"{utility.base}/bills", period="2025-10", status="due").expect(400)


def test_payments_are_in_order_over_all_pages(utility: Utility) -> None:
    """D15: they were sorted within each page only."""
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    days = {8: [5, 20, 9, 14, 11, 30, 7], 9: [20, 6, 13, 28, 9]}
    months = []
    for number, (month, each) in enumerate(days.items()):
        paid = [_paid(f"2025-{month + 1:02}-{day:02}", "10.00") for day in each]
        unit = {"prior": 10 * number, "current": 10 * number + 10, "payments": paid}
        read = f"2025-{month:02}-05"
        months.append({"year": 2025, "month": month, "readingDate": read, "units": {account: unit}})
    bring_history(utility, admin, months)

    def days_of(path: str, limit: int) -> list[str]:
        found, query = [], {"limit": str(limit)}
        while True:
            page = admin.get(f"{utility.base}/{path}/payments", **query).expect(200)
            found += [one["paidOn"] for one in page["items"]]
            if page["nextCursor"] is None:
                return found
            query["cursor"] = page["nextCursor"]

    by_day = {
        month: [f"2025-{month + 1:02}-{day:02}" for day in sorted(each, reverse=True)] for month, each in days.items()
    }
    for limit in (1, 2, 3, 50):
        for month in days:
            assert days_of(f"bills/2025-{month:02}.{account}.1", limit) == by_day[month]
        assert days_of(f"connections/{account}", limit) == [*by_day[9], *by_day[8]]


def test_consumers_see_their_own_payments_also_of_a_connection_that_was_handed_over(api: Api, utility: Utility) -> None:
    admin = utility.as_staff()
    connection = register_connection(admin, utility, "SM-1")
    account = connection["accountNumber"]
    bring_history(utility, admin, _two_months(account))
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    people = []
    for login, consumer in (("juan", connection["consumerId"]), ("ana", heir)):
        admin.post(f"{utility.consumers}/{consumer}/login", {"login": login, "password": PASSWORD}).expect(201)
        people.append(api.sign_in(utility.client, login, PASSWORD))
    juan, ana = people
    of_bill = f"{utility.base}/bills/2025-09.{account}.1/payments"
    (payment, _) = juan.get(of_bill).expect(200)["items"]
    assert len(juan.get(f"{utility.base}/connections/{account}/payments").expect(200)["items"]) == 4
    assert [bill["period"] for bill in juan.get("/api/me/bills").expect(200)["items"]] == ["2025-10", "2025-09"]
    assert ana.get("/api/me/bills").expect(200)["items"] == []
    juan.get(f"{utility.base}/payments", month="2025-11").expect(403)
    ana.get(f"{utility.base}/connections/{account}/payments").expect(404)

    path = f"{utility.base}/connections/{account}/handovers"
    admin.post(path, {"consumerId": heir, "reason": "Sold", "estimateFinal": True}).expect(200)
    assert ana.get(f"{utility.base}/connections/{account}/payments").expect(200)["items"] == []
    ana.get(of_bill).expect(404)
    ana.get(f"{utility.base}/payments/{payment['id']}").expect(404)
    assert juan.get(f"{utility.base}/payments/{payment['id']}").expect(200) == payment
    assert len(juan.get(of_bill).expect(200)["items"]) == 2
