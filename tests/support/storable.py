"""What DynamoDB refuses to store though the local engine takes it."""

from collections.abc import Iterator
from typing import Any

from tests.support.meter import size_of

_KEY_BYTES = {"pk": 2048, "sk": 1024, "g1p": 2048, "g1s": 1024, "g2p": 2048, "g2s": 1024}
_ITEM_BYTES = 400 * 1024
_DIGITS = 38


def refusals_of(item: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Name why DynamoDB would refuse an item: long numbers, empty or long keys, its size."""
    for name, value in item.items():
        for kind, content in value.items():
            digits = str(content).lstrip("-").replace(".", "").strip("0") if kind == "N" else ""
            if len(digits) > _DIGITS:
                yield f"{name} has {len(digits)} digits"
            if name in _KEY_BYTES and not 1 <= len(str(content).encode()) <= _KEY_BYTES[name]:
                yield f"the key {name} has {len(str(content).encode())} bytes"
    if size_of(item) > _ITEM_BYTES:
        yield f"the item has {size_of(item)} bytes"
