"""Each kind of charge, compiled: from the state of a bill to a sum of quantity times price."""

from chalicelib.tariffs.domain.charges.amounts import AdjustmentPricer, BoundPricer, FixedPricer
from chalicelib.tariffs.domain.charges.base import ChargedAlready, Pricer
from chalicelib.tariffs.domain.charges.quantities import BlockPricer, SchedulePricer, UsagePricer
from chalicelib.tariffs.domain.charges.shares import PercentPricer, SubtotalPricer

__all__ = [
    "AdjustmentPricer",
    "BlockPricer",
    "BoundPricer",
    "ChargedAlready",
    "FixedPricer",
    "PercentPricer",
    "Pricer",
    "SchedulePricer",
    "SubtotalPricer",
    "UsagePricer",
]
