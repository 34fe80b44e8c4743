"""Checks of a tariff sheet; every fault is named at its place."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from chalicelib.kernel.errors import Fault, Invalid
from chalicelib.kernel.money import exponent_of
from chalicelib.tariffs.domain.compile import ALL_EARLIER, ROUNDING_CODE, RatedCharge
from chalicelib.tariffs.domain.measures import KNOWN_MEASURES, measures_named, more_limits
from chalicelib.tariffs.domain.model import (
    AmountLimit,
    Block,
    BlockCharge,
    BoundCharge,
    Charge,
    Condition,
    FixedCharge,
    Measure,
    MeasuredCharge,
    MeasureLimit,
    PercentCharge,
    PercentRow,
    PercentTable,
    Schedule,
    ScheduleCharge,
    SubtotalCharge,
    Tariff,
    UsageCharge,
)
from chalicelib.tariffs.domain.rounding import Rounding, round_to_step
from chalicelib.tariffs.domain.work import percents_of, work_faults

UNITS = frozenset(
    {
        "m3",
        "L",
        "kL",
        "ML",
        "gal",
        "kgal",
        "igal",
        "ft3",
        "hcf",
        "ccf",
        "Mcf",
        "Wh",
        "kWh",
        "MWh",
        "kVAh",
        "kW",
        "kVA",
        "MJ",
        "GJ",
        "MMBTU",
        "therm",
        "kg",
        "lb",
        "t",
        "unit",
    }
)
"""What a tariff can be stated in. A conversion may start from a unit of the utility's own."""


MAX_STEPS = 1000
"""Of a row of a table of percentages."""


def check_tariff(tariff: Tariff, *, delivered: Collection[str] = ()) -> None:
    """Check a tariff for contradictions.

    `delivered` are measures that need no declaration, because the usage has them.

    :raises Invalid: with one fault for each thing to change.
    """
    faults = tuple(_faults(tariff, delivered))
    if faults:
        first = f"{faults[0].field}: {faults[0].message}"
        more = f" (and {len(faults) - 1} more, see errors)" if len(faults) > 1 else ""
        raise Invalid("invalid-tariff", first + more, faults=faults)


def check_versions(tariffs: Sequence[Tariff]) -> None:
    """Check that no two versions that rate the same connections are valid on the same day.

    :raises Invalid: naming both and the day.
    """
    ordered = sorted(tariffs, key=lambda each: each.valid_from)
    for earlier, later in pairwise(ordered):
        if earlier.valid_until is None or earlier.valid_until > later.valid_from:
            raise Invalid(
                "overlapping-versions",
                f"version {earlier.version} of {earlier.id} and version {later.version} of {later.id} are both valid "
                f"on {later.valid_from}; end the former on that day or start the latter later",
                field="validFrom",
            )


def _faults(tariff: Tariff, delivered: Collection[str]) -> Iterator[Fault]:
    try:
        places = exponent_of(tariff.currency)
    except Invalid as unknown:
        yield Fault("currency", str(unknown))
        places = 2
    if tariff.unit not in UNITS:
        yield Fault("unit", f"{tariff.unit!r} is not a known unit; use one of {', '.join(sorted(UNITS))}")
    if tariff.valid_until is not None and tariff.valid_until <= tariff.valid_from:
        yield Fault("validUntil", "must be after validFrom: it is the first day on which the tariff is no longer valid")
    yield from _conversion_faults(tariff)
    yield from _measure_faults(tariff, delivered)
    yield from _money_step("rounding.line.step", tariff.rounding.line, places)
    yield from _money_step("rounding.total.step", tariff.rounding.total, places)
    yield from _any_step("quantityRounding.step", tariff.quantity_rounding)
    if not tariff.charges:
        yield Fault("charges", "a tariff has at least one charge")
    earlier: list[str] = []
    for at, charge in enumerate(tariff.charges):
        yield from _charge_faults(f"charges.{at}", charge, earlier, places)
        earlier.append(charge.code)
    yield from _informational_faults(tariff)
    yield from work_faults(tariff)


def _conversion_faults(tariff: Tariff) -> Iterator[Fault]:
    for at, conversion in enumerate(tariff.conversions):
        if conversion.multiply <= 0 or conversion.divide <= 0:
            yield Fault(f"conversions.{at}", "multiply and divide must be above zero")
        if conversion.from_unit == tariff.unit:
            yield Fault(f"conversions.{at}.fromUnit", "is the tariff's own unit: there is nothing to convert")
        if any(other.from_unit == conversion.from_unit for other in tariff.conversions[:at]):
            yield Fault(
                f"conversions.{at}.fromUnit", f"{conversion.from_unit} is converted already: keep one of the two"
            )


