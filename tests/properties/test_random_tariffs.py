"""Random tariffs with versions, seasons, bounds, factors and measures, by the engine and by a second calculator."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from pydantic import ValidationError

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs import service
from chalicelib.tariffs.schemas import QuoteBody, QuoteOut, QuoteView
from tests.tools.compare_rating import compare
from tests.tools.random_tariffs import random_case
from tests.tools.tariff_calculator import bill_of

FIRST_SEED = 20251105


def test_the_engine_gives_the_lines_of_an_independent_calculator() -> None:
    found = compare(range(FIRST_SEED, FIRST_SEED + 1500))
    assert (found.disagree, dict(found.refused)) == ([], {})
    assert found.lines > 5 * found.tried
    assert all(found.by_versions[number] > 200 for number in (1, 2, 3))


def test_the_calculator_knows_a_bill_that_was_worked_out_by_hand() -> None:
    """10 x 10.00, 10 % of it at most 4.00, and 100 yen over three versions."""
    tax = {"kind": "percent", "code": "tax", "percent": "10", "of": ["water"], "atMost": "4"}
    water = {"kind": "usage", "code": "water", "rate": "10.00"}
    sheet: dict[str, Any] = {"currency": "PHP", "unit": "m3", "charges": [water, tax]}
    usage = {"quantity": "10", "unit": "m3", "firstDay": "2025-06-01", "untilDay": "2025-07-01"}
    halves = [sheet | {"validFrom": "2025-01-01", "validUntil": "2025-06-16"}, sheet | {"validFrom": "2025-06-16"}]
    assert bill_of(halves, usage) == [
        (at, code, Fraction(amount)) for at in (0, 1) for code, amount in (("water", 50), ("tax", 2))
    ]
    yen: dict[str, Any] = {
        "currency": "JPY",
        "unit": "m3",
        "charges": [{"kind": "fixed", "code": "a", "amount": "100"}],
    }
    days = ["2025-01-01", "2025-06-11", "2025-06-21", "9999-12-31"]
    thirds = [yen | {"validFrom": days[at], "validUntil": days[at + 1]} for at in range(3)]
    assert [int(amount) for _, _, amount in bill_of(thirds, usage)] == [34, 33, 33]


def test_an_adjustment_charged_in_an_earlier_period_has_no_usual_amount_in_later_months() -> None:
    """Found by seed 3002509: three periods of four months apart, and a version that changes in the first."""
    assert compare(range(3002509, 3002510)).disagree == []


STEPS = ("0", "-1", "-0.05", "0.0000000001", "1", "999999999999")


def test_whatever_is_asked_is_quoted_or_refused_by_name() -> None:
    """With steps of all signs, estimates, and days that don't fit the months."""
    found = Counter(outcome_of(unlikely(FIRST_SEED + at)) for at in range(1000))
    assert found["quoted"] > 200
    assert found["invalid-body"] > 200
    assert found["not-rated"] == 0


def unlikely(seed: int) -> dict[str, Any]:
    """Return a quote that a random tariff and use become by a few unlikely values."""
    dice = Random(seed)
    sheets, usage = random_case(seed)
    draft = sheets[0] | {"monthsApart": dice.random() < 0.5}
    for charge in draft["charges"]:
        if charge["kind"] in {"fixed", "minimum", "maximum"} and dice.random() < 0.5:
            charge["prorated"] = True
        if charge["kind"] in {"fixed", "usage", "blocks", "schedules"} and dice.random() < 0.2:
            charge["rateRounding"] = {"step": dice.choice(STEPS)}
    if dice.random() < 0.3:
        usage.pop("quantity")
        recent = [str(dice.randint(-5, 40)) for _ in range(dice.randint(1, 5))]
        estimate = {"recentUses": recent, "last": dice.randint(1, 36)}
        usage["estimate"] = estimate | ({"rounding": {"step": dice.choice(STEPS)}} if dice.random() < 0.7 else {})
    if dice.random() < 0.3:
        usage["months"] = dice.choice((1, 2, 24))
        first = date.fromisoformat(usage["firstDay"])
        usage["untilDay"] = (first + timedelta(days=dice.choice((1, 2, 24, 60)))).isoformat()
    if dice.random() < 0.2:
        usage["periodDays"] = dice.choice((1, 2, 400))
    if dice.random() < 0.1:
        usage = {name: value for name, value in usage.items() if name not in {"firstDay", "untilDay"}}
    return {"draft": draft, "usage": usage}


def outcome_of(asked: dict[str, Any]) -> str:
    """Quote as the API does. Any error but a refusal of ours would be a 500."""
    try:
        body = QuoteBody.model_validate(asked)
        usage = body.usage.to_domain()
        assert body.draft is not None
        tariff = body.draft.to_domain(tariff_id="draft", version=1, delivered=usage.measures)
        rating = service.quote_draft(tariff, usage=usage)
        QuoteOut.of(QuoteView(rating), rating).model_dump_json()
    except ValidationError:
        return "invalid-body"
    except Invalid as refused:
        return refused.code
    assert all(Decimal(step) > 0 for step in steps_in(asked))
    return "quoted"


def steps_in(asked: Any) -> list[str]:  # noqa: ANN401
    if isinstance(asked, dict):
        own = [asked["step"]] if "step" in asked else []
        return own + [step for each in asked.values() for step in steps_in(each)]
    return [step for each in asked for step in steps_in(each)] if isinstance(asked, list) else []
