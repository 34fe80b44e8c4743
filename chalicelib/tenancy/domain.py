"""Clients and projects, and the rules of their settings."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.cycles.domain import MAX_DUE_DAYS, DueByCycle, DueDay, DueOffset
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Fault, Invalid
from chalicelib.kernel.money import exponent_of
from chalicelib.kernel.period import FiscalMonth, Period, fiscal_month, quarter_of

MAX_SHARDS = 256
MAX_PASSWORD = 72
MAX_AREA_LEVELS = 4
_FIXED = {"currency": "currency", "shards": "shards", "unit": "unit", "billing_frequency": "billingFrequency"}
LoginNames = Literal["email", "username", "email_or_number"]


@dataclass(frozen=True, slots=True)
class PasswordRule:
    """What a new password must contain. Checked when a password is set, never at sign-in."""

    min_length: int = 8
    upper: bool = False
    lower: bool = False
    digit: bool = False
    special: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """An organisation that owns users and projects.

    - `login_names`: people sign in by e-mail address, by user name, or by e-mail address or number (S4).
    - `session_minutes`: how long an access token is valid.
    - `idle_minutes`: how long an unused session can still be renewed: an hour (S3), or two weeks.
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
    version: int = 0


@dataclass(frozen=True, slots=True)
class ReadingWindow:
    """Days of the month in which readings are taken; later ones are accepted and flagged."""

    first_day: int
    last_day: int


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """How one utility service works. docs/glossary.md explains each setting to a clerk; sources in brackets.

    - `period_rule`: a reading bills its own month (S3) or the month before (S1).
    - `confirmation`: readings wait for a person (S3) or count at once (S1).
    - `high_usage_percent`: flag a use above that share of the previous one (S3).
    - `fiscal_start`: first month of the fiscal year, if the client counts in one (S1).
    - `due`: a day of the month (S3: the 20th, S1: the 10th), or a number of days after the bill's day, given here
      (S0, S4: 15) or by the billing cycle (S2).
    - `billing_cycle`: the cycle of the client by which bills are made, and late (S2).
    - `account_numbers`: automatic, YYYYMM + 4 digits (S3), given (S1, S4), or the meter number (S2).
    - `consumer_required`: each connection has a consumer (S3) or may be a unit alone (S1).
    - `tariff_required`: each connection names its tariff (S2), or its class decides (S1, S3, S4).
    - `billing_frequency`: a bill for each month, or for each quarter (S0), of the calendar or of the fiscal year. A
      quarter goes by its last month.
    - `shards`: partitions a period is spread over, fixed for the project's life: 1 for a village, 64 for a city.
    """

    label: str
    unit: str
    currency: str
    timezone: str
    period_rule: Literal["reading_month", "previous_month"]
    confirmation: Literal["required", "none"]
    due: DueDay | DueOffset | DueByCycle
    account_numbers: Literal["automatic", "given", "meter"]
    consumer_required: bool
    classes: tuple[str, ...]
    reading_window: ReadingWindow | None = None
    high_usage_percent: int | None = None
    fiscal_start: int | None = None
    shards: int = 1
    billing_cycle: str | None = None
    tariff_required: bool = False
    billing_frequency: Literal["monthly", "quarterly"] = "monthly"


@dataclass(frozen=True, slots=True)
class Project:
    """One utility service of a client. `under_cycle`: a reading or run has used the cycle that it names."""

    client: str
    id: str
    settings: ProjectSettings
    version: int = 0
    closed: bool = False
    under_cycle: bool = False

    def period_of(self, read_on: date) -> Period:
        """Return the period that a reading of a day bills.

        Source: decisions.md, "period of a reading". A reading of 2025-08-01 bills July 2025 for S1, August for S3.
        Where quarters are billed, it bills the quarter of this month: 2025-09.
        """
        month = Period.of(read_on)
        month = month.shifted(-1) if self.settings.period_rule == "previous_month" else month
        return month if self.months == 1 else quarter_of(month, first_month=self.settings.fiscal_start or 1)

    @property
    def months(self) -> int:
        """The number of months in a period."""
        return 3 if self.settings.billing_frequency == "quarterly" else 1

    def first_day_of(self, period: Period) -> date:
        """Return the first day of a period (a month or a quarter)."""
        return period.shifted(1 - self.months).first_day

    def label_of(self, period: Period) -> str:
        """Return a period's name for people: "July 2025", "July 2025 to September 2025"."""
        first = Period.of(self.first_day_of(period))
        return period.label() if first == period else f"{first.label()} to {period.label()}"

    def check_period(self, period: Period) -> None:
        """Check that the project bills such a period.

        :raises Invalid: if quarters are billed and the month is not the last of its quarter.
        """
        quarter = quarter_of(period, first_month=self.settings.fiscal_start or 1)
        if self.months == 3 and quarter != period:
            raise Invalid(
                "not-a-quarter",
                f"quarters are billed here, by their last month: {period} lies in {quarter}",
                field="period",
            )

    def last_reading_day(self, period: Period) -> date:
        """Return the last day on which a reading bills a period."""
        return (period.shifted(1) if self.settings.period_rule == "previous_month" else period).last_day

    def fiscal_month_of(self, period: Period) -> FiscalMonth | None:
        """Return a period's month of the client's fiscal year; None if it has no fiscal year."""
        start = self.settings.fiscal_start
        return fiscal_month(period, first_month=start) if start else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectContext(Context):
    """The context of a use case in a project; the project was looked up where the request or message came in."""

    project: Project

    @classmethod
    def of(cls, ctx: Context, project: Project) -> "ProjectContext":
        """Return a context for a project."""
        return cls(**ctx.facts() | {"project_id": project.id}, project=project)