def _measure_faults(tariff: Tariff, delivered: Collection[str]) -> Iterator[Fault]:
    declared: list[str] = []
    for at, measure in enumerate(tariff.measures):
        if measure.name in KNOWN_MEASURES:
            yield Fault(f"measures.{at}.name", f"every use has {measure.name!r} by itself: give another name")
        if measure.name in declared:
            yield Fault(f"measures.{at}.name", f"{measure.name!r} is declared twice")
        declared.append(measure.name)
        yield from _history_faults(f"measures.{at}", measure, tariff)
    known = (*KNOWN_MEASURES, *declared, *sorted(set(delivered) - set(declared)))
    named = [
        (f"charges.{at}.{field}", name)
        for at, each in enumerate(tariff.charges)
        for field, name in measures_named(each)
    ]
    named += [
        (f"conversions.{at}.timesMeasure", each.times_measure or "use") for at, each in enumerate(tariff.conversions)
    ]
    for where, name in named:
        if name not in known:
            yield Fault(
                where,
                f"there is no measure {name!r}: take one of {', '.join(known)}, or declare it under measures "
                "with its label and unit",
            )


def _history_faults(where: str, measure: Measure, tariff: Tariff) -> Iterator[Fault]:
    history = measure.history
    if history is None:
        return
    if measure.kind is not None:
        yield Fault(f"{where}.kind", "a measure from history is never shared: leave the kind out")
    if sum((history.last_periods is not None, bool(history.months), history.since_fiscal_year is not None)) != 1:
        yield Fault(f"{where}.history", "give one of lastPeriods, months and sinceFiscalYear")
    if len(set(history.months)) < len(history.months):
        yield Fault(f"{where}.history.months", "names a month twice")
    if history.of != "use" and all(each.name != history.of or each.history for each in tariff.measures):
        yield Fault(
            f"{where}.history.of",
            f"{history.of!r} is not measured: name the use, or a measure that is declared without a history",
        )


def _charge_faults(where: str, charge: Charge, earlier: Sequence[str], places: int) -> Iterator[Fault]:
    if charge.code in earlier:
        yield Fault(f"{where}.code", f"{charge.code!r} is the code of another charge; codes are unique in a tariff")
    if charge.code == ROUNDING_CODE:
        yield Fault(f"{where}.code", f"{ROUNDING_CODE!r} is kept for the line that rounds the total")
    yield from _money_step(f"{where}.rounding.step", charge.rounding, places)
    yield from _condition_faults(f"{where}.when", charge.when)
    yield from _season_faults(where, charge)
    for at, factor in enumerate(charge.factors):
        if factor.value < 0:
            yield Fault(f"{where}.factors.{at}.value", "a factor can't be negative")
        yield from _condition_faults(f"{where}.factors.{at}.when", factor.when)
        if factor.when.amounts:
            yield Fault(f"{where}.factors.{at}.when.amounts", "a factor has no condition on amounts")
    if isinstance(charge, (PercentCharge, BoundCharge, SubtotalCharge)):
        yield from _named_charges(f"{where}.of", charge.of, charge.code, earlier)
    for at, limit in enumerate(charge.when.amounts if charge.when else ()):
        yield from _named_charges(f"{where}.when.amounts.{at}.of", limit.of, charge.code, earlier)
    if isinstance(charge, MeasuredCharge):
        yield from _measured_faults(where, charge)
    if isinstance(charge, RatedCharge):
        yield from _any_step(f"{where}.rateRounding.step", charge.rate_rounding)
    yield from _kind_faults(where, charge, places)


def _informational_faults(tariff: Tariff) -> Iterator[Fault]:
    """Yield a fault for a charge that counts and depends on one that only informs, or that can't only inform."""
    said: set[str] = set()
    for at, charge in enumerate(tariff.charges):
        if charge.informational:
            said.add(charge.code)
            if isinstance(charge, (BoundCharge, SubtotalCharge)):
                message = "a minimum, a maximum and a subtotal are part of the total"
                yield Fault(f"charges.{at}.informational", message)
            continue
        named = [("of", charge.of)] if isinstance(charge, (PercentCharge, BoundCharge, SubtotalCharge)) else []
        limits = charge.when.amounts if charge.when else ()
        named += [(f"when.amounts.{number}.of", each.of) for number, each in enumerate(limits)]
        for field, codes in named:
            for code in sorted(said.intersection(codes)):
                yield Fault(
                    f"charges.{at}.{field}",
                    f"{code!r} is informational and adds nothing: name what it is taken of, or make this one "
                    "informational, too",
                )


