"""Changes of a connection. What is left out stays as it is."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypedDict

from chalicelib.connections.domain.connection import Connection, wrong_status
from chalicelib.connections.domain.meters import check_digits


class FactChanges(TypedDict, total=False):
    """Changes of `RatingFacts`."""

    meter_size: str | None
    dwelling_units: Decimal
    winter_average: Decimal | None
    flags: tuple[str, ...]


class ConnectionChanges(TypedDict, total=False):
    """Changes of a connection."""

    consumer_class: str
    area: str
    meter_brand: str | None
    meter_digits: int | None
    installed_on: date | None
    tariff_id: str | None


def changed(connection: Connection, changes: ConnectionChanges, facts: FactChanges) -> Connection:
    """Return a connection with changes.

    :raises Invalid: if its meter showed more than a register with the new number of digits can.
    :raises Conflict: if it is closed.
    """
    if connection.status == "closed":
        raise wrong_status(connection)
    after = replace(connection, **changes, facts=replace(connection.facts, **facts), version=connection.version + 1)
    check_digits(connection, after.meter_digits)
    return after
