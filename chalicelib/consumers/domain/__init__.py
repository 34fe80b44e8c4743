"""The rules of consumers and connections: no clock, no table, no HTTP."""

from chalicelib.consumers.domain.checks import check_class, check_connection, check_tariff
from chalicelib.consumers.domain.connections import (
    Connection,
    ConnectionEvent,
    ConnectionStatus,
    EventKind,
    MeterDetails,
    Purpose,
    RegisterState,
    account_number,
    account_sequence,
    advance,
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
    "RegisterState",
    "account_number",
    "account_sequence",
    "advance",
    "check_class",
    "check_connection",
    "check_tariff",
    "new_connection",
    "normalised_meter",
    "taken",
]
