"""What is left of a tariff if an earlier bill of the period has charged its fixed amounts."""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from chalicelib.tariffs.domain.measures import levels_of, sums_of
from chalicelib.tariffs.domain.model import (
    AdjustmentCharge,
    Block,
    BlockCharge,
    Charge,
    FixedCharge,
    MeasuredCharge,
    MinimumCharge,
    PercentCharge,
    ScheduleCharge,
    Tariff,
    UsageCharge,
)

_OF_USE = frozenset({"use", "days"})
_OF_A_PERIOD = frozenset({"months", "dwellingUnits"})


def left_of(charge: Charge, tariff: Tariff) -> Charge | None:
    """Return a charge without its amounts per period, or None if it has no others.

    Amounts that are prorated, or that depend on use or days, are left. A quantity that is a level (a peak, contracted
    kW, dwellings) counts once per period, and so does a minimum, a least quantity and the flat amount of a block.
    """
    match charge:
        case FixedCharge() | MinimumCharge():
            counted = _OF_USE | sums_of(tariff)
            return charge if charge.prorated or charge.times in counted else None
        case AdjustmentCharge() if charge.times is None:
            return replace(charge, amount=None)
        case PercentCharge():
            return replace(charge, at_least=None)
        case MeasuredCharge():
            return _left_of_quantity(charge, _OF_A_PERIOD | levels_of(tariff))
    return charge


def _left_of_quantity(charge: MeasuredCharge, levels: Collection[str]) -> Charge | None:
    by_the_day = isinstance(charge, UsageCharge) and charge.times in _OF_USE
    if charge.measure in levels and not by_the_day:
        return None
    free = replace(charge, least=None, least_measure=None)
    match free:
        case BlockCharge():
            return replace(free, blocks=_without_flats(free.blocks))
        case ScheduleCharge():
            schedules = (replace(each, blocks=_without_flats(each.blocks)) for each in free.schedules)
            return replace(free, schedules=tuple(schedules))
        case UsageCharge():
            return free
    raise TypeError("only charges of a quantity have one")


def _without_flats(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    return tuple(replace(block, flat=Decimal(0)) for block in blocks)
