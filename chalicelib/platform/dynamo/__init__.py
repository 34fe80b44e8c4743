"""DynamoDB, wrapped once: exact attribute types, the one table, and pages of its lists."""

from chalicelib.platform.dynamo.attributes import (
    DayAttribute,
    DecimalAttribute,
    InstantAttribute,
    IntAttribute,
    JsonAttribute,
    PeriodAttribute,
)
from chalicelib.platform.dynamo.paging import page_of, shards_page
from chalicelib.platform.dynamo.table import TableItem, all_of, client, connect, find, parsed

__all__ = [
    "DayAttribute",
    "DecimalAttribute",
    "InstantAttribute",
    "IntAttribute",
    "JsonAttribute",
    "PeriodAttribute",
    "TableItem",
    "all_of",
    "client",
    "connect",
    "find",
    "page_of",
    "parsed",
    "shards_page",
]
