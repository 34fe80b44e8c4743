"""The rating engine: a tariff sheet as data, the use of a period, and the lines of the bill, each with its trace."""

from chalicelib.tariffs.domain.book import KnownVersion, TariffBook
from chalicelib.tariffs.domain.checks import check_tariff, check_versions
from chalicelib.tariffs.domain.compile import CompiledTariff, compile_tariff
from chalicelib.tariffs.domain.explain import explain
from chalicelib.tariffs.domain.measures import MeasureNeeded, measures_needed
from chalicelib.tariffs.domain.model import (
    AdjustmentCharge,
    AmountLimit,
    Block,
    BlockCharge,
    Charge,
    Condition,
    Conversion,
    Factor,
    FixedCharge,
    History,
    MaximumCharge,
    Measure,
    MeasureLimit,
    MinimumCharge,
    PercentCharge,
    RoundingPlan,
    Schedule,
    ScheduleCharge,
    Season,
    SubtotalCharge,
    Tariff,
    UsageCharge,
)
from chalicelib.tariffs.domain.rating import ENGINE_VERSION, Rating, rate, rate_over
from chalicelib.tariffs.domain.rounding import Rounding
from chalicelib.tariffs.domain.trace import Line, Trace, pack_lines, ratio_text, replay, unpack_lines
from chalicelib.tariffs.domain.usage import Usage
from chalicelib.tariffs.domain.versions import (
    check_follows,
    check_not_between,
    check_not_followed,
    meets,
    version_before,
)
from chalicelib.tariffs.domain.work import check_length, check_room

__all__ = [
    "ENGINE_VERSION",
    "AdjustmentCharge",
    "AmountLimit",
    "Block",
    "BlockCharge",
    "Charge",
    "CompiledTariff",
    "Condition",
    "Conversion",
    "Factor",
    "FixedCharge",
    "History",
    "KnownVersion",
    "Line",
    "MaximumCharge",
    "Measure",
    "MeasureLimit",
    "MeasureNeeded",
    "MinimumCharge",
    "PercentCharge",
    "Rating",
    "Rounding",
    "RoundingPlan",
    "Schedule",
    "ScheduleCharge",
    "Season",
    "SubtotalCharge",
    "Tariff",
    "TariffBook",
    "Trace",
    "Usage",
    "UsageCharge",
    "check_follows",
    "check_length",
    "check_not_between",
    "check_not_followed",
    "check_room",
    "check_tariff",
    "check_versions",
    "compile_tariff",
    "explain",
    "measures_needed",
    "meets",
    "pack_lines",
    "rate",
    "rate_over",
    "ratio_text",
    "replay",
    "unpack_lines",
    "version_before",
]
