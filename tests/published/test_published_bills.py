"""Bills as utilities printed them, through the public schemas and the engine, to the cent.

METERBOOK_PUBLISHED_BILLS names another collection of the same form to try.
"""

import json
import os
import warnings
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tools.tariff_reader.figures import figure, not_understood
from tests.tools.tariff_reader.loose_tariff import Json

BILLS = Path(os.environ.get("METERBOOK_PUBLISHED_BILLS", Path(__file__).parent / "published_bills.json"))
CASES: list[Json] = json.loads(BILLS.read_text(encoding="utf-8"), parse_float=str)


class NotUnderstoodWarning(UserWarning):
    """The figure is right without these keys; pytest names them, so that nothing is passed over unseen."""


@pytest.mark.filterwarnings("default::tests.published.test_published_bills.NotUnderstoodWarning")
@pytest.mark.covers("S1-040", "S1-041", "S3-029", "S4-037", "S4-038")
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_bill_comes_out_as_printed(case: Json) -> None:
    strange = not_understood(case)
    assert figure(case) == Decimal(case["expected_total"]), f"not understood: {strange}"
    if strange:
        warnings.warn(f"{case['id']}: {strange}", NotUnderstoodWarning, stacklevel=1)
