"""The history of readings, by connection, days and state, over HTTP; never by looking at all of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kernel.period import Period
from chalicelib.platform import clock
from chalicelib.platform.bulk import batches
from chalicelib.readings import repository
from chalicelib.readings.domain.reading import Reading
from tests.support.examples import WATERWORKS, reading, with_settings
from tests.support.http import Api
from tests.support.meter import metered
from tests.support.utilities import Utility, open_waterworks, register_connection

_MONTHS = [Period(2025, month) for month in range(2, 12)]


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    clock.use_time(lambda: datetime(2025, 11, 11, 1, 0, tzinfo=UTC))
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _ids(admin: Api, utility: Utility, **filters: object) -> list[str]:
    """Page through what fits, and give the ids in order."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = admin.get(f"{utility.base}/readings", **filters, **cursor).expect(200)
        found += [one["id"] for one in page["items"]]
        if page["nextCursor"] is None:
            return found
        cursor = {"cursor": page["nextCursor"]}


def _read(admin: Api, utility: Utility, meter: str) -> tuple[str, list[str]]:
    """Read a new connection on the fifth of three months, the last of which waits."""
    account = register_connection(admin, utility, meter)["accountNumber"]
    ids = []
    for value, month in ((10, "2025-09"), (20, "2025-10"), (30, "2025-11")):
        body = {"accountNumber": account, "reading": str(value), "readOn": f"{month}-05"}
        ids.append(admin.post(f"{utility.base}/readings", body).expect(201)["id"])
        if month < "2025-11":
            admin.post(f"{utility.base}/readings/{ids[-1]}/confirmation").expect(200)
    return account, ids


@pytest.mark.covers("S2-041", "S1-065", "S2-182")
def test_only_readings_that_fit_every_filter_are_listed(utility: Utility, admin: Api) -> None:
    (one, first), (_, second) = (_read(admin, utility, meter) for meter in ("SM-1", "SM-2"))
    newest_first = [first[2], second[2], first[1], second[1], first[0], second[0]]
    assert _ids(admin, utility) == newest_first
    assert _ids(admin, utility, limit=1) == newest_first
    assert _ids(admin, utility, **{"from": "2025-01-01", "to": "2025-12-31"}) == newest_first
    assert _ids(admin, utility, accountNumber=one) == first[::-1]
    assert _ids(admin, utility, accountNumber=one, limit=1) == first[::-1]
    assert _ids(admin, utility, **{"from": "2025-10-05", "to": "2025-11-04"}) == [first[1], second[1]]
    assert _ids(admin, utility, **{"from": "2025-10-06"}) == [first[2], second[2]]
    assert _ids(admin, utility, status="pending") == [first[2], second[2]]
    assert _ids(admin, utility, status="pending", period="2025-10") == []
    assert _ids(admin, utility, status="confirmed", to="2025-09-30") == [first[0], second[0]]
    assert _ids(admin, utility, accountNumber=one, status="confirmed", period="2025-10") == [first[1]]
    assert _ids(admin, utility, accountNumber="2025119999") == []
    for bad in ({"period": "2025-11", "to": "2025-11-05"}, {"from": "2024-01-01", "to": "2025-11-05"}):
        assert admin.get(f"{utility.base}/readings", **bad).expect(400)["code"] == "bad-filter"
    utility.as_staff("viewer").get(f"{utility.base}/readings").expect(403)


def test_a_cursor_of_one_connection_is_of_no_use_for_another(utility: Utility, admin: Api) -> None:
    one, _ = _read(admin, utility, "SM-1")
    cursor = admin.get(f"{utility.base}/readings", accountNumber=one, limit=1).expect(200)["nextCursor"]
    other = {"accountNumber": "2025119999", "cursor": cursor}
    assert admin.get(f"{utility.base}/readings", **other).expect(400)["code"] == "bad-cursor"


def _stored(utility: Utility, accounts: int, **changes: Any) -> None:  # noqa: ANN401
    """Put readings of many connections into the table, one on the fifth of each month."""
    project = utility.context().project
    every: list[Reading] = [
        reading(
            account=f"{account:05}",
            period=month,
            read_on=date(month.year, month.month, 5),
            value=Decimal(account),
            **changes,
        )
        for month in _MONTHS
        for account in range(accounts)
    ]
    for batch in batches(every):
        repository.insert_pending(project, batch)


@pytest.mark.covers("S2-357")
def test_a_filtered_history_costs_the_same_among_ten_readings_and_among_a_thousand(api: Api) -> None:
    """Of a connection: two units for each period, a half for each reading found, and three for who asks."""
    few, many = open_waterworks(api), open_waterworks(api, settings=with_settings(WATERWORKS, shards=4).settings)
    _stored(few, 1)
    _stored(many, 100)
    for filters, found, most in (
        ({"accountNumber": "00000"}, len(_MONTHS), 34),
        ({"accountNumber": "00000", "from": "2025-03-01", "to": "2025-03-31", "status": "confirmed"}, 1, 6),
        ({"from": "2025-03-05", "to": "2025-03-05", "limit": 10}, 1, 10),
        ({"status": "pending", "limit": 10}, 0, 10),
    ):
        for utility in (few, many):
            admin = utility.as_staff()
            with metered() as meter:
                page = admin.get(f"{utility.base}/readings", **filters).expect(200)
            assert page["items"][:1] == [] or len(page["items"]) >= found
            assert "Scan" not in meter.requests
            assert meter.read_units <= most, (filters, utility.project, meter.read_units)


def test_a_list_over_empty_months_hands_back_a_cursor_instead_of_looking_on(api: Api) -> None:
    utility = open_waterworks(api, settings=replace(WATERWORKS.settings, shards=16))
    admin = utility.as_staff()
    with metered() as meter:
        page = admin.get(f"{utility.base}/readings").expect(200)
    assert (page["items"], bool(page["nextCursor"])) == ([], True)
    assert meter.requests["Query"] == 4 * 16  # four months of the thirteen
