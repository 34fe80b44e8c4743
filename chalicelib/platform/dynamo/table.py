"""The one table: the base of its items, its indexes, and reads by key or by partition."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.platform import settings
from chalicelib.platform.dynamo.attributes import IntAttribute
from chalicelib.platform.keys import Key

Item = TypeVar("Item", bound="TableItem")

# The number of requests that may run at once.
CONNECTIONS = 16


class AccountIndex(GlobalSecondaryIndex["TableItem"]):  # type: ignore[no-untyped-call]
    """Index `account`: everything of one owner in order (a connection's bills, a project's runs)."""

    class Meta:
        index_name = "account"
        projection = AllProjection()

    g1p = UnicodeAttribute(hash_key=True)
    g1s = UnicodeAttribute(range_key=True)


class WorklistIndex(GlobalSecondaryIndex["TableItem"]):  # type: ignore[no-untyped-call]
    """Index `worklist`, sparse: what still needs work (pending readings, open runs), and lists in a second order."""

    class Meta:
        index_name = "worklist"
        projection = AllProjection()

    g2p = UnicodeAttribute(hash_key=True)
    g2s = UnicodeAttribute(range_key=True)


class TableItem(Model):
    """The base of every stored item. Subclasses share this class's connection (see `connect`)."""

    class Meta:
        table_name = settings.environment().table or "meterbook"
        region = os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
        connect_timeout_seconds = 2
        read_timeout_seconds = 5
        max_retry_attempts = 4
        max_pool_connections = CONNECTIONS

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    g1p = UnicodeAttribute(null=True)
    g1s = UnicodeAttribute(null=True)
    g2p = UnicodeAttribute(null=True)
    g2s = UnicodeAttribute(null=True)
    expires = IntAttribute(attr_name="ttl", null=True)
    account_index = AccountIndex()
    worklist_index = WorklistIndex()


def connect() -> None:
    """Build the DynamoDB client that all items share, for the table that the environment names.

    PynamoDB builds a client for each class used before its base, 50 ms each; called once at import this prevents it.
    """
    settings.read_again()
    TableItem.Meta.table_name = settings.table_name()
    TableItem._connection = None  # noqa: SLF001 - PynamoDB has no public way to share or renew a connection
    TableItem._get_connection()  # noqa: SLF001


def client() -> Any:  # noqa: ANN401 - botocore's client is untyped
    """Return the shared botocore client, for calls that PynamoDB does not offer."""
    return TableItem._get_connection().connection.client  # noqa: SLF001


def find(item: type[Item], key: Key, *, consistent: bool = True) -> Item | None:
    """Read one item by key, or return None. One read unit per 4 KB (half, if not consistent)."""
    try:
        return item.get(key[0], key[1], consistent_read=consistent)
    except DoesNotExist:
        return None


def parsed(item: type[Item], raw: Mapping[str, Any] | None) -> Item | None:
    """Convert a raw item of `bulk.read_together`."""
    return item.from_raw_data(dict(raw)) if raw else None


def all_of(
    item: type[Item],
    partition: str,
    prefix: str,
    *,
    consistent: bool = True,
    only: Condition | None = None,
    attributes: Sequence[str] | None = None,
) -> Iterator[Item]:
    """Read all items of a partition whose sort key starts with `prefix`, in order.

    With `attributes` (stored names), items have only these: the same read units, but less work.
    """
    condition = item.sk.startswith(prefix) if prefix else None
    yield from item.query(
        partition, condition, filter_condition=only, consistent_read=consistent, attributes_to_get=attributes
    )


def all_between(item: type[Item], partition: str, first: str, last: str, *, consistent: bool = True) -> Iterator[Item]:
    """Read all items of a partition whose sort key lies between two, or is one of them, in order."""
    yield from item.query(partition, item.sk.between(first, last), consistent_read=consistent)


def last_between(item: type[Item], partition: str, first: str, last: str, *, limit: int) -> Iterator[Item]:
    """Read the items of a partition whose sort key lies between two, the last one first, `limit` to a request."""
    yield from item.query(
        partition, item.sk.between(first, last), consistent_read=True, scan_index_forward=False, page_size=limit
    )


def all_by_account(item: type[Item], partition: str, prefix: str) -> Iterator[Item]:
    """Read all items of a partition of index `account` whose sort key starts with `prefix`. Eventually consistent."""
    yield from item.query(partition, item.g1s.startswith(prefix), index_name="account")


def newest(item: type[Item], partition: str, *, limit: int, below: str | None) -> tuple[Item, ...]:
    """Read the last items of a partition of index `account`, the last one first, below a sort key if one is given."""
    condition = item.g1s < below if below else None
    return tuple(item.query(partition, condition, index_name="account", scan_index_forward=False, limit=limit))


if settings.environment().table:
    connect()
