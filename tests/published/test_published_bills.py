"""Bills as utilities printed them, through the public schemas and the engine, to the cent.

METERBOOK_PUBLISHED_BILLS names another collection of the same form to try.
"""

import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chalicelib.tariffs.domain import Rating, compile_tariff, pack_lines, rate, replay, unpack_lines
from chalicelib.tariffs.domain.late_charges import late_charge
from chalicelib.tariffs.domain.metering import Segment, leak_allowance, use_of
from chalicelib.tariffs.domain.rounding import Rounding
from chalicelib.tariffs.schemas import TariffBody, UsageQuantities
from tests.published.published_form import Quote, code_of, late_charge_rule, quote_of, rounding_of

Json = dict[str, Any]

BILLS = Path(os.environ.get("METERBOOK_PUBLISHED_BILLS", Path(__file__).parent / "published_bills.json"))
CASES: list[Json] = json.loads(BILLS.read_text(encoding="utf-8"))


def rated(quote: Quote) -> Rating:
    tariff = TariffBody.model_validate_json(json.dumps(quote.tariff)).to_domain(tariff_id="published", version=1)
    usage = UsageQuantities.model_validate_json(json.dumps(quote.usage)).to_domain()
    return rate(compile_tariff(tariff), usage)


def bill(case: Json) -> Decimal:
    quote = quote_of(case)
    rating = rated(quote)
    assert [replay(line) for line in rating.lines] == [line.amount for line in rating.lines]
    assert unpack_lines(pack_lines(rating.lines), rating.currency) == rating.lines
    amounts = {line.code: Decimal(str(line.amount)) * quote.scale for line in rating.lines}
    printed = {code_of(part["name"]): Decimal(part["amount"]) for part in case["expected_parts"]}
    if quote.scale == 1:  # a total in cents is printed with the tax inside each part
        for code in printed.keys() & amounts.keys() & set(quote.own_lines):
            assert amounts[code] == printed[code], f"{code} of {case['id']}"
    total: Decimal = Decimal(str(rating.total)) * quote.scale
    return total


def only_the_tax(case: Json) -> Decimal:
    return Decimal(str(rated(quote_of(case)).lines[-1].amount))


def quantity(case: Json) -> Decimal:
    (term,) = rated(quote_of(case)).lines[0].trace.terms
    return Decimal(term.quantity.numerator) / Decimal(term.quantity.denominator)


def late(case: Json) -> Decimal:
    rule, principal, days, in_minor_units = late_charge_rule(case)
    charge = late_charge(rule, principal=principal, days_overdue=days)
    if in_minor_units:
        return Decimal(charge.minor)
    whole = charge + principal if any(part["name"] == "bill" for part in case["expected_parts"]) else charge
    return Decimal(str(whole))


def rise(case: Json) -> Decimal:
    def monthly(terms: Json) -> Decimal:
        base = {"name": "base", "amount": terms["base"]}
        sheet = {**case["tariff"], "structure": "flat", "rate": terms["rate"], "fixed_charges": [base]}
        return bill({**case, "tariff": sheet, "expected_parts": []})

    return monthly(case["tariff"]["new"]) - monthly(case["tariff"]["old"])


def hundreds_read(case: Json) -> Decimal:
    rounding = rounding_of(case["tariff"]["reading_rounding"])
    step = Rounding(rounding["mode"], Decimal(rounding["step"]))
    usage = case["usage"]
    segment = Segment(previous=Decimal(usage["previous"]), current=Decimal(usage["current"]), reading_rounding=step)
    return use_of(segment) / step.step


def forgiven(case: Json) -> Decimal:
    usage, share = case["usage"], Decimal(case["tariff"]["leak"]["share"])
    return leak_allowance(Decimal(usage["quantity"]), normal_use=Decimal(usage["normal"]), share=share)


def figure_of(case: Json) -> Callable[[Json], Decimal]:
    """What the printed figure is: mostly a bill, sometimes one step of one."""
    by_key: dict[str, Callable[[Json], Decimal]] = {
        "penalty": late,
        "tax": only_the_tax,
        "conversion": quantity,
        "billing_unit": quantity,
        "old": rise,
        "reading_rounding": hundreds_read,
        "leak": forgiven,
    }
    return next((figure for key, figure in by_key.items() if key in case["tariff"]), bill)


@pytest.mark.covers("S1-040", "S1-041", "S3-029", "S4-037", "S4-038")
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_bill_comes_out_as_printed(case: Json) -> None:
    assert figure_of(case)(case) == Decimal(case["expected_total"])
