"""The rules of connections and their meters: no clock, no table, no HTTP."""

from chalicelib.connections.domain.checks import (
    check_class,
    check_connection,
    check_fed_measures,
    check_tariff,
    check_unmetered,
)
from chalicelib.connections.domain.connection import (
    Connection,
    ConnectionEvent,
    ConnectionStatus,
    EventKind,
    FormerConsumer,
    MeterDetails,
    Purpose,
    RegisterStand,
    RegisterState,
    account_number,
    account_of_meter,
    account_sequence,
    advance,
    ambiguous_meter,
    new_connection,
    normalised_meter,
    of_brand,
    taken,
)
from chalicelib.connections.domain.facts import RatingFacts
from chalicelib.connections.domain.registers import Register, RegisterRole
from chalicelib.connections.domain.terms import ConnectionTerms, FormerTerms
from chalicelib.connections.domain.uses import PastUse

__all__ = [
    "Connection",
    "ConnectionEvent",
    "ConnectionStatus",
    "ConnectionTerms",
    "EventKind",
    "FormerConsumer",
    "FormerTerms",
    "MeterDetails",
    "PastUse",
    "Purpose",
    "RatingFacts",
    "Register",
    "RegisterRole",
    "RegisterStand",
    "RegisterState",
    "account_number",
    "account_of_meter",
    "account_sequence",
    "advance",
    "ambiguous_meter",
    "check_class",
    "check_connection",
    "check_fed_measures",
    "check_tariff",
    "check_unmetered",
    "new_connection",
    "normalised_meter",
    "of_brand",
    "taken",
]
