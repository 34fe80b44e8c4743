"""Match the charges of several versions of a tariff that rate one bill, and order them."""

from collections.abc import Iterator, Sequence

from chalicelib.tariffs.domain.compile import Rule

Place = tuple[int, int]
"""A version and the place of a rule in it."""


def joined(versions: Sequence[Sequence[Rule]]) -> Iterator[list[Place]]:
    """Return the charges of a bill by several versions, each with its places, in an order that every version keeps.

    Charges are one if they have the same code, kind and rounding: (water, tax) and (water, rent, tax) are water, rent
    and tax. If the versions have contradicting orders, a charge stays separate.
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
    """Return the places of a charge that each version either has next or does not have."""
    begun = [version for version, charges in enumerate(left) if charges]
    for version in begun:
        charge = left[version][0]
        alike = [other for other in begun if left[other][0] == charge]
        if all(left[other][0] == charge or charge not in left[other] for other in begun):
            return [(other, reached[other]) for other in alike]
    return [(begun[0], reached[begun[0]])]
