"""The whole state of one client in the table, to compare it, copy it and take it away."""

import json
import os
import re
from functools import cache
from typing import Any

import httpx

from chalicelib.platform import dynamo, settings
from chalicelib.platform.bulk import batches
from chalicelib.platform.keys import Key

Items = dict[str, dict[str, Any]]


def items_of(client: str, *, sessions: bool = False) -> Items:
    """Read everything of a client, by key; of people's comings and goings only if asked."""
    found = {key: item for key, item in _scan().items() if key.startswith(f"{client}#")}
    goings = ("#LOGINS#", "#TRIES#", " | ACCESS")
    return {key: item for key, item in found.items() if sessions or not any(part in key for part in goings)}


def everything() -> Items:
    """Read the whole table, of all clients."""
    return _scan()


def put_back(former: Items, now: Items | None = None) -> None:
    """Make the table what it was when `former` was read; `now` is what it holds, if that was just read."""
    now = everything() if now is None else now
    delete({key: item for key, item in now.items() if key not in former})
    write({key: item for key, item in former.items() if now.get(key) != item})


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
        answer = _ask("BatchWriteItem", {"RequestItems": {settings.table_name(): batch}})
        assert not answer["UnprocessedItems"]


def _scan() -> Items:
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"TableName": settings.table_name(), "ConsistentRead": True}
    while True:
        page = _ask("Scan", query)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    return {f"{item['pk']['S']} | {item['sk']['S']}": item for item in found}


def _ask(operation: str, body: dict[str, Any]) -> Any:  # noqa: ANN401
    """Send a request as it goes over the wire: botocore takes ten times as long to read a thousand items."""
    headers = {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20251111/us-east-1/dynamodb/aws4_request",
    }
    answer = _engine(os.environ["AWS_ENDPOINT_URL"]).post("/", content=json.dumps(body), headers=headers)
    return answer.raise_for_status().json()


@cache
def _engine(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60, trust_env=False)
