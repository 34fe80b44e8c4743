"""Traces of lines: enough to recompute a line from its trace alone, and short enough to store on every bill."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import groupby
from typing import Literal

from chalicelib.kernel.money import Money, exponent_of
from chalicelib.kernel.quantity import plain
from chalicelib.tariffs.domain.rounding import Rounding, RoundingMode, round_ratio


@dataclass(frozen=True, slots=True)
class TraceTerm:
    """A quantity at a rate per a number of units: 11 gal at 5.50 per 1000. For a percentage: an amount at 18 per 100.

    `flat`: the amount of a block that was entered, due once whatever the quantity.
    """

    quantity: Fraction
    rate: Decimal
    per: Decimal = Decimal(1)
    flat: bool = False

    @property
    def value(self) -> Fraction:
        return self.quantity * Fraction(self.rate) / Fraction(self.per)


@dataclass(frozen=True, slots=True)
class TraceFactor:
    """A multiplier of the whole line, with its label."""

    label: str
    value: Fraction


StepKind = Literal[
    "converted", "quantity", "share", "cap", "least", "included", "rounded", "rates",
    "limits", "exempt-use", "exempt-amount", "at-most", "at-least", "periods", "limit", "looked-up",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TraceStep:
    """How a quantity or a rate became what the terms show: for words only, a line is replayed without it.

    `given` is what was applied (a share, a limit, a percentage), `result` the quantity or amount that it gave; of what
    is exempt and of bounds, the amount without them; of rates and of limits, what they were multiplied by; of one
    limit, itself; of a percentage that was looked up, the value that it is for.
    """

    kind: StepKind
    given: str
    result: Fraction


@dataclass(frozen=True, slots=True)
class Trace:
    """The inputs of one line. All amounts are in whole currency units.

    `kind` is the kind of charge; `unit` the unit of its quantities, and `measure` the measure, if it is not the use;
    `of` the charges that a percentage, minimum, maximum or subtotal depends on; `less` the amount that these have
    already billed. `carry` is the difference by which the parts of a rounded amount add up to it.
    """

    tariff_id: str
    tariff_version: int
    kind: str
    terms: tuple[TraceTerm, ...]
    rounding: Rounding
    unit: str = ""
    factors: tuple[TraceFactor, ...] = ()
    of: tuple[str, ...] = ()
    less: Fraction = Fraction(0)
    carry: Fraction = Fraction(0)
    steps: tuple[TraceStep, ...] = ()
    measure: str = ""

    @property
    def gross(self) -> Fraction:
        """The sum of the terms times all factors, before anything is taken off or rounded."""
        value = sum((term.value for term in self.terms), Fraction(0))
        for factor in self.factors:
            value *= factor.value
        return value

    @property
    def unrounded(self) -> Fraction:
        """The exact value of the line before it was rounded."""
        return self.gross - self.less


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill. `label` is what the consumer reads, `code` what programs and other charges refer to.

    An `informational` line says what others contain, and is not part of the total.
    """

    code: str
    label: str
    amount: Money
    trace: Trace
    informational: bool = False


def share_of(line: Line, share: TraceFactor) -> Line:
    """Return a line with a share of an amount, rounded half-up to the minor unit: a twelfth of 154.20 is 12.85."""
    currency = line.amount.currency
    unit = 10 ** exponent_of(currency)
    amount = Fraction(line.amount.minor, unit)
    trace = Trace(
        tariff_id=line.trace.tariff_id,
        tariff_version=line.trace.tariff_version,
        kind="adjustment",
        terms=(TraceTerm(Fraction(1), exact_decimal(amount) or Decimal(0)),),
        rounding=Rounding("half-up", Decimal(1).scaleb(-exponent_of(currency))),
        factors=(share,),
    )
    shared = _rounded(amount * share.value, trace.rounding)
    return replace(line, amount=Money(int(shared * unit), currency), trace=trace)


def replay(line: Line) -> Money:
    """Recompute a line from its trace alone, without the tariff."""
    trace = line.trace
    if trace.kind == "subtotal":  # the sum is rounded, then the lines are subtracted
        amount = _rounded(trace.gross, trace.rounding) - trace.less
    else:
        amount = _rounded(trace.unrounded, trace.rounding) + trace.carry
    currency = line.amount.currency
    return Money(int(amount * 10 ** exponent_of(currency)), currency)


def _rounded(value: Fraction, rounding: Rounding) -> Fraction:
    step = Fraction(rounding.step)
    steps = value / step
    return round_ratio(steps.numerator, steps.denominator, rounding.mode) * step


_KINDS = {
    "fixed": "f", "usage": "u", "blocks": "b", "schedules": "s", "percent": "p", "minimum": "m", "maximum": "x",
    "adjustment": "a", "subtotal": "t",
}  # fmt: skip
_KIND_OF = {letter: kind for kind, letter in _KINDS.items()}
_MODES: dict[RoundingMode, str] = {"half-up": "h", "half-even": "e", "floor": "f", "ceiling": "c"}
_MODE_OF = {letter: mode for mode, letter in _MODES.items()}
_STEPS: dict[StepKind, str] = {
    "converted": "v", "quantity": "q", "share": "s", "cap": "c", "least": "l", "included": "i", "rounded": "r",
    "rates": "f", "limits": "b", "exempt-use": "u", "exempt-amount": "a", "at-most": "m", "at-least": "n",
    "periods": "p", "limit": "k", "looked-up": "o",
}  # fmt: skip
_STEP_OF = {letter: kind for kind, letter in _STEPS.items()}


