"""The two demo utilities' facts and settings, in one place for the laptop and the tests.

Source: decisions.md, the columns S3 (Balilihan Waterworks) and S1 (AVII).
"""

from datetime import date
from decimal import Decimal

from chalicelib.tariffs.domain import FixedCharge, Tariff, UsageCharge
from chalicelib.tenancy.domain import Client, DueDay, PasswordRule, ProjectSettings, ReadingWindow

_SINCE = date(2020, 1, 1)

BALILIHAN = Client(
    id="balilihan",
    name="Balilihan Waterworks",
    login_names="username",
    password_rule=PasswordRule(min_length=8, upper=True, lower=True, digit=True, special=True),
    session_minutes=60,
    idle_minutes=60,
)
WATERWORKS = "waterworks"
WATERWORKS_SETTINGS = ProjectSettings(
    label="Waterworks",
    unit="m3",
    currency="PHP",
    timezone="Asia/Manila",
    period_rule="reading_month",
    confirmation="required",
    due=DueDay(20, "period"),
    account_numbers="automatic",
    consumer_required=True,
    classes=("residential", "commercial"),
    reading_window=ReadingWindow(1, 10),
    high_usage_percent=200,
)
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

AVII = Client(
    id="AVII",
    name="AVII",
    login_names="email",
    password_rule=PasswordRule(min_length=8),
    session_minutes=60,
)
WATER_BILLS = "waterBills"
WATER_BILLS_SETTINGS = ProjectSettings(
    label="Water Bills",
    unit="gal",
    currency="USD",
    timezone="America/Cancun",
    period_rule="previous_month",
    confirmation="none",
    due=DueDay(10, "reading"),
    account_numbers="given",
    consumer_required=False,
    classes=("unit",),
    fiscal_start=7,
)
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
