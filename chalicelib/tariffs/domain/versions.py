"""Rules for versions: which ones overlap, and which can be deleted or added."""

from collections.abc import Iterable

from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.tariffs.domain.model import Tariff


def meets(other: Tariff, tariff: Tariff) -> bool:
    """Return whether two versions rate the same connections, so that they may not be valid on the same day."""
    if tariff.by_choice or other.by_choice:
        return other.id == tariff.id
    return other.consumer_class == tariff.consumer_class


def check_not_between(tariff: Tariff, others: Iterable[Tariff]) -> None:
    """Check that a version to delete is not between two others, because its days would have no tariff.

    :raises Conflict: if it is.
    """
    starts = [other.valid_from for other in others if meets(other, tariff)]
    if any(start < tariff.valid_from for start in starts) and any(start > tariff.valid_from for start in starts):
        raise Conflict(
            "tariff-between",
            f"version {tariff.version} of {tariff.id} lies between two others, so there would be no tariff from "
            f"{tariff.valid_from} to {tariff.valid_until}; correct it, or delete what begins later first",
        )


def check_not_followed(tariff: Tariff, others: Iterable[Tariff]) -> None:
    """Check that no later version follows a version to delete that has none before it to take its days.

    :raises Conflict: if one does.
    """
    starts = [other.valid_from for other in others if other.id == tariff.id and other.valid_from > tariff.valid_from]
    if starts:
        raise Conflict(
            "tariff-followed",
            f"version {tariff.version} of {tariff.id} is the first and others follow: nothing would be charged from "
            f"{tariff.valid_from} to {tariff.valid_until}; correct it, or delete what begins later first",
        )


def version_before(tariff: Tariff, others: Iterable[Tariff]) -> Tariff | None:
    """Return the version of the same tariff that ends when this one begins, or None."""
    before = (each for each in others if each.id == tariff.id and each.valid_until == tariff.valid_from)
    return next(before, None)


def check_follows(successor: Tariff, ended: Tariff, others: Iterable[Tariff]) -> None:
    """Check that a successor does not leave days without a tariff after the last version.

    :raises Invalid: naming the day on which it may begin.
    """
    start, end = successor.valid_from, ended.valid_until
    if end is None or start <= end:
        return
    between = (other for other in others if meets(other, successor) and other.valid_from < start)
    if not any(other.valid_until is None or other.valid_until > end for other in between):
        raise Invalid(
            "leaves-gap",
            f"version {ended.version} of {ended.id} ends on {end}, so there would be no tariff from then "
            f"to {start}; begin on {end}",
            field="validFrom",
        )
