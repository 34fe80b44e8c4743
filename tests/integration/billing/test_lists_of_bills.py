"""Lists of bills over periods: none has to be named, and the newest comes first."""

from collections.abc import Iterator

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.http import Api
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

_PERIODS = ("2025-07", "2025-08", "2025-11")


@pytest.fixture
def utility(app: Chalice, api: Api) -> Iterator[Utility]:
    """Two connections, billed for three periods of which two lie apart."""
    clock.use_time(lambda: NOVEMBER)
    opened = open_waterworks(api)
    admin = opened.as_staff()
    accounts = [register_connection(admin, opened, f"SM-{number}")["accountNumber"] for number in range(2)]
    for value, period in enumerate(_PERIODS, start=1):
        for account in accounts:
            body = {"accountNumber": account, "reading": str(10 * value), "readOn": f"{period}-05"}
            admin.post(f"{opened.base}/readings", body).expect(201)
        admin.post(f"{opened.base}/readings/confirmations", {}).expect(200)
        admin.post(f"{opened.base}/billing-runs", {"period": period}).expect(202)
        drain(app, "meterbook-billing")
    yield opened
    clock.use_time(None)


def _periods(utility: Utility, limit: int, **query: str) -> list[str]:
    admin, found = utility.as_staff(), list[str]()
    cursor: dict[str, str] = {}
    for _ in range(40):
        page = admin.get(f"{utility.base}/bills", limit=limit, **query, **cursor).expect(200)
        found += [bill["period"] for bill in page["items"]]
        assert len(page["items"]) <= limit
        if page["nextCursor"] is None:
            return found
        cursor = {"cursor": page["nextCursor"]}
    raise AssertionError("the list does not end")


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_bills_of_all_periods_are_listed_newest_period_first_each_once(utility: Utility, limit: int) -> None:
    assert _periods(utility, limit) == ["2025-11"] * 2 + ["2025-08"] * 2 + ["2025-07"] * 2


def test_a_cursor_below_the_period_that_is_asked_for_ends_the_list(utility: Utility) -> None:
    admin = utility.as_staff()
    in_august = admin.get(f"{utility.base}/bills", limit=3).expect(200)["nextCursor"]
    page = admin.get(f"{utility.base}/bills", period="2025-11", cursor=in_august).expect(200)
    assert page == {"items": [], "nextCursor": None}
    days = {"from": "2025-11-01", "to": "2025-11-30"}
    readings = f"{utility.base}/readings"
    in_summer = admin.get(readings, limit=3).expect(200)["nextCursor"]
    assert admin.get(readings, cursor=in_summer, **days).expect(200) == {"items": [], "nextCursor": None}


def test_a_status_combines_with_a_period_and_with_none(utility: Utility) -> None:
    # Due on the 20th of the period's month: on 11 November those of summer are overdue.
    assert _periods(utility, 50, status="overdue") == ["2025-08"] * 2 + ["2025-07"] * 2
    assert _periods(utility, 50, status="open") == ["2025-11"] * 2
    assert _periods(utility, 50, status="overdue", period="2025-07") == ["2025-07"] * 2
    assert _periods(utility, 50, status="open", period="2025-07") == []


def test_bills_are_listed_for_five_years_and_longer_by_their_period(utility: Utility) -> None:
    clock.use_time(lambda: NOVEMBER.replace(year=2030, month=7))
    assert _periods(utility, 50) == ["2025-11"] * 2 + ["2025-08"] * 2  # August 2025 is the sixtieth month back
    assert _periods(utility, 50, period="2025-07") == ["2025-07"] * 2


def test_d9_a_version_that_begins_in_billed_months_names_the_bills_that_it_would_change(utility: Utility) -> None:
    admin = utility.as_staff()
    school = register_connection(admin, utility, "SM-9", consumer_class="commercial")["accountNumber"]
    body = {"accountNumber": school, "reading": "10", "readOn": "2025-11-05"}
    reading = admin.post(f"{utility.base}/readings", body).expect(201)["id"]
    admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(200)
    admin.post(f"{utility.base}/bills", {"readingId": reading}).expect(201)
    first = admin.get(f"{utility.base}/tariffs/residential/versions/1").expect(200)
    assert first["affectedBills"] == f"{utility.base}/bills?affectedBy=residential.1"
    assert admin.get(first["affectedBills"]).expect(200)["items"] == []  # it rated all of them

    before = admin.get(f"{utility.base}/bills").expect(200)["items"]
    dearer = first["sheet"] | {"validFrom": "2025-07-16", "name": "Dearer"}
    made = admin.post(f"{utility.base}/tariffs/residential/versions", dearer).expect(201)
    assert made["affectedBills"] == f"{utility.base}/bills?affectedBy=residential.2"
    assert _periods(utility, 3, affectedBy="residential.2") == ["2025-11"] * 2 + ["2025-08"] * 2
    assert _periods(utility, 3, affectedBy="residential.2", period="2025-08") == ["2025-08"] * 2
    assert admin.get(f"{utility.base}/bills").expect(200)["items"] == before  # nothing is rated again

    ahead = first["sheet"] | {"validFrom": "2025-12-01", "name": "Ahead"}
    made = admin.post(f"{utility.base}/tariffs/residential/versions", ahead).expect(201)
    assert made["affectedBills"] is None
    assert _periods(utility, 3, affectedBy="residential.3") == []
    admin.get(f"{utility.base}/bills", affectedBy="residential.4").expect(404)
    admin.get(f"{utility.base}/bills", affectedBy="residential").expect(400)
