"""What a list says of a thing is for those who may be shown the thing (D11)."""

import re

import pytest

from tests.support import endpoints
from tests.support.fixture_world import STAFF, World

_BY_PATH = {one.path: one for one in endpoints.ALL if one.method == "GET"}
_PAIRS = {
    one.path.rpartition("/")[0]: (_BY_PATH[one.path.rpartition("/")[0]], one)
    for one in _BY_PATH.values()
    if re.fullmatch(r".*/{\w+}", one.path) and one.path.rpartition("/")[0] in _BY_PATH
}
_PROJECTS = "/api/clients/{clientId}/projects"


def test_a_list_asks_for_the_permission_by_which_one_of_its_things_is_shown() -> None:
    """D11, for every list: of projects everybody may know that they are there, see below."""
    assert len(_PAIRS) > 15
    other = {path for path, (listed, shown) in _PAIRS.items() if listed.permission != shown.permission}
    assert other == {_PROJECTS}


@pytest.mark.parametrize("who", [*STAFF, "owner"])
def test_the_settings_of_a_project_are_listed_for_those_to_whom_they_are_shown(world: World, who: str) -> None:
    """D11: projects were listed with their settings to roles that may not be shown one."""
    somebody = world.people[who]
    shown = somebody.get(world.utility.base)
    listed = somebody.get(world.fill(_PROJECTS)).expect(200)["items"]
    assert [each["id"] for each in listed] == [world.utility.project]
    assert all(each["label"] for each in listed)
    assert shown.status == (403 if listed[0]["settings"] is None else 200)
    assert listed[0]["settings"] == (shown.json["settings"] if shown.status == 200 else None)
    assert (shown.status == 200) == ("settings.read" in somebody.get("/api/me").expect(200)["permissions"])


@pytest.mark.covers("S0-062")
@pytest.mark.parametrize("path", ["/api/me/bills", "/api/me/connections"])
def test_only_consumers_have_bills_and_connections_of_their_own(world: World, path: str) -> None:
    assert world.people["owner"].get(path).expect(200)["items"]
    for role in STAFF:
        assert world.people[role].get(path).expect(403)["code"] == "forbidden"