def _kind_faults(where: str, charge: Charge, places: int) -> Iterator[Fault]:
    match charge:
        case FixedCharge() | BoundCharge():
            yield from _amount_faults(where, charge)
        case UsageCharge() if charge.rate < 0 and charge.cap is None and charge.cap_measure is None:
            yield Fault(
                f"{where}.rate",
                "a rate can't be negative; give a cap or capMeasure with it, or a percentage below zero",
            )
        case BlockCharge():
            yield from _block_faults(f"{where}.blocks", charge.blocks)
        case ScheduleCharge():
            yield from _ranges(f"{where}.schedules", charge.schedules)
            for at, schedule in enumerate(charge.schedules):
                yield from _block_faults(f"{where}.schedules.{at}.blocks", schedule.blocks)
        case PercentCharge():
            yield from _percent_faults(where, charge)
        case SubtotalCharge():
            yield from _money_step(f"{where}.to.step", charge.to, places)
            if charge.factors:
                yield Fault(f"{where}.factors", "a subtotal rounds a sum that is charged already: it has no factors")
            if charge.rounding is not None:
                yield Fault(f"{where}.rounding", "a subtotal rounds as `to` says: leave this out")


def _condition_faults(where: str, condition: Condition | None) -> Iterator[Fault]:
    if condition is None:
        return
    above, most = condition.use_above, condition.use_at_most
    for field, limit in (("useAbove", above), ("useAtMost", most)):
        if limit is not None and limit < 0:
            yield Fault(f"{where}.{field}", "a use is never below zero")
    yield from _limit_faults(where, condition)
    if above is not None and most is not None and above >= most:
        yield Fault(f"{where}.useAbove", f"no use is above {above} and at most {most}: nothing would be charged")
    if condition.flag is not None and condition.flag == condition.without_flag:
        yield Fault(
            f"{where}.withoutFlag",
            f"a connection can't both have and lack the flag {condition.flag!r}: nothing would be charged",
        )


def _limit_faults(where: str, condition: Condition) -> Iterator[Fault]:
    kinds: tuple[tuple[str, Sequence[MeasureLimit | AmountLimit]], ...] = (
        ("measures", condition.measures),
        ("amounts", condition.amounts),
    )
    for field, limits in kinds:
        for at, limit in enumerate(limits):
            if limit.above is None and limit.at_most is None:
                yield Fault(f"{where}.{field}.{at}", "give above, atMost or both")
            elif limit.above is not None and limit.at_most is not None and limit.above >= limit.at_most:
                yield Fault(f"{where}.{field}.{at}.above", "nothing is above it and at most the other: it never holds")
    for at, measured in enumerate(condition.measures):
        if measured.at_most is not None and measured.at_most < 0:
            yield Fault(f"{where}.measures.{at}.atMost", "a measure is never below zero: it never holds")


def _season_faults(where: str, charge: Charge) -> Iterator[Fault]:
    season = charge.season
    if season is None:
        return
    for field, day in (("fromDay", season.from_day), ("untilDay", season.until_day)):
        try:
            date.fromisoformat(f"2024-{day}")
        except ValueError:
            yield Fault(f"{where}.season.{field}", f"there is no day {day}; give month and day, such as 06-01")
    if season.from_day == season.until_day:
        yield Fault(f"{where}.season.untilDay", "is the first day, too: leave the season out, or end it on another day")
    if isinstance(charge, SubtotalCharge):
        yield Fault(f"{where}.season", "a subtotal rounds a sum that is charged already: it has no season")
    if isinstance(charge, BoundCharge) or (isinstance(charge, PercentCharge) and _bounds_of(charge)):
        yield Fault(
            f"{where}.season",
            "a bound applies to the whole bill and has no season: give the season to another charge, and bound that",
        )


def _bounds_of(charge: PercentCharge) -> list[Decimal]:
    return [bound for bound in (charge.at_least, charge.at_most) if bound is not None]


