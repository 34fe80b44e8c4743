"""Three small utilities with a year of readings, from a seeded generator: hot months take more than cool ones."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.kernel.period import Period

FIRST = Period(2025, 1)
MONTHS = 12
# How much of a usual month's use each month takes, January first, in per cent: an Indian April and May are hot.
_SEASON = (80, 85, 105, 130, 145, 125, 105, 100, 95, 90, 85, 80)
_PEOPLE = (
    ("Asha", "Verma"), ("Rohit", "Menon"), ("Kavita", "Iyer"), ("Sanjay", "Patil"), ("Meera", "Nair"),
    ("Vikram", "Rao"), ("Divya", "Joshi"), ("Arjun", "Kulkarni"), ("Lakshmi", "Pillai"), ("Nikhil", "Desai"),
    ("Pooja", "Bhatt"), ("Suresh", "Naidu"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Book:
    """One utility service: who is connected, of which class, and how much a usual month takes.

    The last `billed_months` of the year are billed.
    """

    preset: str
    project: str
    prefix: str
    billed_months: int
    usual: tuple[tuple[str, int], ...]

    def meters(self) -> Iterator["Meter"]:
        """Give the meters, the same ones each time."""
        for at, (consumer_class, usual) in enumerate(self.usual):
            first_name, last_name = _PEOPLE[at % len(_PEOPLE)]
            number = f"{self.prefix}-{at + 1:03}"
            yield Meter(first_name, last_name, number, consumer_class, Decimal(120 + 37 * at), usual)

    def file(self) -> str:
        """Give the year's readings as a file that can be imported."""
        rows = sorted((day, meter.number, value) for meter in self.meters() for day, value in meter.year())
        return "\n".join(["meter_number,reading,read_on", *(f"{number},{value},{day}" for day, number, value in rows)])


@dataclass(frozen=True, slots=True)
class Meter:
    """A consumer's meter, and what a usual month takes."""

    first_name: str
    last_name: str
    number: str
    consumer_class: str
    initial: Decimal
    usual: int

    def year(self) -> Iterator[tuple[date, Decimal]]:
        """Give a reading for each month of the year: the day, and what the meter shows."""
        source = random.Random(self.number)
        shows = self.initial
        for at in range(MONTHS):
            month = FIRST.shifted(at)
            spread = 80 + int(source.random() * 41)  # of a seeded generator, only random() stays the same for ever
            shows += Decimal(self.usual * _SEASON[month.month - 1] * spread // 10_000)
            yield month.day(3), shows


_POWER = (
    *(("household", 60 + 20 * at) for at in range(8)),
    ("commercial", 420),
    ("commercial", 650),
    ("industrial", 2400),
)
BOOKS = (
    Book("water-billing-backend", "water", "WB", 2, tuple(("consumer", 9 + 2 * at) for at in range(8))),
    Book("utility-billing-system", "electricity", "EL", 2, tuple(("standard", 90 + 25 * at) for at in range(8))),
    Book("utility-billing-system", "water", "WA", 2, tuple(("standard", 12 + 3 * at) for at in range(6))),
    Book("electricity", "electricity", "SRV", 12, _POWER),
)
