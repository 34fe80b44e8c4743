"""Decisions for a whole bill, however many versions of the tariff rate a part of it.

Bounds, exempt amounts, rounding of lines, subtotals and the total: two equal versions give the same bill as one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import prod

from chalicelib.kernel.money import exponent_of
from chalicelib.kernel.quantity import plain
from chalicelib.tariffs.domain.charges import BoundPricer, PercentPricer, SubtotalPricer
from chalicelib.tariffs.domain.compile import Rule
from chalicelib.tariffs.domain.model import MaximumCharge, PercentCharge
from chalicelib.tariffs.domain.pricing import Price
from chalicelib.tariffs.domain.rating_state import RatingState, Settled
from chalicelib.tariffs.domain.rounding import share_rounded
from chalicelib.tariffs.domain.trace import StepKind, TraceFactor, TraceStep, TraceTerm, ratio_text


@dataclass(slots=True)
class Member:
    """One version's part of a charge: its place in the part's bill, its factors, and its exact amount in minor units.

    `base` is the base of a percentage; `bounded` means that a bound replaced the amount; `periods` is how many
    periods it is for: a version's share of the days of one, or several that were not read.
    """

    state: RatingState
    at: int
    rule: Rule
    factors: Sequence[TraceFactor]
    amount: Fraction
    base: Fraction = Fraction(0)
    bounded: bool = False

    @property
    def periods(self) -> Fraction:
        share = self.state.share
        return Fraction(self.state.usage.periods) if share is None else share.factor.value

    @property
    def multiplier(self) -> Fraction:
        return prod((factor.value for factor in self.factors), start=Fraction(1))


def settle(members: Sequence[Member], currency: str) -> None:
    """Decide the amount of a charge on a bill, in each part that it applies to."""
    pricer = members[0].rule.pricer
    match pricer:
        case SubtotalPricer():
            _settle_subtotal(members, currency)
        case BoundPricer():
            _settle_bound(members, currency)
        case _:
            if isinstance(pricer, PercentPricer):
                _settle_percent(members, currency)
            _round(members)


def settle_total(parts: Sequence[tuple[Sequence[Rule], RatingState]], currency: str) -> None:
    """Round the total of a bill of several parts. The line belongs to the last part; its rule is the last version's."""
    counted = [(state, at) for rules, state in parts for at, rule in enumerate(rules) if not rule.informational]
    gross = sum((Fraction(*state.values[at]) for state, at in counted), Fraction(0))
    on_lines = sum(state.lines[at] or 0 for state, at in counted)
    rules, last = parts[-1]
    _put_subtotal(last, len(last.lines) - 1, rules[-1], (gross, on_lines), currency)


# --- percentages


def _settle_percent(members: Sequence[Member], currency: str) -> None:
    """Compute percentages of what is not exempt, apply the factors, then limit the sum of all parts to the bounds."""
    unit = 10 ** exponent_of(currency)
    for each in members:
        each.base = Fraction(*_percent(each).base(each.state))
    steps = _exempt(members, unit)
    for each in members:
        percent = _rate(each)
        each.amount = each.base * each.multiplier * Fraction(percent.num, percent.den)
        if steps and _charge(each).exempt_amount is not None:
            term = TraceTerm(Fraction(each.base, unit), percent.rate, percent.per)
            each.state.settle(each.at, Settled(terms=(term,), steps=steps))
    _hold(members, "at-most", unit)
    _hold(members, "at-least", unit)


def _exempt(members: Sequence[Member], unit: int) -> tuple[TraceStep, ...]:
    """Reduce the bases to what exceeds the exempt amount of the whole bill; the parts keep their proportion.

    5 % of what exceeds 100.00: of 150.00, 2.50. A version that rates a part of the days exempts that part.
    """
    exempting = [each for each in members if _charge(each).exempt_amount is not None]
    if not exempting:
        return ()
    free = unit * sum((Fraction(_charge(each).exempt_amount or 0) * each.periods for each in exempting), Fraction(0))
    whole = sum((each.base for each in exempting), Fraction(0))
    left = Fraction(whole - free, whole) if whole > free else Fraction(0)
    for each in exempting:
        each.base *= left
    return (TraceStep("exempt-amount", ratio_text(Fraction(free, unit)), Fraction(whole, unit)),)


def _hold(members: Sequence[Member], bound: StepKind, unit: int) -> None:
    """Limit the amount of a bill to a bound, which limits the size and keeps the sign: -5.00 at most 3.00 is -3.00."""
    bounds = [(each, _bound_of(_charge(each), bound)) for each in members]
    held = [(each, size) for each, size in bounds if size is not None]
    amount = sum((each.amount for each, _ in held), Fraction(0))
    most = sum((Fraction(size) * each.periods for each, size in held), Fraction(0)) * unit
    if not held or (abs(amount) <= most if bound == "at-most" else abs(amount) >= most):
        return
    sign = -1 if amount < 0 or (amount == 0 and _rate(held[0][0]).rate < 0) else 1
    for each, size in held:
        before = each.state.settled.get(each.at) if each.state.settled else None
        step = TraceStep(bound, _percent_in_words(each), Fraction(amount, unit))
        each.bounded = True
        each.amount = Fraction(size) * each.periods * sign * unit
        term = TraceTerm(each.periods, size * sign)
        settled = Settled(terms=(term,), bounded=True, steps=(*(before.steps if before else ()), step))
        each.state.settle(each.at, settled)