def _named_charges(where: str, named: Sequence[str], own: str, earlier: Sequence[str]) -> Iterator[Fault]:
    if not named:
        yield Fault(where, "name the charges that it is taken of, or * for all above")
    if len(set(named)) < len(named) or (ALL_EARLIER in named and len(named) > 1):
        yield Fault(where, "names a charge twice")
    for code in named:
        if code == own:
            yield Fault(where, f"{code!r} can't be taken of itself")
        elif code != ALL_EARLIER and code not in earlier:
            yield Fault(where, f"there is no charge {code!r} above this one; charges are evaluated in their order")


def _amount_faults(where: str, charge: FixedCharge | BoundCharge) -> Iterator[Fault]:
    amounts = [*charge.by_meter_size.values(), *([] if charge.amount is None else [charge.amount])]
    if not amounts:
        yield Fault(f"{where}.amount", "give an amount, or amounts by meter size")
    if any(amount < 0 for amount in amounts):
        yield Fault(f"{where}.amount", "an amount can't be negative; give a credit as an adjustment")
    if charge.days_basis is not None and charge.days_basis < 1:
        yield Fault(f"{where}.daysBasis", "at least one day")


def _measured_faults(where: str, charge: MeasuredCharge) -> Iterator[Fault]:
    if charge.per <= 0:
        yield Fault(f"{where}.per", "the number of units that the rate is for must be above zero")
    if not 0 < charge.share <= 10:
        yield Fault(f"{where}.share", "a share of the quantity, such as 0.8; above 0 and at most 10")
    if charge.included < 0 or min(charge.cap or 0, charge.least or 0) < 0:
        yield Fault(f"{where}.included", "quantities can't be negative")
    if charge.cap is not None and charge.least is not None and charge.least > charge.cap:
        yield Fault(f"{where}.least", f"is above the cap of {charge.cap}")
    for name, measure in (("capMeasure", charge.cap_measure), ("leastMeasure", charge.least_measure)):
        if measure is not None and measure == charge.measure:
            yield Fault(f"{where}.{name}", f"{charge.measure!r} cannot be compared with itself")
    yield from _any_step(f"{where}.quantityRounding.step", charge.quantity_rounding)
    if isinstance(charge, (BlockCharge, ScheduleCharge)):
        yield from _stretch_faults(where, charge)


def _stretch_faults(where: str, charge: BlockCharge | ScheduleCharge) -> Iterator[Fault]:
    if charge.days_basis < 1:
        yield Fault(f"{where}.daysBasis", "at least one day")
    more = more_limits(charge)
    if more and (charge.limits_per in {None, *more} or len(set(more)) < len(more)):
        yield Fault(f"{where}.limitsTimes", "names a second measure: name the first, another one, in limitsPer")
    if isinstance(charge, BlockCharge) and charge.limit_rounding is not None:
        yield from _limit_rounding_faults(f"{where}.limitRounding", charge, charge.limit_rounding)


def _limit_rounding_faults(where: str, charge: BlockCharge, rounding: Rounding) -> Iterator[Fault]:
    """Yield a fault if rounding leaves a block no width in an ordinary month: 30 days, one dwelling, one person."""
    yield from _any_step(f"{where}.step", rounding)
    if charge.limits_per is None and not any(block.up_to_plus for block in charge.blocks):
        yield Fault(where, "rounds multiplied limits: name the measure in limitsPer")
    if rounding.step <= 0 or charge.days_basis < 1:
        return
    stretch = max(30, charge.days_basis) if charge.limits_per == "days" else charge.days_basis
    reached = 0
    for block in charge.blocks:
        if block.up_to is None:
            return
        num, den = block.up_to.as_integer_ratio()
        rounded, _ = round_to_step(num * stretch, den * charge.days_basis, rounding)
        if rounded <= reached and not block.up_to_plus:
            yield Fault(
                f"{where}.step",
                f"rounds the limit {block.up_to} to the one below it, so that its block would have no width: "
                "take a finer step",
            )
            return
        reached = rounded


def _block_faults(where: str, blocks: Sequence[Block]) -> Iterator[Fault]:
    yield from _ranges(where, blocks)
    for at, block in enumerate(blocks):
        if block.rate < 0 and block.up_to is None:
            yield Fault(f"{where}.{at}.rate", "a rate can't be negative in a block without a limit: give it an upTo")
        if block.flat < 0:
            yield Fault(f"{where}.{at}.flat", "an amount can't be negative")
        if block.up_to is None and block.up_to_plus:
            yield Fault(f"{where}.{at}.upToPlus", "a block without a limit has nothing to add it to: give it an upTo")
        for number, part in enumerate(block.up_to_plus):
            if part.amount < 0:
                yield Fault(f"{where}.{at}.upToPlus.{number}.amount", "a part of a limit can't be negative")
            if not part.times:
                yield Fault(f"{where}.{at}.upToPlus.{number}.times", "name a measure, or add the amount to upTo")


