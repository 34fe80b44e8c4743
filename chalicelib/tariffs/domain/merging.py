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
    reached = [0] * len(versions)
    while any(at < len(rules) for at, rules in zip(reached, versions, strict=True)):
        places = _next(versions, reached)
        yield places
        for version, _ in places:
            reached[version] += 1


def _next(versions: Sequence[Sequence[Rule]], reached: Sequence[int]) -> list[Place]:
    """Find a charge that each version either begins with, of what is left of it, or has not."""
    first: Place | None = None
    for version, rules in enumerate(versions):
        if reached[version] == len(rules):
            continue
        charge = rules[reached[version]].joins
        first = first or (version, reached[version])
        left = [[rule.joins for rule in other[at:]] for other, at in zip(versions, reached, strict=True)]
        if all(others[0] == charge or charge not in others for others in left if others):
            return [(other, reached[other]) for other, others in enumerate(left) if others and others[0] == charge]
    if first is None:
        raise AssertionError("asked for the next charge after the last")
    return [first]