def _bound_of(charge: PercentCharge, bound: StepKind) -> Decimal | None:
    return charge.at_most if bound == "at-most" else charge.at_least


def _percent_in_words(member: Member) -> str:
    factors = "".join(f" times {ratio_text(each.value)} ({each.label})" for each in member.factors)
    return f"{plain(_rate(member).rate)} %{factors}"


def _rate(member: Member) -> Price:
    """Return the percentage of a part; one without has no line, and is no member."""
    percent = _percent(member).percent_of(member.state)
    if percent is None:
        raise TypeError("a charge without a percentage has no amount")
    return percent


def _charge(member: Member) -> PercentCharge:
    return _percent(member).charge


def _percent(member: Member) -> PercentPricer:
    if not isinstance(member.rule.pricer, PercentPricer):
        raise TypeError("the parts of a charge are of one kind")
    return member.rule.pricer


# --- minimums, maximums and subtotals: one line for the whole bill, in the last part that has the charge


def _settle_bound(members: Sequence[Member], currency: str) -> None:
    """Lift or lower the named charges of all parts together to the sum of the parts' amounts for their days."""
    last = members[-1]
    charged = sum((Fraction(*each.rule.pricer.less(each.state)) for each in members), Fraction(0))
    missing = sum((each.amount for each in members), Fraction(0)) - charged
    if missing == 0 or (missing > 0) == isinstance(last.rule.charge, MaximumCharge):
        return
    unit = 10 ** exponent_of(currency)
    if len(members) > 1:
        terms = tuple(term for each in members for term in _terms(each))
        last.state.settle(last.at, Settled(terms=terms, less=Fraction(charged, unit), bounded=True))
    minor = _to_step(last.rule, missing)
    last.state.values[last.at] = missing.as_integer_ratio() if last.rule.exact else (minor, 1)
    last.state.lines[last.at] = minor or None


def _terms(member: Member) -> Iterator[TraceTerm]:
    priced = member.rule.pricer.price(member.state)
    if priced is not None:
        for quantity, _, price in priced[0]:
            yield TraceTerm(Fraction(quantity, priced[1]) * member.multiplier, price.rate, price.per)


def _settle_subtotal(members: Sequence[Member], currency: str) -> None:
    last = members[-1]
    gross = sum((each.amount for each in members), Fraction(0))
    on_lines = sum((Fraction(*each.rule.pricer.less(each.state)) for each in members), Fraction(0))
    _put_subtotal(last.state, last.at, last.rule, (gross, int(on_lines)), currency)


def _put_subtotal(state: RatingState, at: int, rule: Rule, sums: tuple[Fraction, int], currency: str) -> None:
    """Round a sum and record the difference; `sums` are the exact one and that of the lines."""
    gross, on_lines = sums
    rounded = _to_step(rule, gross)
    unit = 10 ** exponent_of(currency)
    state.settle(
        at, Settled(terms=(TraceTerm(Fraction(gross, unit), Decimal(1)),), less=Fraction(on_lines, unit), bounded=True)
    )
    state.values[at] = (rounded - gross).as_integer_ratio()
    state.lines[at] = rounded - on_lines or None


# --- rounding


def _round(members: Sequence[Member]) -> None:
    """Round the parts of a charge that is the same in all versions as one amount; otherwise round each part.

    If a bound applied, its parts are one amount in any case.
    """
    if any(each.bounded for each in members):
        return _round_once(members)
    unlike = list(members)
    while unlike:
        charge = unlike[0].rule.charge
        _round_once([each for each in unlike if each.rule.charge == charge])
        unlike = [each for each in unlike if each.rule.charge != charge]
    return None


def _round_once(members: Sequence[Member]) -> None:
    """Round the sum of parts once, and share it so that they add up to it."""
    rule = members[0].rule
    if len(members) == 1:
        shares = [_to_step(rule, members[0].amount)]
    else:
        amounts = [Fraction(each.amount, rule.step) for each in members]
        shares = [steps * rule.step for steps in share_rounded(amounts, rule.rounding.mode)]
    for each, minor in zip(members, shares, strict=True):
        each.state.lines[each.at] = minor
        each.state.values[each.at] = each.amount.as_integer_ratio() if rule.exact else (minor, 1)
        carry = minor - _to_step(rule, each.amount)
        if carry:
            before = each.state.settled.get(each.at) if each.state.settled else None
            each.state.settle(each.at, replace(before or Settled(), carry=carry))


def _to_step(rule: Rule, amount: Fraction) -> int:
    return rule.to_whole(amount.numerator, amount.denominator * rule.step) * rule.step
