"""Clients and projects as the API shows them."""

from typing import Literal, Self

from pydantic import Field

from chalicelib.platform.schema import Schema
from chalicelib.tenancy.domain import Client, LoginNames, Project


class ClientOut(Schema):
    """A client."""

    id: str
    name: str
    login_names: LoginNames
    self_registration: bool = Field(description="Consumers may register themselves")

    @classmethod
    def of(cls, client: Client) -> Self:
        return cls(
            id=client.id, name=client.name, login_names=client.login_names, self_registration=client.self_registration
        )


class DueDayOut(Schema):
    """The day of the month by which bills are to be paid."""

    day: int
    month: Literal["period", "reading"]


class ReadingWindowOut(Schema):
    """The days of the month on which readings are taken."""

    first_day: int
    last_day: int


class SettingsOut(Schema):
    """How a project works."""

    unit: str
    currency: str
    timezone: str
    period_rule: Literal["reading_month", "previous_month"]
    confirmation: Literal["required", "none"]
    due: DueDayOut
    account_numbers: Literal["automatic", "given", "meter"]
    consumer_required: bool
    classes: tuple[str, ...]
    reading_window: ReadingWindowOut | None
    high_usage_percent: int | None
    fiscal_start: int | None
    shards: int


class ProjectOut(Schema):
    """One utility service of a client."""

    id: str
    label: str
    settings: SettingsOut

    @classmethod
    def of(cls, project: Project) -> Self:
        settings = project.settings
        window = settings.reading_window
        return cls(
            id=project.id,
            label=settings.label,
            settings=SettingsOut(
                unit=settings.unit,
                currency=settings.currency,
                timezone=settings.timezone,
                period_rule=settings.period_rule,
                confirmation=settings.confirmation,
                due=DueDayOut(day=settings.due.day, month=settings.due.month),
                account_numbers=settings.account_numbers,
                consumer_required=settings.consumer_required,
                classes=settings.classes,
                reading_window=ReadingWindowOut(first_day=window.first_day, last_day=window.last_day)
                if window
                else None,
                high_usage_percent=settings.high_usage_percent,
                fiscal_start=settings.fiscal_start,
                shards=settings.shards,
            ),
        )


class ProjectList(Schema):
    """All projects of a client."""

    items: tuple[ProjectOut, ...]
