"""The whole state of one client in the table, to compare it, copy it and take it away."""

import json
import re
from typing import Any

from chalicelib.platform import dynamo, settings
from chalicelib.platform.bulk import batches
from chalicelib.platform.keys import Key

Items = dict[str, dict[str, Any]]


def items_of(client: str, *, sessions: bool = False) -> Items:
    """Read everything of a client, by key; of people's comings and goings only if asked."""
    found = _scan(
        FilterExpression="begins_with(pk, :client)", ExpressionAttributeValues={":client": {"S": f"{client}#"}}
    )
    goings = ("#LOGINS#", "#TRIES#", " | ACCESS")
    return {key: item for key, item in found.items() if sessions or not any(part in key for part in goings)}


def everything() -> Items:
    """Read the whole table, of all clients."""
    return _scan()


def put_back(former: Items) -> None:
    """Make the table what it was when `former` was read."""
    now = everything()
    delete({key: item for key, item in now.items() if key not in former})
    write({key: item for key, item in former.items() if now.get(key) != item})


def without_people(items: Items) -> Items:
    """Leave out who there is and what is claimed: flows of readings and bills don't look there."""
    people = ("#USER#", "#LOGIN#", "#CONSUMER#", "#METER#", "#NAMES#", "#EMAIL#")
    return {key: item for key, item in items.items() if not any(part in key for part in people)}


def same_for(items: Items, *, client: str, other: str, without: frozenset[str] = frozenset()) -> Items:
    """Give a client's items as they would be another's, less some attributes."""
    text = json.dumps(items, sort_keys=True).replace(client, other)
    renamed: Items = json.loads(text)
    return {key: {name: value for name, value in item.items() if name not in without} for key, item in renamed.items()}


def without_instants(items: Items) -> Items:
    """Leave out when something was noted in the audit log: each try of a deed has its own time."""
    return {
        re.sub(r"ENTRY#[^#]+#.*", f"ENTRY#{item.get('ac')}{item.get('si')}", key): {} if "#AUDIT#" in key else item
        for key, item in items.items()
    }


def spoil(key: Key, *, with_text: str = "broken") -> None:
    """Store an instant that can't be read, so that showing the thing fails on our side."""
    dynamo.client().update_item(
        TableName=settings.table_name(),
        Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}},
        UpdateExpression="SET created_at = :broken",
        ExpressionAttributeValues={":broken": {"S": with_text}},
    )


def write(items: Items) -> None:
    """Write items as they are."""
    _batch([{"PutRequest": {"Item": item}} for item in items.values()])


def delete(items: Items) -> None:
    """Take items away."""
    _batch([{"DeleteRequest": {"Key": {"pk": item["pk"], "sk": item["sk"]}}} for item in items.values()])


def _batch(requests: list[dict[str, Any]]) -> None:
    for batch in batches(requests):
        answer = dynamo.client().batch_write_item(RequestItems={settings.table_name(): batch})
        assert not answer["UnprocessedItems"]


def _scan(**narrowed: Any) -> Items:  # noqa: ANN401
    pages = dynamo.client().get_paginator("scan")
    return {
        f"{item['pk']['S']} | {item['sk']['S']}": item
        for page in pages.paginate(TableName=settings.table_name(), ConsistentRead=True, **narrowed)
        for item in page["Items"]
    }
