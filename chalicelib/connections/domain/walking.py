"""The order in which a reader walks through an area."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from chalicelib.connections.domain.connection import Connection
from chalicelib.kernel.errors import Fault, Invalid

MAX_ORDER = 999_999
# As many as one request can number before it must answer.
MAX_ACCOUNTS = 500


def renumbered(
    known: Iterable[Connection], accounts: Sequence[str], *, area: str, first: int
) -> tuple[tuple[Connection, Connection], ...]:
    """Return the connections whose number changes, each before and after.

    Those listed are numbered in order from `first` on. Others of the area lose a number that is not below.

    :raises Invalid: naming each one listed that is not an open connection of the area.
    """
    here = {each.account: each for each in known if each.area == area and each.status != "closed"}
    _check_all_here(accounts, here, area)
    numbers: dict[str, int | None] = {
        each.account: None for each in here.values() if each.walking_order and each.walking_order >= first
    }
    numbers |= {account: first + at for at, account in enumerate(accounts)}
    return tuple(
        (before, replace(before, walking_order=number, version=before.version + 1))
        for account, number in numbers.items()
        if (before := here[account]).walking_order != number
    )


def _check_all_here(accounts: Sequence[str], here: Mapping[str, Connection], area: str) -> None:
    faults = tuple(
        Fault(f"accountNumbers.{at}", f"{account} is not an open connection of {area}; leave it out, or move it there")
        for at, account in enumerate(accounts)
        if account not in here
    )
    if faults:
        raise Invalid("not-in-area", faults[0].message, faults=faults)
