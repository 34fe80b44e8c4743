"""Amounts of adjustments that come with a usage as measures."""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.tariffs.domain.compile import CompiledTariff
from chalicelib.tariffs.domain.model import AdjustmentCharge
from chalicelib.tariffs.domain.proration import meets_days
from chalicelib.tariffs.domain.usage import Usage


def with_adjustments(usage: Usage, versions: Sequence[CompiledTariff]) -> Usage:
    """Return a usage with the amounts of the adjustments that its versions have, from the measures with their codes.

    A measure `fuel` of -0.12, entered for a period, is the amount of an adjustment with the code `fuel`.
    """
    if not usage.measures:
        return usage
    valid = [each.tariff for each in versions if meets_days(each.tariff, usage)]
    last = max(valid, key=lambda each: each.valid_from, default=None)
    if last is not None and last.version_change == "by-reading-day":
        valid = [last]
    codes = {charge.code for each in valid for charge in each.charges if isinstance(charge, AdjustmentCharge)}
    given = {code: usage.measures[code] for code in codes & usage.measures.keys()}
    return replace(usage, adjustments=given) if given else usage
