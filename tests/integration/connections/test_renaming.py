"""A consumer's new name: their connections say it too, however many they are."""

from contextlib import suppress

import pytest

from chalicelib.connections.service import consumers
from tests.support import table
from tests.support.faults import Death, faults
from tests.support.http import Api
from tests.support.table import items_of
from tests.support.utilities import Utility, open_waterworks


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _register(admin: Api, utility: Utility, first: str, last: str, **more: str) -> dict[str, object]:
    made: dict[str, object] = admin.post(utility.consumers, {"firstName": first, "lastName": last, **more}).expect(201)
    return made


def test_a_consumers_connections_say_their_new_name_closed_ones_too(
    utility: Utility, admin: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "_AT_ONCE", 2)
    consumer = _register(admin, utility, "Maria", "Santos")["id"]
    paths = []
    for number in range(5):
        meter = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": f"SM-{number}"}
        made = admin.post(f"{utility.base}/connections", meter).expect(201)
        paths.append(f"{utility.base}/connections/{made['accountNumber']}")
    admin.post(f"{paths[0]}/closure", {"reason": "Demolished", "finalReading": "0"}).expect(200)
    seen = [admin.get(path).expect(200) for path in paths]

    admin.patch(f"{utility.consumers}/{consumer}", _change("Maria", "Reyes")).expect(200)
    for path, before in zip(paths, seen, strict=True):
        changed = {"consumerName": "Maria Reyes", "version": before["version"] + 1}
        assert admin.get(path).expect(200) == before | changed
    admin.patch(f"{utility.consumers}/{consumer}", _change("Maria", "Reyes", version=1, phone="+63 917 1")).expect(200)
    assert admin.get(paths[1]).expect(200)["version"] == seen[1]["version"] + 1


def test_a_renaming_that_was_cut_off_is_completed_by_sending_it_again(
    utility: Utility, admin: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "_AT_ONCE", 2)
    consumer = _register(admin, utility, "Maria", "Santos", email="maria@example.com")["id"]
    for number in range(5):
        meter = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": f"SM-{number}"}
        admin.post(f"{utility.base}/connections", meter).expect(201)
    path = f"{utility.consumers}/{consumer}"
    before = items_of(utility.client)

    assert admin.patch(path, _change("Maria", "Reyes", version=7)).expect(409)["code"] == "changed"
    assert items_of(utility.client) == before

    calls, everything = 0, table.everything()
    while True:
        with faults(strike_at=calls, mode="dies after") as watched, suppress(Death):
            admin.patch(path, _change("Maria", "Reyes"))
        admin.patch(path, _change("Maria", "Reyes", version=admin.get(path).expect(200)["version"])).expect(200)
        named = {each["consumerName"] for each in admin.get(f"{utility.base}/connections").expect(200)["items"]}
        assert named == {"Maria Reyes"}, f"cut off after {watched.calls}"
        if not watched.struck:
            break
        calls += 1
        table.put_back(everything)
    assert calls >= 4


def _change(first: str, last: str, version: int = 0, **more: str) -> dict[str, object]:
    return {"firstName": first, "lastName": last, "version": version, **more}
