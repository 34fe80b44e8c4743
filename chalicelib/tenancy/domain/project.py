"""Projects, and the billing periods that their settings make."""

from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import FiscalMonth, Frequency, Period, fiscal_month
from chalicelib.tenancy.domain.client import Client
from chalicelib.tenancy.domain.groups import BillingGroup
from chalicelib.tenancy.domain.settings import ProjectSettings


@dataclass(frozen=True, slots=True)
class Project:
    """One utility service of a client.

    `under_cycle`: a reading or run has used the cycle that it names. `needed_measures` are those that its tariffs need.
    `books_closed_until` is the last day of the books that are closed: no ledger entry is dated until then.
    """

    client: str
    id: str
    settings: ProjectSettings
    version: int = 0
    closed: bool = False
    under_cycle: bool = False
    needed_measures: tuple[str, ...] = ()
    books_closed_until: date | None = None

    def month_of(self, read_on: date) -> Period:
        """Return the month that a reading of a day bills: a reading of 2025-08-01 bills July for S1, August for S3."""
        month = Period.of(read_on)
        return month.shifted(-1) if self.settings.period_rule == "previous_month" else month

    def group_of(self, area: str | None, consumer_class: str, *, month: Period) -> BillingGroup:
        """Return the billing group of a connection in a month; without one, the project as a group without an id."""
        for group in self.settings.billing_groups:
            if group.holds_in(month) and group.has(area, consumer_class):
                return group
        own = self.settings.frequency
        return BillingGroup(id="", name=self.settings.label, months=own.months, first_month=own.first_month)

    def period_of(self, read_on: date, group: BillingGroup | None = None) -> Period:
        """Return the period that a reading of a day bills, for the connections of a group, or of none.

        Source: decisions.md, "period of a reading". A reading of 2025-08-01 bills July 2025 for S1, August for S3.
        Where quarters are billed, it bills the quarter of this month: 2025-09.
        """
        return self._frequency(group).period_of(self.month_of(read_on))

    def ends_in(self, period: Period, group: BillingGroup | None = None) -> bool:
        """Return whether a period of a group, or of the project, ends with this month, so whether a run bills it."""
        return self._frequency(group).ends_in(period)

    @property
    def months(self) -> int:
        """The number of months in a period of the project; `group.months` are those of a group."""
        return self.settings.frequency.months

    def first_day_of(self, period: Period, group: BillingGroup | None = None) -> date:
        """Return the first day of a period."""
        return self._frequency(group).first_month_of(period).first_day

    def label_of(self, period: Period, group: BillingGroup | None = None) -> str:
        """Return a period's name for people: "July 2025", "July 2025 to September 2025"."""
        return self._frequency(group).label_of(period)

    def _frequency(self, group: BillingGroup | None) -> Frequency:
        return group.frequency if group else self.settings.frequency

    def check_period(self, period: Period) -> None:
        """Check that the project bills such a period.

        :raises Invalid: if several months are billed together and this is not the last of them.
        """
        whole = self.settings.frequency.period_of(period)
        if whole != period:
            raise Invalid(
                "not-last-month",
                f"{self.months} months are billed together here, by their last: {period} lies in {whole}",
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
