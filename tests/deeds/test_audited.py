"""Every deed over HTTP leaves an entry of the audit log with who did it, and no secret or name in it."""

import json
from itertools import count
from typing import Any

import pytest

from tests.support import table
from tests.support.deeds import DEEDS, Ground
from tests.support.utilities import PASSWORD

_number = count(1)


def _entries(ground: Ground) -> dict[str, dict[str, Any]]:
    items = table.items_of(ground.utility.client)
    return {key: item for key, item in items.items() if " | ENTRY#" in key}


@pytest.mark.covers("S2-137", "S2-140")
@pytest.mark.parametrize("row", sorted(DEEDS), ids=lambda row: row[1])
def test_a_deed_leaves_its_entry(ground: Ground, row: tuple[str, str]) -> None:
    deed = DEEDS[row](ground, next(_number))
    before = _entries(ground)
    ground.post(deed)
    after = _entries(ground)
    new = [item for key, item in after.items() if key not in before]
    assert new, "put audit.record(...) into the transaction of this deed"
    who = ground.consumer if deed.path.startswith("/api/me") else ground.admin
    assert {item["by"]["S"] for item in new} == {who.get("/api/me").expect(200)["id"]}
    assert all(item["rq"]["S"] for item in new)
    said = json.dumps(new)
    assert [word for word in (PASSWORD, "Reyes", "Cruz", "Purok", "Leak") if word in said] == []
