"""The demo utilities' facts and settings, from the presets, and tariffs of their own for the laptop and the tests."""

from datetime import date
from decimal import Decimal

from chalicelib.onboarding import service as onboarding
from chalicelib.tariffs.domain import FixedCharge, Tariff, UsageCharge

_SINCE = date(2020, 1, 1)

_PRESETS = onboarding.list_presets()

BALILIHAN = _PRESETS["balilihan"].client
WATERWORKS = "waterworks"
WATERWORKS_SETTINGS = _PRESETS["balilihan"].projects[0].settings
WATERWORKS_TARIFFS = tuple(
    Tariff(
        id=consumer_class,
        version=1,
        name=consumer_class.capitalize(),
        currency="PHP",
        unit="m3",
        valid_from=_SINCE,
        consumer_class=consumer_class,
        charges=(
            UsageCharge(code="usage", label="Water", rate=rate),
            FixedCharge(code="fixed", label="Fixed charge", amount=Decimal("50.00")),
        ),
    )
    for consumer_class, rate in (("residential", Decimal("22.50")), ("commercial", Decimal("25.00")))
)

AVII = _PRESETS["water-bills"].client
WATER_BILLS = "waterBills"
WATER_BILLS_SETTINGS = _PRESETS["water-bills"].projects[0].settings
WATER_BILLS_TARIFFS = (
    Tariff(
        id="standard",
        version=1,
        name="Standard",
        currency="USD",
        unit="gal",
        valid_from=_SINCE,
        charges=(
            UsageCharge(code="usage", label="Water", rate=Decimal("5.50"), per=Decimal(1000)),
            FixedCharge(code="fixed", label="Fixed charge", amount=Decimal("25.00")),
        ),
    ),
)

# S0 has no rates, so these are ours: 2.40 a cubic metre, and 3.00 a month.
SMALL_WATER_TARIFF = Tariff(
    id="water",
    version=1,
    name="Water",
    currency="USD",
    unit="m3",
    valid_from=_SINCE,
    charges=(
        UsageCharge(code="usage", label="Water", rate=Decimal("2.40")),
        FixedCharge(code="fixed", label="Fixed charge", amount=Decimal("3.00")),
    ),
)
