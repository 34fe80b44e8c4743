"""A trace in plain sentences, for the consumer who asks why."""

from decimal import Decimal
from fractions import Fraction

from chalicelib.kernel.money import exponent_of
from chalicelib.kernel.quantity import plain
from chalicelib.tariffs.domain.trace import Line, TraceTerm, exact_decimal


def explain(line: Line) -> list[str]:
    """Say how a line came about: ["10 m3 at 22.50 = 225.00"].

    One sentence per quantity priced, then one per factor, and the rounding where it changed anything.
    """
    trace = line.trace
    places = exponent_of(line.amount.currency)
    sentences = [_term(line, term, places) for term in trace.terms]
    value = sum((term.value for term in trace.terms), Fraction(0))
    if len(trace.terms) > 1:
        sentences.append(f"together {_money(value, places)}")
    for factor in trace.factors:
        value *= factor.value
        sentences.append(f"{factor.label}: times {_number(factor.value)} = {_money(value, places)}")
    if trace.kind == "subtotal":
        whole = trace.less + Fraction(line.amount.minor, 10**places)
        return [f"{_money(value, places)} rounded ({_rounding(line)}) to {_money(whole, places)}: {line.amount}"]
    if trace.kind in {"minimum", "maximum"}:
        value -= trace.less
        what = "missing" if trace.kind == "minimum" else "too much"
        sentences.append(f"{_money(trace.less, places)} is charged already, {_money(abs(value), places)} is {what}")
    if value != Fraction(line.amount.minor, 10**places):
        sentences.append(f"rounded ({_rounding(line)}) to {line.amount}")
    return sentences


def _term(line: Line, term: TraceTerm, places: int) -> str:
    trace = line.trace
    quantity, result = _number(term.quantity), _money(term.value, places)
    rate = _money(Fraction(term.rate), places)
    if trace.kind == "percent" and term.per == 100:
        return f"{plain(term.rate)} % of {_money(term.quantity, places)} ({_named(line)}) = {result}"
    if trace.kind == "maximum":
        return f"at most {result} for {_named(line)}"
    if trace.kind == "minimum":
        return f"at least {result} for {_named(line)}"
    if trace.unit:
        per = "" if term.per == 1 else f" per {plain(term.per)} {trace.unit}"
        return f"{quantity} {trace.unit} at {rate}{per} = {result}"
    return f"{line.label}: {rate}" if term.quantity == 1 else f"{line.label}: {quantity} times {rate} = {result}"


def _named(line: Line) -> str:
    return "all above" if line.trace.of == ("*",) else ", ".join(line.trace.of)


def _rounding(line: Line) -> str:
    rounding = line.trace.rounding
    return f"{rounding.mode} to {plain(rounding.step)}"


def _number(value: Fraction) -> str:
    decimal = exact_decimal(value)
    return plain(decimal) if decimal is not None else f"{value.numerator}/{value.denominator}"


def _money(value: Fraction, places: int) -> str:
    """With the currency's places at least, and all the digits it has where they end; else six and a tilde."""
    decimal = exact_decimal(value)
    if decimal is None:
        return "~" + plain(Decimal(f"{round(value * 10**6)}E-6"))
    text = plain(decimal)
    digits = len(text.partition(".")[2])
    return text if digits >= places else format(decimal, f".{places}f")
