"""Periods that don't fit one rule: a change of tariff in mid-period, a season's edge, several months read at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain.model import Season, Tariff
from chalicelib.tariffs.domain.rounding import Rounding, round_to_step, split_by_weights
from chalicelib.tariffs.domain.trace import TraceFactor
from chalicelib.tariffs.domain.usage import Usage


def split_quantity(quantity: Decimal, weights: Sequence[int], step: Decimal = Decimal(1)) -> tuple[Decimal, ...]:
    """Share a quantity in proportion to weights, in multiples of a step, losing nothing.

    What is finer than the step goes with the first share, and so does a step left over where remainders tie.
    Source: Chikugo city: 51 m3 in two months are billed as 26 and 25.
    """
    num, den = round_to_step(*quantity.as_integer_ratio(), Rounding("floor", step))
    stepped = Decimal(num) / Decimal(den)
    first, *rest = (step * share for share in split_by_weights(int(stepped / step), weights))
    return first + (quantity - stepped), *rest


def months_of(usage: Usage, rounding: Rounding | None = None) -> tuple[Usage, ...]:
    """Share a use read over several months equally over them, the remainder to the earlier ones.

    Days are shared in the same way. Adjustments came once, and so the first month takes them.
    """
    equally = [1] * usage.months
    months = []
    first_day = usage.first_day
    shares = split_quantity(usage.quantity, equally, rounding.step if rounding else Decimal(1))
    for at, (quantity, days) in enumerate(zip(shares, split_by_weights(usage.days, equally), strict=True)):
        until_day = first_day and first_day + timedelta(days=days)
        adjustments = {} if at else usage.adjustments
        month = replace(usage, quantity=quantity, months=1, first_day=first_day, until_day=until_day)
        months.append(replace(month, adjustments=adjustments))
        first_day = until_day
    return tuple(months)


def covers(tariff: Tariff, usage: Usage) -> bool:
    """Say whether a tariff is valid on every day of a use."""
    first, until = usage.first_day, usage.until_day
    if first is None or until is None:
        return False
    return tariff.valid_from <= first and (tariff.valid_until is None or until <= tariff.valid_until)


@dataclass(frozen=True, slots=True)
class PeriodShare:
    """The part of a period that one version rates: some days, the last exclusive, of all of them."""

    first_day: date
    until_day: date
    all_days: int

    @property
    def factor(self) -> TraceFactor:
        days = (self.until_day - self.first_day).days
        label = f"{self.first_day} - {self.until_day - timedelta(days=1)}"
        return TraceFactor(label, Fraction(days, self.all_days))


def version_shares(tariffs: Sequence[Tariff], usage: Usage) -> tuple[tuple[Tariff, PeriodShare], ...]:
    """Share a period out to the versions that are valid on its days.

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
    if reached != until_day:
        raise Invalid("no-tariff", f"no version of the tariff is valid on {reached}", field="usage.firstDay")
    return tuple(shares)


def season_share(season: Season, usage: Usage, share: PeriodShare | None) -> Fraction:
    """Give the share of a period's days, or of a part's, that lie in a season.

    :raises Invalid: if the usage does not say which days it covers.
    """
    first_day, until_day = _days_of(usage, "because the tariff has seasons")
    if share is not None:
        first_day, until_day = share.first_day, share.until_day
    days = (until_day - first_day).days
    return Fraction(sum(_in_season(season, first_day + timedelta(days=at)) for at in range(days)), days)


def _days_of(usage: Usage, why: str) -> tuple[date, date]:
    if usage.first_day is None or usage.until_day is None or usage.first_day >= usage.until_day:
        raise Invalid(
            "no-days", f"give the first day of the period and the day after its last, {why}", field="usage.firstDay"
        )
    return usage.first_day, usage.until_day


def _in_season(season: Season, day: date) -> bool:
    name = f"{day:%m-%d}"
    if season.from_day <= season.until_day:
        return season.from_day <= name < season.until_day
    return name >= season.from_day or name < season.until_day
