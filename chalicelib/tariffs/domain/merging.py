"""Which charges of several versions are one charge of the bill, and in which order they are rated."""

from collections.abc import Iterator, Sequence

from chalicelib.tariffs.domain.compile import Rule

Place = tuple[int, int]
"""A version and the place of a rule in it."""


def joined(versions: Sequence[Sequence[Rule]]) -> Iterator[list[Place]]:
    """Return the charges of a bill by several versions, each with its places, in an order that every version keeps.

    Charges are one if they have the same code, kind and rounding: (water, tax) and (water, rent, tax) are water, rent
    and tax. Where the versions contradict each other in the order, a charge stays apart.
    """
    left = [[rule.joins for rule in rules] for rules in versions]
    reached = [0] * len(versions)
    while any(left):
        places = _next(left, reached)
        yield places
        for version, _ in places:
            reached[version] += 1
            del left[version][0]


def _next(left: Sequence[Sequence[object]], reached: Sequence[int]) -> list[Place]:
    """Find a charge that each version either begins with, of what is left of it, or has not."""
    begun = [version for version, charges in enumerate(left) if charges]
    for version in begun:
        charge = left[version][0]
        alike = [other for other in begun if left[other][0] == charge]
        if all(left[other][0] == charge or charge not in left[other] for other in begun):
            return [(other, reached[other]) for other in alike]
    return [(begun[0], reached[begun[0]])]
