"""The lines of a rated bill, each with its trace."""

from fractions import Fraction

from chalicelib.kernel.money import Money, exponent_of
from chalicelib.kernel.quantity import plain
from chalicelib.tariffs.domain.compile import CompiledTariff, Rule
from chalicelib.tariffs.domain.measures import unit_of_measure
from chalicelib.tariffs.domain.model import (
    AdjustmentCharge,
    BlockCharge,
    BoundCharge,
    Charge,
    FixedCharge,
    MeasuredCharge,
    PercentCharge,
    ScheduleCharge,
    SubtotalCharge,
    Tariff,
    UsageCharge,
)
from chalicelib.tariffs.domain.rating_state import RatingState, Settled
from chalicelib.tariffs.domain.several_periods import PeriodState
from chalicelib.tariffs.domain.trace import Line, Trace, TraceFactor, TraceStep, TraceTerm

AS_CHARGED = Settled()


def line_of(compiled: CompiledTariff, at: int, state: RatingState, factors: tuple[TraceFactor, ...]) -> Line:
    """Return the line of the charge at this place, which must have one."""
    rule, tariff = compiled.rules[at], compiled.tariff
    charge = rule.charge
    settled = state.settled.get(at, AS_CHARGED) if state.settled else AS_CHARGED
    unit = 10 ** exponent_of(tariff.currency)
    less = settled.less
    if not settled.bounded:
        num, den = rule.pricer.less(state)
        less = Fraction(num, den * unit)
    trace = Trace(
        tariff_id=tariff.id,
        tariff_version=tariff.version,
        kind=charge.kind,
        terms=settled.terms or _terms(rule, state, unit),
        rounding=rule.rounding,
        unit=_unit_of(tariff, charge),
        factors=() if settled.bounded else factors,
        of=charge.of if isinstance(charge, (PercentCharge, BoundCharge, SubtotalCharge)) else (),
        less=less,
        carry=Fraction(settled.carry, unit),
        steps=(*_counted(compiled, charge, state), *rule.pricer.steps(state), *settled.steps),
        measure=_measure_of(tariff, charge),
    )
    minor = state.lines[at]
    if minor is None:
        raise AssertionError("only a charge that made a line is written out")
    return Line(charge.code, charge.label, Money(minor, tariff.currency), trace, rule.informational)


def _terms(rule: Rule, state: RatingState, unit: int) -> tuple[TraceTerm, ...]:
    priced = rule.pricer.price(state)
    if priced is None:
        raise AssertionError("a line was made by a charge that has no price")
    terms, quantity_den, _ = priced
    return tuple(
        TraceTerm(
            quantity=Fraction(quantity, quantity_den * (unit if price.of_money else 1)),
            rate=price.rate,
            per=price.per,
            flat=price.flat,
        )
        for quantity, _, price in terms
    )


def _counted(compiled: CompiledTariff, charge: Charge, state: RatingState) -> list[TraceStep]:
    """Return the steps that converted a charge's quantity, and shared it over several periods."""
    steps = _conversion(compiled, charge, state)
    if not isinstance(state, PeriodState) or not isinstance(charge, MeasuredCharge) or not state.shares(charge.measure):
        return steps
    each = Fraction(*state.billed(charge.measure))
    whole = [] if steps else [TraceStep("quantity", "", each * state.periods)]
    return [*steps, *whole, TraceStep("periods", str(state.periods), each)]


def _conversion(compiled: CompiledTariff, charge: Charge, state: RatingState) -> list[TraceStep]:
    """Return the steps that converted and rounded the use to the tariff's unit."""
    tariff, usage = compiled.tariff, state.usage
    if not isinstance(charge, MeasuredCharge) or charge.measure != "use":
        return []
    use = Fraction(state.use_num * usage.periods, state.use_den)
    if usage.unit != tariff.unit:
        _, _, measure = compiled.conversions[usage.unit]
        by = f" at {measure} {plain(usage.measures[measure])}" if measure else ""
        return [TraceStep("converted", f"{plain(usage.quantity)} {usage.unit}{by}", use)]
    if use == Fraction(usage.quantity) or tariff.quantity_rounding is None:
        return []
    rounding = tariff.quantity_rounding.in_words()
    return [TraceStep("quantity", "", Fraction(usage.quantity)), TraceStep("rounded", rounding, use)]


def _unit_of(tariff: Tariff, charge: Charge) -> str:
    """Return the unit of a line's quantities; "" for charges that have only an amount."""
    measure, times = "", ""
    if isinstance(charge, (UsageCharge, BlockCharge, ScheduleCharge)):
        measure = charge.measure
        times = (isinstance(charge, UsageCharge) and charge.times) or ""
    elif isinstance(charge, (AdjustmentCharge, FixedCharge)):
        measure = charge.times or ""
    unit = unit_of_measure(tariff, measure)
    return f"{unit}-{unit_of_measure(tariff, times)}" if times else unit


def _measure_of(tariff: Tariff, charge: Charge) -> str:
    """Return the label of the measure that a line charges, if it is not obvious from the unit."""
    if not isinstance(charge, (UsageCharge, BlockCharge, ScheduleCharge)):
        return ""
    if charge.measure == "winterAverage":
        return "winter average"
    return next((each.label for each in tariff.measures if each.name == charge.measure and each.label != each.unit), "")
