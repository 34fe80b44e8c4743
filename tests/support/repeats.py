"""Compare what repeated requests leave in the table, and what they answer."""

import re
from collections import Counter

from tests.support import table
from tests.support.catalogue import Sandbox
from tests.support.http import Reply


def kinds_of(sandbox: Sandbox, items: table.Items | None = None) -> Counter[str]:
    """Count the items of each kind, apart from kept answers, in the table or in what was read of it."""
    own = table.own_items(table.everything() if items is None else items, sandbox.utility.client)
    kinds = (f"{key.split('#')[1]} {item['sk']['S'].partition('#')[0]}" for key, item in own.items())
    return Counter(re.sub(r"\d+", "0", kind) for kind in kinds if not kind.startswith("ANSWER"))


def is_same(first: Reply, second: Reply) -> bool:
    """Return whether two answers are the same to the caller."""
    location = "location"
    return (first.status, first.body, first.headers.get(location)) == (
        second.status,
        second.body,
        second.headers.get(location),
    )
