"""Billing periods: months of a client's own calendar."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from chalicelib.kernel.errors import Invalid

_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\Z", re.ASCII)
# A year more on each side than days have: a reading of January 1990 may bill the month before, and a period of
# several months may end after the new year.
_FIRST_YEAR, _LAST_YEAR = 1989, 2200


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One month that is billed. Its name is `YYYY-MM`."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a period such as "2025-11".

        :raises Invalid: if it is not a month from 1989 to 2200 in this form.
        """
        found = _PERIOD.match(text)
        if not found or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
            raise Invalid("bad-period", f"{text[:20]!r} is not a billing period; write a month like 2025-11")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month of a day."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    def shifted(self, months: int) -> Self:
        """Return the period so many months later (earlier, if negative)."""
        total = self.year * 12 + self.month - 1 + months
        return type(self)(total // 12, total % 12 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return self.shifted(1).first_day - timedelta(days=1)

    def day(self, number: int) -> date:
        """Return day `number` of the month, or its last day if the month is shorter."""
        return min(self.last_day, self.first_day + timedelta(days=number - 1))

    def label(self) -> str:
        """Return the month's name for people: "July 2025"."""
        return f"{self.first_day:%B} {self.year}"


@dataclass(frozen=True, slots=True)
class Frequency:
    """How many months are billed together: 1, 2, 3, 4, 6 or 12. They begin in `first_month` and so many months later.

    A billing period goes by its last month.
    """

    months: int = 1
    first_month: int = 1

    def period_of(self, month: Period) -> Period:
        """Return the billing period that a month lies in.

        October 2025 lies in the quarter 2025-12 of a calendar year, and in 2025-10 of a year that begins in February.
        """
        return month.shifted(self.months - 1 - (month.month - self.first_month) % self.months)

    def ends_in(self, month: Period) -> bool:
        """Return whether a billing period ends with a month, so whether the month names one."""
        return self.period_of(month) == month

    def first_month_of(self, period: Period) -> Period:
        """Return the first month of a billing period."""
        return period.shifted(1 - self.months)

    def label_of(self, period: Period) -> str:
        """Return a billing period's name for people: "July 2025", "July 2025 to September 2025"."""
        first = self.first_month_of(period)
        return period.label() if first == period else f"{first.label()} to {period.label()}"


@dataclass(frozen=True, slots=True)
class FiscalMonth:
    """A period as counted in a client's fiscal year; `month` counts from 0."""

    year: int
    month: int


def fiscal_month(period: Period, *, first_month: int) -> FiscalMonth:
    """Return a period's month of the fiscal year that starts in `first_month` and is named after its end year.

    Source: S1. With first_month 7, July 2025 is month 0 of fiscal year 2026, and June 2026 its month 11.
    """
    offset = (period.month - first_month) % 12
    start_year = period.year if period.month >= first_month else period.year - 1
    end = Period(start_year, first_month).shifted(11)
    return FiscalMonth(year=end.year, month=offset)
