"""The settings of projects, and their rules."""

from dataclasses import dataclass, field, fields, replace
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.cycles.domain import MAX_DUE_DAYS, DueByCycle, DueDay, DueOffset
from chalicelib.kernel.errors import Conflict, Fault, Invalid
from chalicelib.kernel.money import exponent_of
from chalicelib.kernel.period import Frequency, Period
from chalicelib.tenancy.domain.checks import audit_word, refuse_faults
from chalicelib.tenancy.domain.collecting import LateChargeRule, PaymentSettings, late_charge_faults, payment_faults
from chalicelib.tenancy.domain.groups import BillingGroup, check_group_changes, group_faults
from chalicelib.tenancy.domain.measures import DeliveredMeasure, measure_faults

MAX_SHARDS = 256
BillingFrequency = Literal["monthly", "bimonthly", "quarterly", "four_monthly", "half_yearly", "yearly"]
_MONTHS: dict[BillingFrequency, int] = {
    "monthly": 1,
    "bimonthly": 2,
    "quarterly": 3,
    "four_monthly": 4,
    "half_yearly": 6,
    "yearly": 12,
}
_FIXED = {"currency": "currency", "shards": "shards", "unit": "unit", "billing_frequency": "billingFrequency"}


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
    - `billing_frequency`: a bill for each month, or for several together (S0: quarters).
    - `first_month`: where periods of several months begin; the fiscal year's first month, or January, if it is None.
    - `service_days`: a bill covers the days between its readings, or those of its calendar period.
    - `unread_periods`: a bill over several periods without a reading is made as if each had been read, with the fixed
      amounts and the blocks of each, or as one period.
    - `measures`: what tariffs may charge by besides the use: peaks, night use, contracted kW, the calorific value.
    - `billing_groups`: connections of some areas or classes with periods of their own.
    - `late_charge`: what paying late costs; None: nothing (S0).
    - `payments`: how people pay, and how receipts are numbered.
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
    billing_frequency: BillingFrequency = "monthly"
    first_month: int | None = None
    service_days: Literal["between_readings", "calendar"] = "between_readings"
    unread_periods: Literal["as_read_monthly", "one_period"] = "as_read_monthly"
    billing_groups: tuple[BillingGroup, ...] = ()
    measures: tuple[DeliveredMeasure, ...] = ()
    late_charge: LateChargeRule | None = None
    payments: PaymentSettings = field(default_factory=PaymentSettings)

    @property
    def frequency(self) -> Frequency:
        """How many months are billed together, and where they begin."""
        return Frequency(_MONTHS[self.billing_frequency], self.first_month or self.fiscal_start or 1)


def check_settings(settings: ProjectSettings) -> None:
    """Check a project's settings.

    :raises Invalid: naming each wrong setting and what to change.
    """
    faults = [*_faults_of_place(settings), *_faults_of_days(settings), *_faults_of_periods(settings)]
    faults += [*measure_faults(settings.measures), *payment_faults(settings.payments)]
    faults += late_charge_faults(settings.late_charge, has_cycle=settings.billing_cycle is not None)
    if not 1 <= settings.shards <= MAX_SHARDS:
        faults.append(Fault("shards", f"1 to {MAX_SHARDS}"))
    if not settings.classes or len(set(settings.classes)) < len(settings.classes):
        faults.append(Fault("classes", "at least one, and none twice"))
    if settings.high_usage_percent is not None and settings.high_usage_percent <= 100:
        faults.append(Fault("highUsagePercent", "more than 100, or every ordinary month is flagged"))
    refuse_faults(faults)


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
    return faults


def _faults_of_periods(settings: ProjectSettings) -> list[Fault]:
    faults = []
    if settings.fiscal_start is not None and not 1 <= settings.fiscal_start <= 12:
        faults.append(Fault("fiscalStart", "a month, 1 to 12"))
    if settings.first_month is not None and not 1 <= settings.first_month <= 12:
        faults.append(Fault("firstMonth", "a month, 1 to 12"))
    if settings.first_month is not None and settings.billing_frequency == "monthly":
        faults.append(Fault("firstMonth", "each month is billed by itself: leave this out"))
    return [*faults, *group_faults(settings.billing_groups, within=settings.frequency, classes=settings.classes)]


def check_change(before: ProjectSettings, after: ProjectSettings, *, month: Period) -> None:
    """Check that no setting changes on which stored keys and amounts depend; `month` is the one that is read now.

    :raises Conflict: naming the setting.
    """
    for name, said in _FIXED.items():
        if getattr(before, name) != getattr(after, name):
            raise _fixed(said)
    january = Period(2000, 1)
    if before.frequency.period_of(january) != after.frequency.period_of(january):
        raise _fixed("firstMonth" if before.first_month != after.first_month else "fiscalStart")
    check_group_changes(before.billing_groups, after.billing_groups, month=month)


def _fixed(field: str) -> Conflict:
    message = "this is fixed once a project exists: readings and bills depend on it"
    return Conflict("fixed-setting", message, field=field)


def without_cycle(settings: ProjectSettings, *, due_days: int, grace_days: int) -> ProjectSettings:
    """Return a project's settings without its deleted cycle; bills stay due, and late, as before."""
    due = DueOffset(due_days) if isinstance(settings.due, DueByCycle) else settings.due
    late = settings.late_charge and settings.late_charge.with_grace(grace_days)
    return replace(settings, billing_cycle=None, due=due, late_charge=late)


def audit_facts(settings: ProjectSettings) -> dict[str, object]:
    """Return a project's settings for the audit log."""
    return {field.name: audit_word(getattr(settings, field.name)) for field in fields(settings)}
