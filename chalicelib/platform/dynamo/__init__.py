"""DynamoDB, wrapped once: exact attribute types, the one table, and pages of its lists."""

from chalicelib.platform.dynamo.attributes import (
    DayAttribute,
    DecimalAttribute,
    DocumentAttribute,
    FlagAttribute,
    InstantAttribute,
    IntAttribute,
    JsonAttribute,
    LiteralAttribute,
    NumbersAttribute,
    PeriodAttribute,
    TextsAttribute,
    WordsAttribute,
    stored_json,
)
from chalicelib.platform.dynamo.paging import page_of, shards_page
from chalicelib.platform.dynamo.retrying import RETRIED, pause
from chalicelib.platform.dynamo.table import (
    TableItem,
    all_between,
    all_by_account,
    all_of,
    client,
    connect,
    find,
    newest,
    parsed,
)

__all__ = [
    "RETRIED",
    "DayAttribute",
    "DecimalAttribute",
    "DocumentAttribute",
    "FlagAttribute",
    "InstantAttribute",
    "IntAttribute",
    "JsonAttribute",
    "LiteralAttribute",
    "NumbersAttribute",
    "PeriodAttribute",
    "TableItem",
    "TextsAttribute",
    "WordsAttribute",
    "all_between",
    "all_by_account",
    "all_of",
    "client",
    "connect",
    "find",
    "newest",
    "page_of",
    "parsed",
    "pause",
    "shards_page",
    "stored_json",
]
