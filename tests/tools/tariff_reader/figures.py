"""What the printed figure of a case is, and what Meterbook gives for it: mostly a bill, sometimes one step of one."""

import json
from decimal import Decimal

from chalicelib.kernel.money import Money
from chalicelib.tariffs.domain import Rating, compile_tariff, pack_lines, rate, rate_over, replay, unpack_lines
from chalicelib.tariffs.domain.late_charges import late_charge
from chalicelib.tariffs.schemas import TariffBody, UsageQuantities
from tests.tools.tariff_reader.late_charges import Late, late_of, with_penalty
from tests.tools.tariff_reader.loose_tariff import Json, LooseTariff, bare, rounding_of
from tests.tools.tariff_reader.translation import Quote, quote_of, translate
from tests.tools.tariff_reader.usage import LooseUsage, code_of

_BILL_WORDS = ("bill", "principal", "water", "base", "subtotal", "amount")


def figure(case: Json) -> Decimal:
    """Return Meterbook's figure for a case.

    :raises ValueError: naming what of the case is not understood.
    """
    case = with_penalty(case)
    tariff, usage = case["tariff"], case["usage"]
    if "penalty" in tariff and _states_lateness(usage):
        return _late(case)
    if _is_rise(case):
        return Decimal(str(rated(_at(case, "new")).total)) - Decimal(str(rated(_at(case, "old")).total))
    quote = quote_of(case)
    if not quote.priced:
        if quote.strange:
            raise ValueError(f"nothing of the tariff has a price, and this is not understood: {quote.strange}")
        return _quantity(case, quote)
    return _bill(case, quote)


def not_understood(case: Json) -> list[str]:
    """Name the keys of a case that the translation leaves aside."""
    case = with_penalty(case)
    if "penalty" in case["tariff"] and _states_lateness(case["usage"]):
        return _lateness(case).strange
    if _is_rise(case):
        return [name for terms in ("old", "new") for name in _at(case, terms).strange]
    return quote_of(case).strange


def rated(quote: Quote) -> Rating:
    """Rate a quote through the public schemas."""
    usage = UsageQuantities.model_validate_json(json.dumps(quote.usage)).to_domain()
    sheets = [TariffBody.model_validate_json(json.dumps(sheet)) for sheet in quote.versions]
    compiled = [
        compile_tariff(sheet.to_domain(tariff_id="published", version=at, delivered=usage.measures))
        for at, sheet in enumerate(sheets, start=1)
    ]
    rating = rate_over(compiled, usage) if len(compiled) > 1 else rate(compiled[0], usage)
    assert [replay(line) for line in rating.lines] == [line.amount for line in rating.lines]
    assert unpack_lines(pack_lines(rating.lines), rating.currency) == rating.lines
    return rating


def _bill(case: Json, quote: Quote) -> Decimal:
    rating = rated(quote)
    amounts = {line.code: Decimal(str(line.amount)) * quote.scale for line in rating.lines}
    parts = [str(part["name"]) for part in case.get("expected_parts", [])]
    printed = {code_of(part["name"]): Decimal(str(part["amount"])) for part in case.get("expected_parts", [])}
    if quote.scale == 1:  # a total in cents is printed with the tax inside each part
        for code in printed.keys() & amounts.keys() & set(quote.own_lines):
            # A discount may be printed with or without its sign.
            assert abs(amounts[code]) == abs(printed[code]), f"{code} of {case['id']}"
    total = Decimal(str(rating.total)) * quote.scale
    only_added = [part for part in parts if not bare(part).startswith(_BILL_WORDS)] == parts
    if "bill" in amounts and only_added and (parts or "tax" in case["tariff"]):
        return total - amounts["bill"]  # a bill is given, and only what is added to it is printed
    return total


def _quantity(case: Json, quote: Quote) -> Decimal:
    tariff = case["tariff"]
    if "leak" in tariff:
        use = LooseUsage(case["usage"], Decimal(1))
        return use.forgiven(LooseTariff(tariff["leak"], "leak"))
    (term,) = rated(quote).lines[0].trace.terms
    quantity = Decimal(term.quantity.numerator) / Decimal(term.quantity.denominator)
    if "reading_rounding" in tariff:  # read in whole hundreds, and printed so
        return quantity / Decimal(rounding_of(tariff["reading_rounding"], "1")["step"])
    return quantity


def _is_rise(case: Json) -> bool:
    """An old and a new tariff, and no day of change within the use: what is printed is the difference."""
    days = any("day" in bare(key) or bare(key) in {"from", "to"} for key in case["usage"])
    return "old" in case["tariff"] and not days


def _at(case: Json, terms: str) -> Quote:
    common = {key: value for key, value in case["tariff"].items() if key not in {"old", "new"}}
    return translate(common | case["tariff"][terms], case["usage"])


def _states_lateness(usage: Json) -> bool:
    return any(any(word in bare(key) for word in ("late", "overdue", "paidon", "paiddate")) for key in usage)


def _lateness(case: Json) -> Late:
    principal: Money | None = None
    if not {"principal", "bill_total", "bill", "balance", "amount", "due"} & set(case["usage"]):
        sheet = {key: value for key, value in case["tariff"].items() if key != "penalty"}
        principal = rated(quote_of({**case, "tariff": sheet})).total
    return late_of(case, principal=principal)


def _late(case: Json) -> Decimal:
    """Return the charge alone, or with the bill if that is printed too; a bill that is not given is rated first."""
    parts = [bare(part["name"]) for part in case.get("expected_parts", [])]
    late = _lateness(case)
    charge = late_charge(late.rule, principal=late.principal, days_overdue=late.days_overdue)
    if late.waived is not None:  # what is forgiven is never more than the charge
        charge = charge - min(late.waived, charge, key=lambda amount: amount.minor)
    with_bill = any(
        not part.startswith(("penalty", "late", "interest", "surcharge", "fine", "waive")) for part in parts
    )
    return Decimal(str(charge + late.principal if with_bill else charge)) * late.scale
