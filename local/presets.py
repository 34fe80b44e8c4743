"""The two demo utilities' facts and settings, in one place for the laptop and the tests.

Source: decisions.md, the columns S3 (Balilihan Waterworks) and S1 (AVII).
"""

from chalicelib.tenancy.domain import Client, DueDay, PasswordRule, ProjectSettings, ReadingWindow

BALILIHAN = Client(
    id="balilihan",
    name="Balilihan Waterworks",
    login_names="username",
    password_rule=PasswordRule(min_length=8, upper=True, lower=True, digit=True, special=True),
    session_minutes=60,
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