def _ranges(where: str, ranges: Sequence[Block | Schedule | PercentRow]) -> Iterator[Fault]:
    if not ranges:
        yield Fault(where, "give at least one")
        return
    reached: Decimal | None = Decimal(0)
    for at, each in enumerate(ranges):
        if reached is None:
            yield Fault(f"{where}.{at}", "comes after one without a limit, so nothing can ever reach it")
            return
        if each.over > reached:
            yield Fault(f"{where}.{at}.over", f"leaves a gap: nothing covers {reached} to {each.over}")
        if each.over < reached:
            yield Fault(f"{where}.{at}.over", f"overlaps the one before, which covers up to {reached}")
        grows = isinstance(each, Block) and bool(each.up_to_plus)
        if each.up_to is not None and (each.up_to < each.over or (each.up_to == each.over and not grows)):
            yield Fault(f"{where}.{at}.upTo", f"must be above {each.over}, where this one starts")
        reached = each.up_to
    if reached is not None:
        yield Fault(
            f"{where}.{len(ranges) - 1}.upTo", f"the last one has no limit: what would use above {reached} cost?"
        )


def _percent_faults(where: str, charge: PercentCharge) -> Iterator[Fault]:
    if (charge.percent is None) == (charge.percent_table is None):
        yield Fault(f"{where}.percent", "give either percent, or percentTable to look it up")
    if charge.percent_table is not None:
        yield from _table_faults(f"{where}.percentTable", charge.percent_table)
    given = f"{where}.percent" if charge.percent_table is None else f"{where}.percentTable.rows"
    percents = percents_of(charge)
    if any(percent < -100 for percent in percents):
        yield Fault(given, "a discount can't be more than 100 %")
    if charge.inside == "sum" and any(percent >= 100 for percent in percents):
        yield Fault(given, "a tax inside a sum is less than 100 % of it")
    if charge.inside == "charges" and any(percent <= -100 for percent in percents):
        yield Fault(given, "nothing would be charged: it can't be inside the charges")
    if charge.inside == "charges" and not charge.informational:
        yield Fault(f"{where}.informational", "the charges contain it already: say that it is informational")
    for field, exempt in (("exemptUse", charge.exempt_use), ("exemptAmount", charge.exempt_amount)):
        if exempt is not None and exempt < 0:
            yield Fault(f"{where}.{field}", "what is exempt can't be negative")
    bounds = _bounds_of(charge)
    if any(bound < 0 for bound in bounds) or bounds != sorted(bounds):
        yield Fault(f"{where}.atMost", "atLeast and atMost are sizes: not negative, and the least not above the most")


def _table_faults(where: str, table: PercentTable) -> Iterator[Fault]:
    yield from _ranges(f"{where}.rows", table.rows)
    yield from _any_step(f"{where}.rounding.step", table.rounding)
    if table.measure == table.per_measure:
        yield Fault(f"{where}.perMeasure", f"{table.measure!r} per itself is always 1")
    for at, row in enumerate(table.rows):
        if row.steps is None:
            continue
        if row.steps.size <= 0:
            yield Fault(f"{where}.rows.{at}.steps.size", "a step is above zero")
        elif row.up_to is None:
            yield Fault(f"{where}.rows.{at}.steps", "a row with steps has an upTo: say where they end")
        elif row.up_to - row.over > MAX_STEPS * row.steps.size:
            yield Fault(f"{where}.rows.{at}.steps.size", f"a row has at most {MAX_STEPS} steps: take larger ones")


def _money_step(where: str, rounding: Rounding | None, places: int) -> Iterator[Fault]:
    if rounding is None:
        return
    minor = rounding.step.scaleb(places)
    if minor <= 0 or minor != minor.to_integral_value():
        yield Fault(where, f"a bill is paid in whole minor units: a multiple of {Decimal(1).scaleb(-places)}")


def _any_step(where: str, rounding: Rounding | None) -> Iterator[Fault]:
    if rounding is not None and rounding.step <= 0:
        yield Fault(where, "a step is above zero")
