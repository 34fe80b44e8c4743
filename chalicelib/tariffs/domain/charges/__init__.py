"""Each kind of charge, compiled: from the state of a bill to a sum of quantity times price."""

from chalicelib.tariffs.domain.charges.amounts import AdjustmentPricer, BoundPricer, FixedPricer
from chalicelib.tariffs.domain.charges.base import ChargedAlready, Pricer
from chalicelib.tariffs.domain.charges.quantities import BlockPricer, SchedulePricer, UsagePricer
from chalicelib.tariffs.domain.charges.shares import (
    LookedUpPercentPricer,
    PercentPricer,
    StatedPercentPricer,
    SubtotalPricer,
)

__all__ = [
    "AdjustmentPricer",
    "BlockPricer",
    "BoundPricer",
    "ChargedAlready",
    "FixedPricer",
    "LookedUpPercentPricer",
    "PercentPricer",
    "Pricer",
    "SchedulePricer",
    "StatedPercentPricer",
    "SubtotalPricer",
    "UsagePricer",
]
