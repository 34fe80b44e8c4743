"""Random tariffs with versions, seasons, bounds, factors and measures, by the engine and by a second calculator."""

from fractions import Fraction
from typing import Any

from tests.tools.compare_rating import compare
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
