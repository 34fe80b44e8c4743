"""Periods rated in parts: a change of tariff within a period, the edge of a season, several months read at once."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain.canonical_json import LEFT_OUT_AS_DEFAULT
from chalicelib.tariffs.domain.measures import levels_of, sums_of
from chalicelib.tariffs.domain.model import AdjustmentCharge, Season, Tariff
from chalicelib.tariffs.domain.rounding import Rounding, round_to_step, split_by_weights
from chalicelib.tariffs.domain.trace import TraceFactor
from chalicelib.tariffs.domain.usage import Usage


def split_quantity(quantity: Decimal, weights: Sequence[int], step: Decimal = Decimal(1)) -> tuple[Decimal, ...]:
    """Share a quantity in proportion to weights, in multiples of a step; the shares add up exactly.

    What is finer than the step goes to the first share, and so does a step left over if remainders tie.
    Source: Chikugo city: 51 m3 in two months are billed as 26 and 25.
    """
    num, den = round_to_step(*quantity.as_integer_ratio(), Rounding("floor", step))
    stepped = Decimal(num) / Decimal(den)
    first, *rest = (step * share for share in split_by_weights(int(stepped / step), weights))
    return first + (quantity - stepped), *rest


def months_of(usage: Usage, tariff: Tariff) -> tuple[Usage, ...]:
    """Share a use read over several months equally over them, the remainder to the first ones; measures likewise.

    Calendar months have their own days; otherwise each gets an equal share. An adjustment that came with the use goes
    to the first month; one times a measure to each.
    """
    equally = [1] * usage.months
    step = tariff.quantity_rounding.step if tariff.quantity_rounding else Decimal(1)
    uses = split_quantity(usage.quantity, equally, step)
    levels, sums = levels_of(tariff), sums_of(tariff)
    shared = {
        name: split_quantity(quantity, equally, step)
        for name, quantity in measures_of(usage).items()
        if name not in levels
    }
    days = days_of_parts(usage, usage.months)
    all_days = days
    if usage.period_days is not None and usage.period_days != usage.days:
        all_days = split_by_weights(usage.period_days, equally)
    once = given_once(usage, tariff)
    months = []
    first_day = usage.first_day
    for at in range(usage.months):
        until_day = first_day and first_day + timedelta(days=days[at])
        month = replace(
            usage,
            quantity=uses[at],
            months=1,
            first_day=first_day,
            until_day=until_day,
            period_days=usage.period_days and all_days[at],
            measures={**usage.measures, **{name: parts[at] for name, parts in shared.items() if name in sums}},
            month_shares={name: shares[at] for name, shares in shared.items()},
        )
        if at:
            adjustments = {code: amount for code, amount in usage.adjustments.items() if code not in once}
            month = replace(month, adjustments=adjustments, adjusted=usage.adjusted | once)
        months.append(month)
        first_day = until_day
    return tuple(months)


def given_once(usage: Usage, tariff: Tariff) -> frozenset[str]:
    """Return the adjustments that came with the use and are charged once, because they have no amount for each unit."""
    for_each_unit = {each.code for each in tariff.charges if isinstance(each, AdjustmentCharge) and each.times}
    return frozenset(usage.adjustments) - for_each_unit


def measures_of(usage: Usage) -> dict[str, Decimal]:
    """Return the measures that a use came with, the winter average included."""
    winter = {} if usage.winter_average is None else {"winterAverage": usage.winter_average}
    return {**usage.measures, **winter}


def days_of_parts(usage: Usage, parts: int) -> tuple[int, ...]:
    """Return the days of each part: 30, 31, 30 for April to June; equal shares if the days are not calendar months."""
    first, until = usage.first_day, usage.until_day
    if first is not None and until is not None:
        months = usage.months * usage.periods // parts
        starts = [_months_later(first, at * months) for at in range(parts + 1)]
        if starts[-1] == until:
            return tuple((end - start).days for start, end in pairwise(starts))
    return split_by_weights(usage.days, [1] * parts)


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def covers(tariff: Tariff, usage: Usage) -> bool:
    """Return whether a tariff is valid on every day of a use."""
    first, until = usage.first_day, usage.until_day
    if first is None or until is None:
        return False
    return tariff.valid_from <= first and (tariff.valid_until is None or until <= tariff.valid_until)


def meets_days(tariff: Tariff, usage: Usage) -> bool:
    """Return whether a tariff is valid on some day of a use that has days."""
    first, until = usage.first_day, usage.until_day
    if first is None or until is None:
        return False
    return tariff.valid_from < until and (tariff.valid_until is None or first < tariff.valid_until)


@dataclass(frozen=True, slots=True)
class PeriodShare:
    """The part of a period that one version rates: a range of days, the last exclusive, of all days.

    `whole_blocks`: the days' share of the use goes through blocks with limits as they are stated.
    """

    first_day: date
    until_day: date
    all_days: int
    whole_blocks: bool = field(default=False, metadata=LEFT_OUT_AS_DEFAULT)

    @property
    def factor(self) -> TraceFactor:
        days = (self.until_day - self.first_day).days
        label = f"{self.first_day} - {self.until_day - timedelta(days=1)}"
        return TraceFactor(label, Fraction(days, self.all_days))


def version_shares(tariffs: Sequence[Tariff], usage: Usage) -> tuple[tuple[Tariff, PeriodShare], ...]:
    """Divide a period among the versions that are valid on its days.

    Days count by half-open validity: the first day of the new version is rated by the new version.

    :raises Invalid: if a day of the period has no version or two, or if the usage has no days to choose by.
    """
    first_day, until_day = _days_of(usage, "to choose a tariff by")
    shares = []
    reached = first_day
    for tariff in sorted(tariffs, key=lambda each: each.valid_from):
        start = max(first_day, tariff.valid_from)
        end = min(until_day, tariff.valid_until or until_day)
        if start >= end:
            continue
        if start != reached:
            what = "no version" if start > reached else "more than one version"
            raise Invalid(
                "no-tariff", f"{what} of the tariff is valid on {min(start, reached)}", field="usage.firstDay"
            )
        shares.append((tariff, PeriodShare(start, end, usage.days)))
        reached = end
    if reached != until_day or not shares:
        raise Invalid("no-tariff", f"no version of the tariff is valid on {reached}", field="usage.firstDay")
    return tuple(shares)


def season_share(season: Season, usage: Usage, share: PeriodShare | None) -> Fraction:
    """Return the share of the days of a period, or of a part, that are in a season.

    :raises Invalid: if the usage does not say which days it covers.
    """
    first_day, until_day = _days_of(usage, "because the tariff has seasons")
    if share is not None:
        first_day, until_day = share.first_day, share.until_day
    until_day = max(until_day, first_day + timedelta(days=1))  # a use without days of its own is of one day's season
    return _part_in_season(season, first_day, until_day)


@lru_cache(maxsize=256)
def _part_in_season(season: Season, first_day: date, until_day: date) -> Fraction:
    days = (until_day - first_day).days
    return Fraction(sum(_in_season(season, first_day + timedelta(days=at)) for at in range(days)), days)


def _days_of(usage: Usage, why: str) -> tuple[date, date]:
    if usage.first_day is None or usage.until_day is None or usage.first_day > usage.until_day:
        raise Invalid(
            "no-days", f"give the first day of the period and the day after its last, {why}", field="usage.firstDay"
        )
    return usage.first_day, usage.until_day


def _in_season(season: Season, day: date) -> bool:
    name = f"{day:%m-%d}"
    if season.from_day <= season.until_day:
        return season.from_day <= name < season.until_day
    return name >= season.from_day or name < season.until_day
