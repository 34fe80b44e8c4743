"""Whoever takes a connection over reads nothing of who had it before."""

import pytest

from chalicelib.platform import clock
from chalicelib.platform.http import Endpoint
from tests.support import endpoints
from tests.support.fixture_world import World
from tests.support.http import Api
from tests.support.utilities import NOVEMBER

_SECRET = "Owes 3,000.00 since March"
_READABLE = [
    one
    for one in endpoints.ALL
    if one.method == "GET" and (one.or_own or one.permission.endswith(".own") or "/me/" in one.path)
]


@pytest.fixture(scope="module")
def heir(world: World) -> Api:
    """The consumer who takes over what was the owner's, with all that was said and done about it."""
    clock.use_time(lambda: NOVEMBER)
    admin, path = world.people["admin"], f"{world.utility.base}/connections/{world.ids['accountNumber']}"
    admin.post(f"{path}/disconnection", {"reason": _SECRET}).expect(200)
    admin.post(f"{path}/reconnection", {"reason": _SECRET}).expect(200)
    owner, issue = world.people["owner"], {"title": "Leak", "description": _SECRET, "projectId": world.utility.project}
    owner.post("/api/me/issues", issue | {"accountNumber": world.ids["accountNumber"]}).expect(201)
    asked = {"projectId": world.utility.project, "address": "Purok 2", "note": _SECRET}
    owner.post("/api/me/service-requests", asked).expect(201)
    taker = world.people["other consumer"].get("/api/me/profile").expect(200)["id"]
    admin.post(f"{path}/handovers", {"consumerId": taker, "reason": _SECRET, "finalReading": "12"}).expect(200)
    return world.people["other consumer"]


def test_there_is_something_to_read() -> None:
    assert len(_READABLE) > 10


@pytest.mark.parametrize("one", _READABLE, ids=endpoints.name)
def test_nothing_of_the_former_consumer_is_read_by_the_next_one(world: World, heir: Api, one: Endpoint) -> None:
    """F3: reasons, ids, names and debts of the former consumer, in any answer that a consumer can get."""
    reply = heir.get(world.fill(one.path))
    assert reply.status in {200, 404}
    said = reply.body.decode()
    assert _SECRET not in said
    assert world.ids["consumerId"] not in said
    assert "Works on the main" not in said
