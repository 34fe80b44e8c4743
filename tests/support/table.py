"""The whole state of one client in the table, to compare it, copy it and take it away."""

import json
import re
from typing import Any

from botocore.awsrequest import AWSRequest

from chalicelib.platform import clock, dynamo, settings
from chalicelib.platform.bulk import batches
from chalicelib.platform.keys import Key

Items = dict[str, dict[str, Any]]
ID = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")


def items_of(client: str, *, sessions: bool = False) -> Items:
    """Read everything of a client, by key; of people's comings and goings only if asked."""
    return own_items(_scan(), client, sessions=sessions)


def own_items(items: Items, client: str, *, sessions: bool = False) -> Items:
    """Choose a client's items; of people's comings and goings only if asked."""
    goings = ("#LOGINS#", "#TRIES#", "#COUNT#", " | ACCESS")
    return {
        key: item
        for key, item in items.items()
        if key.startswith(f"{client}#") and (sessions or not any(part in key for part in goings))
    }


def items_about(*clients: str) -> Items:
    """Read everything whose key names one of some clients, as the directory of clients does too."""
    return {key: item for key, item in _scan().items() if any(client in key for client in clients)}


def everything() -> Items:
    """Read the whole table, of all clients."""
    return _scan()


def put_back(former: Items, now: Items | None = None) -> None:
    """Make the table what it was when `former` was read; `now` is what it holds, if that was just read."""
    now = everything() if now is None else now
    delete({key: item for key, item in now.items() if key not in former})
    write({key: item for key, item in former.items() if now.get(key) != item})


def copy_for(items: Items, *, client: str, other: str) -> Items:
    """Copy a client's items for another client, with ids of its own: an id never tells what another client has."""
    text = json.dumps(items).replace(client, other)
    fresh = {old: old[:10] + clock.fresh_id()[10:] for old in set(ID.findall(text))}
    copied: Items = json.loads(ID.sub(lambda found: fresh[found[0]], text))
    return copied


def without_instants(items: Items) -> Items:
    """Leave out when something was noted in the audit log: each try has its own time."""
    return {
        re.sub(r"ENTRY#[^#]+#.*", f"ENTRY#{item.get('ac')}{item.get('si')}", key) if "#AUDIT#" in key else key: (
            {} if "#AUDIT#" in key else item
        )
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
    client = dynamo.client()
    request = AWSRequest("POST", client.meta.endpoint_url, headers, json.dumps(body))
    answer = client._endpoint.http_session.send(request.prepare())
    assert answer.status_code == 200, answer.text
    return json.loads(answer.content)
