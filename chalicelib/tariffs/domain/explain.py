"""Explanations of traces in plain sentences, for consumers."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from chalicelib.kernel.money import exponent_of
from chalicelib.kernel.quantity import plain
from chalicelib.tariffs.domain.trace import Line, Trace, TraceStep, TraceTerm, exact_decimal


def explain(line: Line) -> list[str]:
    """Return sentences that explain a line: ["10 m3 at 22.50 = 225.00"].

    First what was done to the quantity, then one sentence per term, one per factor, and the rounding if it changed
    anything.
    """
    trace = line.trace
    places = exponent_of(line.amount.currency)
    sentences = [*_quantity(trace), *_exemptions(line, places), *_terms(line, places)]
    value = sum((term.value for term in trace.terms), Fraction(0))
    for factor in trace.factors:
        value *= factor.value
        sentences.append(f"{factor.label}: times {_number(factor.value)} = {_money(value, places)}")
    if trace.kind == "subtotal":
        whole = trace.less + Fraction(line.amount.minor, 10**places)
        return [
            f"{_money(value, places)} rounded ({trace.rounding.in_words()}) to {_money(whole, places)}: {line.amount}"
        ]
    if trace.kind in {"minimum", "maximum"}:
        value -= trace.less
        what = "missing" if trace.kind == "minimum" else "too much"
        sentences.append(f"{_money(trace.less, places)} is charged already, {_money(abs(value), places)} is {what}")
    if line.informational:
        sentences.append("only said: it adds nothing to the total")
    if value != Fraction(line.amount.minor, 10**places):
        shared = ", so that the parts add up" if trace.carry else ""
        sentences.append(f"rounded ({trace.rounding.in_words()}) to {line.amount}{shared}")
    return sentences


def _quantity(trace: Trace) -> list[str]:
    """Say in one sentence how a quantity came about, in others how limits stretched and rates changed."""
    said: list[str] = []
    for step in trace.steps:
        result = f"{_number(step.result)} {trace.unit}"
        match step.kind:
            case "converted":
                said.append(f"{step.given} = {result}")
            case "quantity" if not said:
                said.append(f"{result}{_measured(trace)}")
            case "share":
                said.append(f"times {step.given} = {result}")
            case "cap" | "least":
                limit = "at most" if step.kind == "cap" else "at least"
                said.append(f"{limit} {result}{f' ({step.given})' if step.given else ''}")
            case "periods":
                said.append(f"of {step.given} periods, each {result}")
            case "included":
                said.append(f"less {step.given} {trace.unit} included = {result}")
            case "rounded":
                said.append(f"rounded ({step.given}) to {result}")
    rates = [f"rates times {_number(step.result)}: {step.given}" for step in trace.steps if step.kind == "rates"]
    limits = [
        f"the limits of the blocks times {_number(step.result)}: {step.given}"
        for step in trace.steps
        if step.kind == "limits"
    ]
    budgets = [
        f"{step.given} = {_number(step.result)} {trace.unit}, the limit of a block"
        for step in trace.steps
        if step.kind == "limit"
    ]
    values = [f"{step.given} = {_money(step.result, 0)}" for step in trace.steps if step.kind == "looked-up"]
    return ([", ".join(said)] if said else []) + budgets + limits + rates + values


def _exemptions(line: Line, places: int) -> list[str]:
    sentences = []
    for step in line.trace.steps:
        whole = f"{_money(step.result, places)} ({_named(line.trace)})"
        if step.kind == "exempt-amount":
            sentences.append(f"{_money(Fraction(step.given), places)} of {whole} is exempt")
        elif step.kind == "exempt-use":
            sentences.append(f"a use of {step.given} is exempt: only the share above it of {whole} counts")
    return sentences


def _terms(line: Line, places: int) -> list[str]:
    """Return a sentence for each term; a bound that applied is mentioned once, however many parts a bill has."""
    trace = line.trace
    bounds = [step for step in trace.steps if step.kind in {"at-most", "at-least"}]
    if bounds:
        return [_bounded(trace, bounds, trace.terms[0], places)]
    if trace.kind in {"minimum", "maximum"}:
        together = _money(sum((term.value for term in trace.terms), Fraction(0)), places)
        return [f"at {'least' if trace.kind == 'minimum' else 'most'} {together} for {_named(trace)}"]
    sentences = [_term(line, term, places) for term in trace.terms]
    if len(trace.terms) > 1:
        sentences.append(f"together {_money(sum((term.value for term in trace.terms), Fraction(0)), places)}")
    return sentences


def _bounded(trace: Trace, bounds: Sequence[TraceStep], term: TraceTerm, places: int) -> str:
    step = bounds[-1]
    limit = "at most" if step.kind == "at-most" else "at least"
    size = _money(abs(Fraction(term.rate)), places)
    said = f"{step.given} of {_named(trace)} = {_money(step.result, places)}, but {limit} {size}"
    if term.quantity == 1:
        return said
    if term.quantity > 1:
        return f"{said} for each period; times {_number(term.quantity)} = {_money(term.value, places)}"
    return f"{said} for the whole bill; {_number(term.quantity)} of it = {_money(term.value, places)}"


def _term(line: Line, term: TraceTerm, places: int) -> str:
    trace = line.trace
    quantity, result = _number(term.quantity), _money(term.value, places)
    rate = _money(Fraction(term.rate), places)
    if term.flat:
        return f"flat amount of the block: {rate}"
    if trace.kind == "percent" and term.per != 1:
        exempt = any(step.kind in {"exempt-use", "exempt-amount"} for step in trace.steps)
        of = "" if exempt else f" ({_named(trace)})"
        return f"{plain(term.rate)} % of {_percent_base(term, of, places)} = {result}"
    if trace.unit:
        per = "" if term.per == 1 else f" per {plain(term.per)} {trace.unit}"
        return f"{quantity} {trace.unit}{_measured(trace)} at {rate}{per} = {result}"
    return f"{line.label}: {rate}" if term.quantity == 1 else f"{line.label}: {quantity} times {rate} = {result}"


def _percent_base(term: TraceTerm, of: str, places: int) -> str:
    """Say what a percentage is of: the charges, these without what is inside them, or their sum with it."""
    charged = f"{_money(term.quantity, places)}{of}"
    if term.per == 100:
        return charged
    base = _money(term.quantity * 100 / Fraction(term.per), places)
    return f"{base}, that is {charged} {'without' if term.per == 100 + term.rate else 'with'} it"


def _measured(trace: Trace) -> str:
    return f" ({trace.measure})" if trace.measure else ""


def _named(trace: Trace) -> str:
    return "all above" if trace.of == ("*",) else ", ".join(trace.of)


def _number(value: Fraction) -> str:
    decimal = exact_decimal(value)
    return plain(decimal) if decimal is not None else f"{value.numerator}/{value.denominator}"


def _money(value: Fraction, places: int) -> str:
    """Format an amount with at least the currency's places, and all digits if they end; else six and a tilde."""
    decimal = exact_decimal(value)
    if decimal is None:
        return "~" + plain(Decimal(f"{round(value * 10**6)}E-6"))
    text = plain(decimal)
    digits = len(text.partition(".")[2])
    return text if digits >= places else format(decimal, f".{places}f")