def pack_lines(lines: Iterable[Line]) -> str:
    """Format lines with their traces as compact JSON, to store on the bill.

    `[[tariff id, version, [line, ...]], ...]`; a line is code, label, minor units, one letter for the kind, its terms
    as `quantity*rate:per` (`=rate` for a block's flat amount), then fields that differ from their defaults: unit,
    rounding, factors, of, less, carry, steps, measure, 1 if it is informational. 10 m3 at 22.50 takes about 50 bytes:
    `["usage","Water",22500,"u","10*22.5","m3"]`.
    """
    groups = [
        [tariff_id, version, [_packed(line) for line in group]]
        for (tariff_id, version), group in groupby(
            lines, key=lambda line: (line.trace.tariff_id, line.trace.tariff_version)
        )
    ]
    return json.dumps(groups, separators=(",", ":"), ensure_ascii=False)


def unpack_lines(text: str, currency: str) -> tuple[Line, ...]:
    """Parse what `pack_lines` wrote."""
    return tuple(
        _unpacked(packed, tariff_id, version, currency)
        for tariff_id, version, group in json.loads(text)
        for packed in group
    )


_LEFT_OUT: tuple[object, ...] = (None, None, None, None, None, "", "", [], "", "", "", [], "", 0)


def _packed(line: Line) -> list[object]:
    trace = line.trace
    usual = _usual_rounding(line.amount.currency)
    rest: list[object] = [
        trace.unit,
        "" if trace.rounding == usual else _MODES[trace.rounding.mode] + plain(trace.rounding.step),
        [[factor.label, ratio_text(factor.value)] for factor in trace.factors],
        ",".join(trace.of),
        ratio_text(trace.less) if trace.less else "",
        ratio_text(trace.carry) if trace.carry else "",
        [[_STEPS[step.kind], step.given, ratio_text(step.result)] for step in trace.steps],
        trace.measure,
        1 if line.informational else 0,
    ]
    while rest and not rest[-1]:
        rest.pop()
    terms = "+".join(_term_text(term) for term in trace.terms)
    return [line.code, line.label, line.amount.minor, _KINDS[trace.kind], terms, *rest]


def _unpacked(packed: list[object], tariff_id: str, version: int, currency: str) -> Line:
    filled = (*packed, *_LEFT_OUT[len(packed) :])
    code, label, minor, kind, terms, unit, rounding, factors, of, less, carry, steps, measure, informational = filled
    trace = Trace(
        tariff_id=tariff_id,
        tariff_version=version,
        kind=_KIND_OF[str(kind)],
        terms=tuple(_term(text) for text in str(terms).split("+")),
        rounding=_rounding(str(rounding)) if rounding else _usual_rounding(currency),
        unit=str(unit),
        factors=tuple(TraceFactor(name, Fraction(value)) for name, value in _entries(factors)),
        of=tuple(str(of).split(",")) if of else (),
        less=Fraction(str(less) or 0),
        carry=Fraction(str(carry) or 0),
        steps=tuple(TraceStep(_STEP_OF[letter], given, Fraction(result)) for letter, given, result in _entries(steps)),
        measure=str(measure),
    )
    return Line(str(code), str(label), Money(int(str(minor)), currency), trace, informational == 1)


def _entries(value: object) -> list[list[str]]:
    return [[str(part) for part in entry] for entry in value] if isinstance(value, list) else []


@cache
def _usual_rounding(currency: str) -> Rounding:
    return Rounding("half-up", Decimal(1).scaleb(-exponent_of(currency)))


def _rounding(text: str) -> Rounding:
    return Rounding(_MODE_OF[text[0]], Decimal(text[1:]))


def _term_text(term: TraceTerm) -> str:
    if term.flat:
        return f"={plain(term.rate)}"
    per = "" if term.per == 1 else f":{plain(term.per)}"
    return f"{ratio_text(term.quantity)}*{plain(term.rate)}{per}"


def _term(text: str) -> TraceTerm:
    if text.startswith("="):
        return TraceTerm(Fraction(1), Decimal(text[1:]), flat=True)
    quantity, _, price = text.partition("*")
    rate, _, per = price.partition(":")
    return TraceTerm(Fraction(quantity), Decimal(rate), Decimal(per or 1))


def ratio_text(value: Fraction) -> str:
    """Format a ratio as a plain decimal if it has one, else as `1/3`."""
    if value.denominator == 1:
        return str(value.numerator)
    decimal = exact_decimal(value)
    return f"{value.numerator}/{value.denominator}" if decimal is None else plain(decimal)


def exact_decimal(value: Fraction) -> Decimal | None:
    """Return the decimal that equals a ratio, or None if there is none: 1/8 -> 0.125, 1/3 -> None."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    return Decimal(f"{value.numerator * 10**places // value.denominator}E-{places}")
