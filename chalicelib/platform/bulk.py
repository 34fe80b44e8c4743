"""Many items in one request: conditional inserts at the price of single ones, and reads of items of different kinds.

An insert whose key is taken is refused without affecting the others. A batch of PartiQL INSERT statements is the only
call of DynamoDB that does this: BatchWriteItem has no conditions, and a transaction costs double and fails as a whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from chalicelib.kernel.errors import TryLater
from chalicelib.platform import dynamo, settings
from chalicelib.platform.keys import Key

AttributeMap = dict[str, dict[str, Any]]

BATCH = 25
# Up to this many items are looked up by key, a unit or two each; beyond that, reading the whole list is cheaper.
FEW = 200
_ATTEMPTS = 8
_READ_ATTEMPTS = 5
_DUPLICATE = "DuplicateItem"

Thing = TypeVar("Thing")


def batches(things: Iterable[Thing], size: int = BATCH) -> Iterator[list[Thing]]:
    """Split a sequence into lists of at most `size`."""
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch


def insert_batch(items: Sequence[AttributeMap]) -> list[bool]:
    """Insert up to 25 items; return for each whether it is new (False: its key was taken).

    One request; one write unit per KB and item, plus its index entries.

    :raises TryLater: if the table stayed throttled. Items already inserted stay, and repeating the call is safe.
    """
    new: list[bool | None] = [None] * len(items)
    for attempt in range(_ATTEMPTS):
        waiting = [at for at, answer in enumerate(new) if answer is None]
        if not waiting:
            return [bool(answer) for answer in new]
        if attempt:
            dynamo.pause(attempt)
        answers = _execute([items[at] for at in waiting])
        for at, code in zip(waiting, answers, strict=True):
            if code not in dynamo.RETRIED:
                new[at] = code is None
    raise TryLater("busy", "the table is throttled; send the same request again in a moment")


def _execute(items: Sequence[AttributeMap]) -> list[str | None]:
    """Send one batch and return each statement's error code, None if it succeeded."""
    answer = dynamo.client().batch_execute_statement(Statements=[_statement(item) for item in items])
    codes: list[str | None] = [response.get("Error", {}).get("Code") for response in answer["Responses"]]
    for response, code in zip(answer["Responses"], codes, strict=True):
        if code and code != _DUPLICATE and code not in dynamo.RETRIED:
            raise RuntimeError(f"insert refused: {code}: {response['Error'].get('Message')}")
    return codes


def _statement(item: AttributeMap) -> dict[str, Any]:
    names = list(item)
    value = ",".join(f"'{name}':?" for name in names)
    return {
        "Statement": f'INSERT INTO "{settings.table_name()}" VALUE {{{value}}}',
        "Parameters": [item[name] for name in names],
    }


def read_together(keys: Iterable[Key], *, consistent: bool = True) -> dict[Key, dict[str, Any] | None]:
    """Read up to 100 items of any kind, as they are now, in one request. One unit per 4 KB each.

    Half a unit each if not `consistent`; the read is then eventually consistent.

    Return raw items (see `dynamo.parsed`), None for one that does not exist.

    :raises TryLater: if the table is too busy to return all of them.
    """
    found: dict[Key, dict[str, Any] | None] = dict.fromkeys(keys)
    table = settings.table_name()
    wanted = {table: {"Keys": [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in found], "ConsistentRead": consistent}}
    for attempt in range(_READ_ATTEMPTS):
        answer = dynamo.client().batch_get_item(RequestItems=wanted)
        for item in answer["Responses"].get(table, []):
            found[item["pk"]["S"], item["sk"]["S"]] = item
        wanted = answer.get("UnprocessedKeys") or {}
        if not wanted:
            return found
        dynamo.pause(attempt)
    raise TryLater("busy", "the table is busy; try again in a moment")
