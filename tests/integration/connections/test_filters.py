"""Filters of lists combine: each one that is given narrows the list."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from tests.support.http import Api
from tests.support.utilities import Utility, open_waterworks, register_connection

_STATUSES = ("active", "disconnected", "closed")
_AREAS = ("Bacong", "Bacong.P1", "Poblacion")
_LEFT_OUT = ""


@pytest.fixture(scope="module")
def utility(api: Api) -> Utility:
    return open_waterworks(api, area_levels=("barangay", "purok"))


@pytest.fixture(scope="module")
def connections(utility: Utility) -> list[Mapping[str, str]]:
    """One connection for each status in each area, and who has the first one has a second."""
    admin = utility.as_staff()
    for code in _AREAS:
        admin.post(f"/api/clients/{utility.client}/areas", {"code": code, "name": code}).expect(201)
    for number, (area, status) in enumerate(product(_AREAS, _STATUSES)):
        made = register_connection(admin, utility, f"SM-{number}", area=area)
        verb = {"disconnected": "disconnection", "closed": "closure"}.get(status)
        if verb:
            path = f"{utility.base}/connections/{made['accountNumber']}/{verb}"
            admin.post(path, {"reason": "Asked"} | ({"finalReading": "0"} if status == "closed" else {})).expect(200)
        if number == 0:
            second = {name: made[name] for name in ("consumerId", "consumerClass")}
            second |= {"meterNumber": "SM-SECOND", "area": "Poblacion"}
            admin.post(f"{utility.base}/connections", second).expect(201)
    every = admin.get(f"{utility.base}/connections", limit=200).expect(200)["items"]
    assert len(every) == 10
    return list(every)


def _listed(utility: Utility, path: str, **query: str) -> list[dict[str, Any]]:
    admin, found, cursor = utility.as_staff(), list[dict[str, Any]](), None
    while True:
        page = admin.get(path, limit=2, **query, **({"cursor": cursor} if cursor else {})).expect(200)
        found += page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            return found


def _lies_in(area: str, outer: str) -> bool:
    return area == outer or area.startswith(f"{outer}.")


@pytest.mark.parametrize("status", [_LEFT_OUT, *_STATUSES])
@pytest.mark.parametrize("area", [_LEFT_OUT, *_AREAS])
@pytest.mark.parametrize("more", [_LEFT_OUT, "meterNumber", "consumerId"])
def test_a_connection_is_listed_if_it_fits_every_filter(
    utility: Utility, connections: list[Mapping[str, str]], status: str, area: str, more: str
) -> None:
    first = connections[0]
    query = {"status": status, "area": area} | ({more: first[more]} if more else {})
    # The list of an area has no closed connections; a status of its own is asked for by name.
    fitting = {
        each["accountNumber"]
        for each in connections
        if each["status"] in ((status,) if status else ("active", "disconnected") if area and not more else _STATUSES)
        and (not area or _lies_in(each["area"], area))
        and (not more or each[more] == first[more])
    }

    found = _listed(utility, f"{utility.base}/connections", **{name: text for name, text in query.items() if text})

    assert len(found) == len(fitting)
    assert {each["accountNumber"] for each in found} == fitting


@pytest.mark.parametrize("status", [_LEFT_OUT, "active", "inactive"])
def test_consumers_are_found_by_name_and_status_at_once(utility: Utility, status: str) -> None:
    admin = utility.as_staff()
    for name, state in (("Ana", "active"), ("Ben", "inactive")):
        family = f"Abad{status.title()}"
        made = admin.post(utility.consumers, {"firstName": name, "lastName": family}).expect(201)
        admin.patch(f"{utility.consumers}/{made['id']}", {"version": made["version"], "status": state}).expect(200)

    found = _listed(utility, utility.consumers, q=f"abad{status}", **({"status": status} if status else {}))

    expected = {"": {"Ana", "Ben"}, "active": {"Ana"}, "inactive": {"Ben"}}[status]
    assert {each["firstName"] for each in found} == expected
