"""Projects and their settings as the API shows them."""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import AliasPath, BeforeValidator, Field, TypeAdapter

from chalicelib.kernel.page import Page
from chalicelib.platform.schema import (
    Change,
    Day,
    Instant,
    OutSchema,
    PeriodText,
    Schema,
    Shows,
    SmallNumber,
    Text,
    UserName,
    Version,
    WholeList,
)
from chalicelib.tenancy.domain import (
    BillingFrequency,
    FormerSettings,
    MeasureSource,
    Project,
    ProjectSettings,
)
from chalicelib.tenancy.schemas.collecting import (
    LateChargeBody,
    LateChargeChange,
    PaymentsBody,
    PaymentsChange,
    amounts_shown,
    late_charge_of,
    payments_of,
)

ClassName = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^#]*$", examples=["residential"])]


class DueDayBody(Schema):
    """A day of the month, in the billed period's month or in the month of the bill's day."""

    day: SmallNumber
    month: Literal["period", "reading"]


class DueOffsetBody(Schema):
    """A number of days after the bill's day."""

    days: SmallNumber


class DueByCycleBody(Schema):
    """As many days after the bill's day as the billing cycle says."""

    by: Literal["cycle"]


class ReadingWindowBody(Schema):
    """The days of the month on which meters are read; later readings are accepted and flagged."""

    first_day: SmallNumber
    last_day: SmallNumber


class BillingGroupBody(Schema):
    """Connections of some areas, with those inside them, or of some classes, with periods of their own."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$", examples=["villages"])]
    name: Text = Field(examples=["Villages"])
    areas: Annotated[tuple[Text, ...], Field(max_length=100)] = Field(
        default=(), description="Their codes, each with all areas inside it; none: any area", examples=[["Magsija"]]
    )
    classes: Annotated[tuple[ClassName, ...], Field(max_length=40)] = Field(
        default=(), description="Classes of consumers; none: any class"
    )
    months: SmallNumber = Field(description="How many months are billed together: 1, 2, 3, 4, 6 or 12", examples=[2])
    first_month: SmallNumber = Field(default=1, description="A month in which such a period begins, 1 to 12")
    advances: Literal["none", "monthly"] = Field(
        default="none", description="Whether the months between are billed in advance, without a reading"
    )
    from_period: PeriodText | None = Field(
        default=None, description="The month it begins with; without one, it holds since the project exists"
    )
    until_period: PeriodText | None = Field(default=None, description="The last month it holds for")


class MeasureSettingBody(Schema):
    """A measure that bills can have, and where it comes from."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,39}$", examples=["peakKw"])]
    source: MeasureSource = Field(
        alias="from",
        description="From registers; with the reading, such as a peak; facts of the place; or entered for a period",
    )


class SettingsBody(Schema):
    """The settings of a project."""

    label: Text
    unit: Annotated[str, Field(min_length=1, max_length=20, examples=["m3"])] = Field(
        description="Fixed once the project exists"
    )
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["PHP"])] = Field(
        description="Fixed once the project exists"
    )
    timezone: Annotated[str, Field(max_length=60, examples=["Asia/Manila"])]
    period_rule: Literal["reading_month", "previous_month"]
    confirmation: Literal["required", "none"]
    due: DueDayBody | DueOffsetBody | DueByCycleBody
    account_numbers: Literal["automatic", "given", "meter"]
    consumer_required: bool
    classes: Annotated[tuple[ClassName, ...], Field(max_length=40)]
    reading_window: ReadingWindowBody | None = None
    high_usage_percent: SmallNumber | None = None
    fiscal_start: SmallNumber | None = None
    shards: SmallNumber = Field(default=1, description="Fixed once the project exists")
    billing_cycle: Annotated[str, Field(max_length=32, examples=["monthly"])] | None = Field(
        default=None, description="The billing cycle that decides when bills are made and late"
    )

    tariff_required: bool = False
    billing_frequency: BillingFrequency = Field(
        default="monthly",
        description="How many months are billed together: one, 2, 3, 4, 6 or 12. A period of several goes by its last "
        "month. Fixed once the project exists",
    )
    first_month: SmallNumber | None = Field(
        default=None,
        description="The month in which periods of several months begin, 1 to 12; without it, the first month of the "
        "fiscal year, or January. Fixed once the project exists",
    )
    service_days: Literal["between_readings", "calendar"] = Field(
        default="between_readings", description="A bill covers the days between its readings, or its calendar period"
    )
    unread_periods: Literal["as_read_monthly", "one_period"] = Field(
        default="as_read_monthly",
        description="A bill over periods without a reading has the fixed amounts and blocks of each, or of one",
    )
    billing_groups: Annotated[tuple[BillingGroupBody, ...], Field(max_length=40)] = Field(
        default=(),
        description="Connections with periods of their own. Once a group has begun, only its name and end can change",
    )

    measures: Annotated[tuple[MeasureSettingBody, ...], Field(max_length=60)] = Field(
        default=(),
        description="What tariffs may charge by besides the use, days, months, dwelling units, persons and the winter "
        "average. A tariff that needs another measure is refused",
        examples=[[{"name": "peakKw", "from": "reading"}]],
    )

    late_charge: Annotated[LateChargeBody | None, BeforeValidator(amounts_shown)] = Field(
        default=None, description="What paying late costs; null: nothing"
    )
    payments: Annotated[PaymentsBody, BeforeValidator(amounts_shown)] = Field(
        default_factory=PaymentsBody, description="How people pay"
    )

    def to_domain(self) -> ProjectSettings:
        """Return the settings as domain values.

        :raises Invalid: naming each amount that is finer than the currency's minor unit.
        """
        facts = {name: _plain(value) for name, value in self}
        facts["late_charge"] = late_charge_of(self.late_charge, self.currency) if self.late_charge else None
        facts["payments"] = payments_of(self.payments, self.currency)
        return _SETTINGS.validate_python(facts)


