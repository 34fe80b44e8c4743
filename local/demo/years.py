"""Three small utilities with a year of readings, from a seeded generator: hot months take more than cool ones."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from local.demo.history import MeterReading, reading_days

MONTHS = 12
# Each month's use in per cent of a usual month, January first: April and May are hot in India.
_SEASON = (80, 85, 105, 130, 145, 125, 105, 100, 95, 90, 85, 80)
_PEOPLE = (
    ("Asha", "Verma"), ("Rohit", "Menon"), ("Kavita", "Iyer"), ("Sanjay", "Patil"), ("Meera", "Nair"),
    ("Vikram", "Rao"), ("Divya", "Joshi"), ("Arjun", "Kulkarni"), ("Lakshmi", "Pillai"), ("Nikhil", "Desai"),
    ("Pooja", "Bhatt"), ("Suresh", "Naidu"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Book:
    """One utility service: its consumers, their classes, and the use of a usual month.

    Its meters were last read `days_ago` days ago, and on that day of each month before.
    """

    preset: str
    project: str
    prefix: str
    days_ago: int
    usual: tuple[tuple[str, int], ...]

    def meters(self) -> Iterator["Meter"]:
        """Return the meters, always the same."""
        for at, (consumer_class, usual) in enumerate(self.usual):
            first_name, last_name = _PEOPLE[at % len(_PEOPLE)]
            number = f"{self.prefix}-{at + 1:03}"
            yield Meter(first_name, last_name, number, consumer_class, Decimal(120 + 37 * at), usual)

    def first_reading_day(self, today: date) -> date:
        """Return the first day on which its meters were read in the year that ends today."""
        return self._reading_days(today)[0]

    def year_of(self, meter: "Meter", account: str, today: date) -> list[MeterReading]:
        """Return a meter's readings of the year that ends today."""
        shown, readings = meter.initial, list[MeterReading]()
        for read_on in self._reading_days(today):
            prior, shown = shown, shown + meter.use_in(read_on.month)
            readings.append(MeterReading(account, meter.number, meter.consumer_class, read_on, prior, shown))
        return readings

    def _reading_days(self, today: date) -> list[date]:
        return reading_days(today - timedelta(days=self.days_ago), MONTHS)


@dataclass(frozen=True, slots=True)
class Meter:
    """A consumer's meter, and its use in a usual month."""

    first_name: str
    last_name: str
    number: str
    consumer_class: str
    initial: Decimal
    usual: int

    def use_in(self, month: int) -> Decimal:
        """Return the use of a month (January is 1)."""
        # Only random() of a seeded generator is guaranteed to stay the same in every version of Python.
        spread = 80 + int(random.Random(f"{self.number} {month}").random() * 41)
        return Decimal(self.usual * _SEASON[month - 1] * spread // 10_000)


_POWER = (
    *(("household", 60 + 20 * at) for at in range(8)),
    ("commercial", 420),
    ("commercial", 650),
    ("industrial", 2400),
)
BOOKS = (
    Book("water-billing-backend", "water", "WB", 3, tuple(("consumer", 9 + 2 * at) for at in range(8))),
    Book("utility-billing-system", "electricity", "EL", 6, tuple(("standard", 90 + 25 * at) for at in range(8))),
    Book("utility-billing-system", "water", "WA", 9, tuple(("standard", 12 + 3 * at) for at in range(6))),
    Book("electricity", "electricity", "SRV", 2, _POWER),
)
