"""Which versions of tariffs rate the same, and which can't be taken away."""

from collections.abc import Iterable

from chalicelib.kernel.errors import Conflict
from chalicelib.tariffs.domain.document import Tariff


def meets(other: Tariff, tariff: Tariff) -> bool:
    """This function will say whether two versions may not be valid on the same day, for they would rate the same."""
    if tariff.by_choice or other.by_choice:
        return other.id == tariff.id
    return other.consumer_class == tariff.consumer_class


def check_not_between(tariff: Tariff, others: Iterable[Tariff]) -> None:
    """This function will refuse to take a version away from between two others: its days would be charged by none.

    :raises Conflict: otherwise.
    """
    starts = [other.valid_from for other in others if meets(other, tariff)]
    if any(start < tariff.valid_from for start in starts) and any(start > tariff.valid_from for start in starts):
        raise Conflict(
            "tariff-between",
            f"version {tariff.version} of {tariff.id} lies between two others: nothing would be charged from "
            f"{tariff.valid_from} to {tariff.valid_until}; correct it, or delete what begins later first",
        )
