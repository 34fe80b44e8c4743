"""A consumer's own bills over HTTP: newest first, in pages, over all their connections."""

from collections.abc import Iterator

import pytest

from chalicelib.bills import service
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


def _months(*accounts: str) -> list[dict[str, object]]:
    """Return four months of these accounts."""
    months: list[dict[str, object]] = []
    for month in (7, 8, 9, 10):
        before = (month - 7) * 10
        unit = {"prior": before, "current": before + 10, "totalAmount": "275.00", "payments": []}
        on = f"2025-{month:02}-05"
        months.append({"year": 2025, "month": month, "readingDate": on, "units": dict.fromkeys(accounts, unit)})
    return months


def _three_connections(admin: Api, utility: Utility) -> tuple[Api, list[str]]:
    """Register three connections of one consumer, with four bills each, and sign the consumer in."""
    first = register_connection(admin, utility, "SM-0")
    accounts = [first["accountNumber"]]
    for number in (1, 2):
        body = {"consumerId": first["consumerId"], "consumerClass": "residential", "meterNumber": f"SM-{number}"}
        made = admin.post(f"{utility.base}/connections", body | {"area": "Poblacion"}).expect(201)
        accounts.append(made["accountNumber"])
    bring_history(utility, admin, _months(*accounts, register_connection(admin, utility, "OTHER")["accountNumber"]))
    path = f"{utility.consumers}/{first['consumerId']}/login"
    admin.post(path, {"login": "juan", "password": PASSWORD}).expect(201)
    return utility.api.sign_in(utility.client, "juan", PASSWORD), accounts


def _pages(juan: Api, limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    at: dict[str, str] = {}
    while True:
        page = juan.get("/api/me/bills", limit=limit, **at).expect(200)
        pages.append([bill["id"] for bill in page["items"]])
        if page["nextCursor"] is None:
            return pages
        at = {"cursor": page["nextCursor"]}


def test_pages_of_my_bills_hold_each_bill_of_all_my_connections_once_the_newest_first(utility: Utility) -> None:
    """G1: `GET /api/me/bills` pages like every other list."""
    juan, accounts = _three_connections(utility.as_staff(), utility)
    newest_first = [
        f"2025-{month:02}.{account}.1" for month in (10, 9, 8, 7) for account in sorted(accounts, reverse=True)
    ]
    for limit in (1, 2, 3, 5, 12, 200):
        pages = _pages(juan, limit)
        assert [bill for page in pages for bill in page] == newest_first
        assert all(len(page) == limit for page in pages[:-1])


def test_of_many_connections_the_bills_come_group_by_group(utility: Utility, monkeypatch: pytest.MonkeyPatch) -> None:
    """G1: a page reads a bounded number of connections; no bill is lost between two groups."""
    juan, accounts = _three_connections(utility.as_staff(), utility)
    monkeypatch.setattr(service, "_CONNECTIONS_MERGED", 2)
    first, second, third = sorted(accounts)
    expected = [f"2025-{month:02}.{account}.1" for month in (10, 9, 8, 7) for account in (second, first)]
    expected += [f"2025-{month:02}.{third}.1" for month in (10, 9, 8, 7)]
    for limit in (1, 3, 8, 9, 50):
        assert [bill for page in _pages(juan, limit) for bill in page] == expected


def test_a_page_of_my_bills_goes_on_after_a_connection_was_handed_over(utility: Utility) -> None:
    admin = utility.as_staff()
    juan, accounts = _three_connections(admin, utility)
    page = juan.get("/api/me/bills", limit=5).expect(200)
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    path = f"{utility.base}/connections/{accounts[0]}/handovers"
    admin.post(path, {"consumerId": heir, "reason": "Sold", "estimateFinal": True}).expect(200)
    rest = juan.get("/api/me/bills", cursor=page["nextCursor"]).expect(200)
    shown = [bill["id"] for bill in page["items"] + rest["items"]]
    assert len(shown) == len(set(shown)) == 12


def test_a_cursor_of_my_bills_is_of_no_other_list_and_no_other_consumer(utility: Utility) -> None:
    admin = utility.as_staff()
    juan, accounts = _three_connections(admin, utility)
    mine = juan.get("/api/me/bills", limit=1).expect(200)["nextCursor"]
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    admin.post(f"{utility.consumers}/{heir}/login", {"login": "ana", "password": PASSWORD}).expect(201)
    ana = utility.api.sign_in(utility.client, "ana", PASSWORD)
    assert ana.get("/api/me/bills", cursor=mine).expect(400)["code"] == "bad-cursor"
    others = juan.get(f"{utility.base}/connections/{accounts[0]}/bills", limit=1).expect(200)["nextCursor"]
    assert juan.get("/api/me/bills", cursor=others).expect(400)["code"] == "bad-cursor"
