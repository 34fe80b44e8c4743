"""A reader's way through an area: its connections in the order in which one walks."""

from collections.abc import Iterator

import pytest

from chalicelib.connections.service import walking
from chalicelib.platform import clock
from tests.support.http import Api
from tests.support.meter import metered
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _register(admin: Api, utility: Utility, count: int) -> list[str]:
    return [str(register_connection(admin, utility, f"SM-{n}")["accountNumber"]) for n in range(count)]


def _way(admin: Api, utility: Utility, *, limit: int = 2) -> list[tuple[str, int | None]]:
    """Return the connections of Poblacion, page by page."""
    found: list[tuple[str, int | None]] = []
    cursor: str | None = None
    while True:
        asked: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = admin.get(f"{utility.base}/connections", area="Poblacion", limit=limit, **asked).expect(200)
        found += [(each["accountNumber"], each["walkingOrder"]) for each in page["items"]]
        if (cursor := page["nextCursor"]) is None:
            return found


def test_connections_of_an_area_are_listed_as_one_walks(utility: Utility, admin: Api) -> None:
    a, b, c, d = _register(admin, utility, 4)
    assert _way(admin, utility) == [(a, None), (b, None), (c, None), (d, None)]
    path = f"{utility.base}/areas/Poblacion/walking-order"

    given = admin.put(path, {"accountNumbers": [c, a]}).expect(200)
    assert given == {"area": "Poblacion", "first": 1, "accountNumbers": [c, a]}
    assert _way(admin, utility) == [(c, 1), (a, 2), (b, None), (d, None)]

    assert admin.put(path, {"accountNumbers": [d, b], "first": 2}).expect(200)["first"] == 2
    assert _way(admin, utility) == [(c, 1), (d, 2), (b, 3), (a, None)]

    admin.patch(f"{utility.base}/connections/{a}", {"version": 2, "walkingOrder": 2}).expect(200)
    assert _way(admin, utility) == [(c, 1), *sorted([(d, 2), (a, 2)]), (b, 3)]


def test_the_order_may_be_sent_again_and_costs_what_changes(utility: Utility, admin: Api) -> None:
    accounts = _register(admin, utility, 10)
    path = f"{utility.base}/areas/Poblacion/walking-order"
    with metered() as first:
        admin.put(path, {"accountNumbers": accounts}).expect(200)
    with metered() as again:
        admin.put(path, {"accountNumbers": accounts}).expect(200)
    assert first.write_units == 10 * 6 + 3
    assert again.write_units == 0
    log = admin.get(f"/api/clients/{utility.client}/audit-log", action="connections.numbered").expect(200)["items"]
    assert len(log) == 1
    assert log[0]["after"]["walkingOrder"].startswith(f"{accounts[0]}: 1, {accounts[1]}: 2")


def test_a_long_way_is_written_in_parts(utility: Utility, admin: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "_AT_ONCE", 2)
    accounts = _register(admin, utility, 5)
    admin.put(f"{utility.base}/areas/Poblacion/walking-order", {"accountNumbers": accounts[::-1]}).expect(200)
    assert [account for account, _ in _way(admin, utility)] == accounts[::-1]


def test_only_open_connections_of_the_area_are_numbered(utility: Utility, admin: Api) -> None:
    here, closed, away = _register(admin, utility, 3)
    admin.post(f"{utility.base}/connections/{closed}/closure", {"reason": "Torn down", "finalReading": "0"}).expect(200)
    admin.patch(f"{utility.base}/connections/{away}", {"version": 0, "area": "North"}).expect(200)
    path = f"{utility.base}/areas/Poblacion/walking-order"

    refused = admin.put(path, {"accountNumbers": [here, closed, away, "2025119999"]}).expect(400)
    assert refused["code"] == "not-in-area"
    assert [each["field"] for each in refused["errors"]] == [f"accountNumbers.{at}" for at in (1, 2, 3)]
    assert _way(admin, utility) == [(here, None)]
    twice = admin.put(path, {"accountNumbers": [here, here]}).expect(400)
    assert twice["errors"][0]["field"] == "accountNumbers"


def test_a_number_ends_with_the_area_and_stays_with_another_meter(utility: Utility, admin: Api) -> None:
    (account,) = _register(admin, utility, 1)
    path = f"{utility.base}/connections/{account}"
    admin.patch(path, {"version": 0, "walkingOrder": 7}).expect(200)
    exchange = {"meterNumber": "SM-NEW", "finalReading": "3", "reason": "Stuck"}
    assert admin.post(f"{path}/meter-exchanges", exchange).expect(200)["walkingOrder"] == 7
    assert _way(admin, utility) == [(account, 7)]
    assert admin.patch(path, {"version": 2, "area": "North"}).expect(200)["walkingOrder"] is None
    assert admin.patch(path, {"version": 3, "area": "South", "walkingOrder": 3}).expect(200)["walkingOrder"] == 3
