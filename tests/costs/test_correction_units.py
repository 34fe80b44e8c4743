"""What voiding and correcting cost over HTTP, as docs/data-model.md says."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.corrected import Corrected
from tests.support.http import Api
from tests.support.meter import metered


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


def test_a_bill_is_voided_and_corrected_for_a_bounded_price(app: Chalice, api: Api) -> None:
    office = Corrected(app, api)
    office.on("2025-10-10")
    office.pay(office.first["id"], "1950.00").expect(201)
    with metered() as seen:
        office.preview((office.reading["id"], "1590")).expect(200)
    digest = office.preview((office.reading["id"], "1590")).expect(200)["digest"]
    body = {
        "readings": [{"readingId": office.reading["id"], "reading": "1590"}],
        "reason": "Misread",
        "digest": digest,
    }
    with metered() as corrected:
        office.staff.post(f"{office.base}/corrections", body).expect(201)
    with metered() as voided:
        office.void("2025-10.A1.1r2").expect(200)
    found = {
        name: (meter.write_units, meter.read_units)
        for name, meter in {"preview": seen, "correct": corrected, "void": voided}.items()
    }
    assert found == {
        "preview": (Decimal(0), Decimal(11)),
        "correct": (Decimal(23), Decimal("19.5")),
        "void": (Decimal(14), Decimal("9.5")),
    }