@dataclass(frozen=True, slots=True)
class FormerSettings:
    """Former settings, kept when they were changed. `facts` are the settings of one version of a client or project."""

    version: int
    facts: ProjectSettings | Client
    replaced_by: str
    replaced_at: datetime


def check_settings(settings: ProjectSettings) -> None:
    """Check a project's settings.

    :raises Invalid: naming each wrong setting and what to change.
    """
    faults = [*_faults_of_place(settings), *_faults_of_days(settings)]
    if not 1 <= settings.shards <= MAX_SHARDS:
        faults.append(Fault("shards", f"1 to {MAX_SHARDS}"))
    if not settings.classes or len(set(settings.classes)) < len(settings.classes):
        faults.append(Fault("classes", "at least one, and none twice"))
    if settings.high_usage_percent is not None and settings.high_usage_percent <= 100:
        faults.append(Fault("highUsagePercent", "more than 100, or every ordinary month is flagged"))
    _refuse(faults)


def _faults_of_place(settings: ProjectSettings) -> list[Fault]:
    faults = []
    try:
        exponent_of(settings.currency)
    except Invalid as error:
        faults.append(Fault("currency", str(error)))
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(Fault("timezone", f"{settings.timezone!r} is no IANA time zone, such as Asia/Manila"))
    return faults


def _faults_of_days(settings: ProjectSettings) -> list[Fault]:
    faults, window, due = [], settings.reading_window, settings.due
    if window and not 1 <= window.first_day <= window.last_day <= 31:
        faults.append(Fault("readingWindow", "the first day must not be after the last, both between 1 and 31"))
    if isinstance(due, DueOffset) and not 0 <= due.days <= MAX_DUE_DAYS:
        faults.append(Fault("due.days", f"0 to {MAX_DUE_DAYS} days after the bill's day"))
    if isinstance(due, DueByCycle) and settings.billing_cycle is None:
        faults.append(Fault("due.by", "there is no billing cycle: name one in billingCycle, or give the due day here"))
    if isinstance(due, DueOffset) and settings.billing_cycle is not None:
        faults.append(Fault("due.days", "the billing cycle has its own number of days: say by: cycle"))
    if isinstance(due, DueDay) and not 1 <= due.day <= 31:
        faults.append(Fault("due.day", "a day of the month, 1 to 31"))
    if isinstance(due, DueDay) and due.month == "period" and settings.period_rule == "previous_month":
        faults.append(Fault("due.month", "a bill of the month before can't be due in the month it bills: say reading"))
    if settings.fiscal_start is not None and not 1 <= settings.fiscal_start <= 12:
        faults.append(Fault("fiscalStart", "a month, 1 to 12"))
    return faults


def check_client(client: Client) -> None:
    """Check a client's settings.

    :raises Invalid: naming each wrong setting and what to change.
    """
    faults = []
    if not 1 <= client.password_rule.min_length <= MAX_PASSWORD:
        faults.append(Fault("passwordRule.minLength", f"1 to {MAX_PASSWORD} characters"))
    if not 1 <= client.session_minutes <= client.idle_minutes:
        faults.append(Fault("sessionMinutes", "at least a minute, and no longer than idleMinutes"))
    if len(client.area_levels) > MAX_AREA_LEVELS or len(set(client.area_levels)) < len(client.area_levels):
        faults.append(Fault("areaLevels", f"{MAX_AREA_LEVELS} at most, and none twice"))
    _refuse(faults)


def check_client_change(before: Client, after: Client) -> None:
    """Check that no setting changes on which stored names depend.

    :raises Conflict: naming the setting.
    """
    if before.login_names != after.login_names:
        raise Conflict("fixed-setting", "loginNames cannot change once a client exists", field="loginNames")
    if len(after.area_levels) < len(before.area_levels):
        message = "levels can be renamed and added to, not taken away: areas may lie on each of them"
        raise Conflict("fixed-setting", message, field="areaLevels")


def _refuse(faults: list[Fault]) -> None:
    if faults:
        said = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
        raise Invalid("bad-setting", said, faults=tuple(faults))


def check_change(before: ProjectSettings, after: ProjectSettings) -> None:
    """Check that no setting changes on which stored keys and amounts depend.

    :raises Conflict: naming the setting.
    """
    quarters = {"fiscal_start": "fiscalStart"} if before.billing_frequency == "quarterly" else {}
    for name, said in {**_FIXED, **quarters}.items():
        if getattr(before, name) != getattr(after, name):
            message = "this is fixed once a project exists: readings and bills depend on it"
            raise Conflict("fixed-setting", message, field=said)


def without_cycle(settings: ProjectSettings, due_days: int) -> ProjectSettings:
    """Return a project's settings without its deleted cycle; bills stay due as before."""
    due = DueOffset(due_days) if isinstance(settings.due, DueByCycle) else settings.due
    return replace(settings, billing_cycle=None, due=due)


def audit_facts(settings: ProjectSettings) -> dict[str, object]:
    """Return a project's settings for the audit log."""
    return {field.name: _word(getattr(settings, field.name)) for field in fields(settings)}


def client_audit_facts(client: Client) -> dict[str, object]:
    """Return a client's settings for the audit log."""
    return {f"client_{field.name}": _word(getattr(client, field.name)) for field in fields(client)}


def _word(value: object) -> object:
    if value is None or isinstance(value, str | int | tuple):
        return value
    return str(value)
