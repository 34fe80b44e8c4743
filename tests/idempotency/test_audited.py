"""Every deed over HTTP leaves an entry of the audit log with who did it, and no secret or name in it."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest

from chalicelib.platform.http import PUBLIC
from tests.support import table
from tests.support.deeds import DEEDS, PROJECT, Ground
from tests.support.endpoints import ALL
from tests.support.http import Api
from tests.support.mutations import CHANGES
from tests.support.utilities import PASSWORD

_number = count(1)


def _entries(ground: Ground) -> dict[str, dict[str, Any]]:
    items = table.items_of(ground.utility.client)
    return {key: item for key, item in items.items() if " | ENTRY#" in key}


@pytest.mark.covers("S2-022", "S2-137", "S2-140")
@pytest.mark.parametrize("row", sorted(DEEDS), ids=lambda row: row[1])
def test_a_deed_leaves_its_entry(ground: Ground, row: tuple[str, str]) -> None:
    deed = DEEDS[row](ground, next(_number))
    before = _entries(ground)
    ground.post(deed)
    _check_new(ground, before, ground.consumer if deed.path.startswith("/api/me") else ground.admin)


@pytest.mark.covers("S2-022", "S2-136", "S2-138", "S2-139")
@pytest.mark.parametrize("row", sorted(CHANGES), ids=" ".join)
def test_a_change_leaves_its_entry(ground: Ground, row: tuple[str, str]) -> None:
    change = CHANGES[row](ground, next(_number))
    before, who = _entries(ground), change.by.get("/api/me").expect(200)["id"]
    change.send().expect(200)
    _check_new(ground, before, who)


def test_every_operation_that_writes_is_walked_here() -> None:
    of_sessions = {("POST", "/api/auth/logout"), ("POST", "/api/auth/logout-everywhere")}  # login events tell of these
    stores_nothing = {("POST", PROJECT + "/tariffs/quote")}
    writes = {(one.method, one.path) for one in ALL if one.method != "GET" and one.permission != PUBLIC}
    assert writes - of_sessions - stores_nothing == DEEDS.keys() | CHANGES.keys()


def _check_new(ground: Ground, before: Mapping[str, Any], who: Api | str) -> None:
    """Insist on a new entry with who did it, when and by which request, and nothing personal."""
    new = [item for key, item in _entries(ground).items() if key not in before]
    assert new, "put audit.entry_write(...) into the transaction of this deed"
    actor = who if isinstance(who, str) else who.get("/api/me").expect(200)["id"]
    assert {item["by"]["S"] for item in new} == {actor}
    assert all(item["rq"]["S"] for item in new)
    said = json.dumps(new)
    assert [word for word in (PASSWORD, "Reyes", "Cruz", "Purok", "Leak") if word in said] == []
