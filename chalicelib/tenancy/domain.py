"""What a client and a project are, and the rules that their settings decide."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.money import exponent_of
from chalicelib.kernel.period import FiscalMonth, Period, fiscal_month

MAX_SHARDS = 256
LoginNames = Literal["email", "username", "email_or_number"]


@dataclass(frozen=True, slots=True)
class PasswordRule:
    """What a new password must have. It is checked when a password is set, never at login."""

    min_length: int = 8
    upper: bool = False
    lower: bool = False
    digit: bool = False
    special: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """An organisation that owns users and projects.

    - `login_names`: people sign in by e-mail address, by user name, or by e-mail address or number (S4).
    - `session_minutes`: how long an access token is good for.
    - `idle_minutes`: how long a session that nobody uses can still be renewed: an hour (S3), or two weeks.
    - `self_registration`: consumers may register themselves (S2, S4).
    - `area_levels`: what its areas are called, the largest first (S3: barangay, purok). None: no list of areas is kept.
    """

    id: str
    name: str
    login_names: LoginNames
    password_rule: PasswordRule
    session_minutes: int = 15
    idle_minutes: int = 20_160
    self_registration: bool = False
    area_levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadingWindow:
    """Days of the month in which readings are taken; later ones are accepted and flagged."""

    first_day: int
    last_day: int


@dataclass(frozen=True, slots=True)
class DueDay:
    """The day by which a bill is to be paid, in the billed period's month or in the month it is read in."""

    day: int
    month: Literal["period", "reading"]


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """How one utility service works. docs/glossary.md says each in the clerk's words; sources in brackets.

    - `period_rule`: a reading bills its own month (S3) or the month before (S1).
    - `confirmation`: readings wait for a person (S3) or count at once (S1).
    - `high_usage_percent`: flag a use above that share of the previous one (S3).
    - `fiscal_start`: first month of the fiscal year, if the client counts in one (S1).
    - `account_numbers`: automatic, YYYYMM + 4 digits (S3), given (S1, S4), or the meter number (S2).
    - `consumer_required`: each connection has a consumer (S3) or may be a unit alone (S1).
    - `shards`: partitions a period is spread over, fixed for the project's life: 1 for a village, 64 for a city.
    """

    label: str
    unit: str
    currency: str
    timezone: str
    period_rule: Literal["reading_month", "previous_month"]
    confirmation: Literal["required", "none"]
    due: DueDay
    account_numbers: Literal["automatic", "given", "meter"]
    consumer_required: bool
    classes: tuple[str, ...]
    reading_window: ReadingWindow | None = None
    high_usage_percent: int | None = None
    fiscal_start: int | None = None
    shards: int = 1


@dataclass(frozen=True, slots=True)
class Project:
    """One utility service of a client."""

    client: str
    id: str
    settings: ProjectSettings

    def period_of(self, read_on: date) -> Period:
        """This function will say which period a reading of that day bills.

        Source: decisions.md, "period of a reading". A reading of 2025-08-01 bills July 2025 for S1, August for S3.
        """
        month = Period.of(read_on)
        return month.shifted(-1) if self.settings.period_rule == "previous_month" else month

    def due_on(self, period: Period, billed_on: date) -> date:
        """This function will give the day by which a bill of that period, dated `billed_on`, is to be paid.

        Source: decisions.md, "due day", and S1-135: a due day not after the bill's day moves on to the next month.
        S3, period 2025-11, billed 2025-11-05 -> 2025-11-20. S1, period 2025-07, billed 2025-08-01 -> 2025-08-10.
        """
        month = period if self.settings.due.month == "period" else Period.of(billed_on)
        while month.day(self.settings.due.day) <= billed_on:
            month = month.shifted(1)
        return month.day(self.settings.due.day)

    def fiscal_month_of(self, period: Period) -> FiscalMonth | None:
        """This function will place a period in the client's fiscal year, if it counts in one."""
        start = self.settings.fiscal_start
        return fiscal_month(period, first_month=start) if start else None


def check_settings(settings: ProjectSettings) -> None:
    """This function will refuse settings that no utility could work with.

    :raises Invalid: naming the setting and what would do.
    """
    exponent_of(settings.currency)
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid(
            "bad-setting", f"timezone: {settings.timezone!r} is no IANA time zone, such as Asia/Manila"
        ) from None
    window = settings.reading_window
    if window and not 1 <= window.first_day <= window.last_day <= 31:
        raise Invalid("bad-setting", "readingWindow: the first day must not be after the last, both between 1 and 31")
    if not 1 <= settings.due.day <= 31:
        raise Invalid("bad-setting", "due.day: a day of the month, 1 to 31")
    if settings.fiscal_start is not None and not 1 <= settings.fiscal_start <= 12:
        raise Invalid("bad-setting", "fiscalStart: a month, 1 to 12")
    if settings.high_usage_percent is not None and settings.high_usage_percent <= 100:
        raise Invalid("bad-setting", "highUsagePercent: more than 100, or every ordinary month is flagged")
    if not 1 <= settings.shards <= MAX_SHARDS or not settings.classes:
        raise Invalid("bad-setting", f"shards: 1 to {MAX_SHARDS}; classes: at least one")


def check_change(before: ProjectSettings, after: ProjectSettings) -> None:
    """This function will refuse to change what stored keys and amounts depend on.

    :raises Conflict: naming the setting.
    """
    for name in ("currency", "shards", "unit"):
        if getattr(before, name) != getattr(after, name):
            raise Conflict("fixed-setting", f"{name} is fixed once a project exists: readings and bills depend on it")
