"""The rules of consumers and connections: no clock, no table, no HTTP."""

from chalicelib.consumers.domain.checks import check_class, check_connection, check_tariff
from chalicelib.consumers.domain.connections import (
    Connection,
    ConnectionEvent,
    ConnectionStatus,
    EventKind,
    MeterDetails,
    Purpose,
    Stand,
    account_number,
    account_sequence,
    moved_on,
    new_connection,
    normalised_meter,
    taken,
)
from chalicelib.consumers.domain.facts import RatingFacts
from chalicelib.consumers.domain.people import Consumer, ConsumerStatus

__all__ = [
    "Connection",
    "ConnectionEvent",
    "ConnectionStatus",
    "Consumer",
    "ConsumerStatus",
    "EventKind",
    "MeterDetails",
    "Purpose",
    "RatingFacts",
    "Stand",
    "account_number",
    "account_sequence",
    "check_class",
    "check_connection",
    "check_tariff",
    "moved_on",
    "new_connection",
    "normalised_meter",
    "taken",
]