class SettingsChange(SettingsBody, Change):
    """Changes of a project's settings. What is left out stays as it is, and null removes it."""

    late_charge: LateChargeChange | None = Field(default=None, description="What paying late costs; null: nothing")
    payments: PaymentsChange

    def changes(self, before: ProjectSettings) -> dict[str, Any]:
        """Return the changes by name, as domain values. `before` has what the change leaves out, and the currency.

        :raises Invalid: naming each amount that is finer than the currency's minor unit.
        """
        said = self.said()
        if late := said.get("late_charge"):
            said["late_charge"] = late_charge_of(late, before.currency, before=before.late_charge)
        if payments := said.get("payments"):
            said["payments"] = payments_of(payments, before.currency, before=before.payments)
        return {name: _setting(name).validate_python(_plain(value)) for name, value in said.items()}


class ProjectOut(OutSchema, Shows[Project]):
    """One utility service of a client."""

    id: str
    label: str = Field(validation_alias=AliasPath("settings", "label"))
    version: int = Field(description="The version of its settings")
    closed: bool = Field(description="It accepts no new connections")
    books_closed_until: Day | None = Field(description="No payment or other entry is dated until this day")
    settings: SettingsBody


@dataclass(frozen=True, slots=True)
class ListedView:
    """A project in a list; `sees_settings`: the caller may see its settings."""

    project: Project
    sees_settings: bool

    @property
    def label(self) -> str:
        return self.project.settings.label

    @property
    def settings(self) -> ProjectSettings | None:
        return self.project.settings if self.sees_settings else None


class ListedProject(OutSchema, Shows[ListedView, Project]):
    """One utility service of a client, as all users of the client may see it."""

    id: str
    label: str
    version: int = Field(description="The version of its settings")
    closed: bool = Field(description="It accepts no new connections")
    settings: SettingsBody | None = Field(description="Only for those who may read settings")


class ProjectList(WholeList):
    """All projects of a client."""

    items: tuple[ListedProject, ...]


class ClosedMonth(Schema):
    """A month to close in the books."""

    month: PeriodText


class NewProject(Schema):
    """A utility service to add."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$", examples=["electricity"])]
    settings: SettingsBody


class ProjectChange(Schema):
    """Changes of a project's settings."""

    version: Version
    settings: SettingsChange


class CycleGone(Schema):
    """A deleted billing cycle, and the projects that named it and have none now."""

    id: str
    project_ids: tuple[str, ...]


class FormerOut(OutSchema):
    """Former settings, and when they were replaced."""

    version: int
    settings: SettingsBody = Field(validation_alias="facts")
    replaced_by: str
    replaced_by_name: UserName = Field(validation_alias="replaced_by")
    replaced_at: Instant


class FormerPage(OutSchema, Shows[Page[FormerSettings]]):
    """One page of a project's former settings, newest first."""

    items: tuple[FormerOut, ...]
    next_cursor: str | None


_SETTINGS = TypeAdapter(ProjectSettings)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(_plain(each) for each in value)
    return dict(value) if isinstance(value, Schema) else value


@cache
def _setting(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(ProjectSettings, include_extras=True)[name])
