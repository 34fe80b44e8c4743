"""What tests that send a deed again ask: a deed that was never sent, what the table holds, whether answers are one."""

import re
from collections import Counter
from itertools import count

from tests.support import table
from tests.support.deeds import DEEDS, Deed, Ground
from tests.support.endpoints import ALL
from tests.support.http import Reply

WALKED = sorted(DEEDS)
_number = count(1)


def fresh_deed(ground: Ground, row: tuple[str, str]) -> tuple[Deed, str]:
    """Return a deed of the kind that was not done yet, and a key for it."""
    number = next(_number)
    return DEEDS[row](ground, number), f"key-{number}"


def kinds_of(ground: Ground, items: table.Items | None = None) -> Counter[str]:
    """Count the items of each kind, apart from kept answers, in the table or in what was read of it."""
    own = table.own_items(table.everything() if items is None else items, ground.utility.client)
    kinds = (f"{key.split('#')[1]} {item['sk']['S'].partition('#')[0]}" for key, item in own.items())
    return Counter(re.sub(r"\d+", "0", kind) for kind in kinds if not kind.startswith("ANSWER"))


def is_same(first: Reply, second: Reply) -> bool:
    """Return whether two answers are the same to whoever asked."""
    location = "location"
    return (first.status, first.body, first.headers.get(location)) == (
        second.status,
        second.body,
        second.headers.get(location),
    )


def status_of(row: tuple[str, str]) -> int:
    """Return the status that the operation answers when all went well."""
    return next(one.status for one in ALL if (one.method, one.path) == row)
