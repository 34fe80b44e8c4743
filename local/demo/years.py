"""Three small utilities with a year of readings, from a seeded generator: hot months take more than cool ones."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from local.demo.history import MeterReading
from local.demo.rounds import DueOn, Read, Turn

MONTHS = 12
# Each meter has the next of these turns. Bills are due 15 days after the reading.
TURNS = (
    Turn(4, "billed"), Turn(0), Turn(12, "billed"), Turn(1, "confirmed"), Turn(9), Turn(18), Turn(2, "confirmed"),
    Turn(-2), Turn(3, "billed"), Turn(6), Turn(14),
)  # fmt: skip
# Each month's use in per cent of a usual month, January first: April and May are hot in India.
_SEASON = (80, 85, 105, 130, 145, 125, 105, 100, 95, 90, 85, 80)
_PEOPLE = (
    ("Asha", "Verma"), ("Rohit", "Menon"), ("Kavita", "Iyer"), ("Sanjay", "Patil"), ("Meera", "Nair"),
    ("Vikram", "Rao"), ("Divya", "Joshi"), ("Arjun", "Kulkarni"), ("Lakshmi", "Pillai"), ("Nikhil", "Desai"),
    ("Pooja", "Bhatt"), ("Suresh", "Naidu"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Book:
    """One utility service: its consumers, their classes, and the use of a usual month."""

    preset: str
    project: str
    prefix: str
    usual: tuple[tuple[str, int], ...]

    def meters(self) -> Iterator["Meter"]:
        """Return the meters, always the same."""
        for at, (consumer_class, usual) in enumerate(self.usual):
            first_name, last_name = _PEOPLE[at % len(_PEOPLE)]
            number = f"{self.prefix}-{at + 1:03}"
            turn = TURNS[at % len(TURNS)]
            yield Meter(first_name, last_name, number, consumer_class, Decimal(120 + 37 * at), usual, turn)


@dataclass(frozen=True, slots=True)
class Meter:
    """A consumer's meter, and its use in a usual month."""

    first_name: str
    last_name: str
    number: str
    consumer_class: str
    initial: Decimal
    usual: int
    turn: Turn

    def year_of(self, account: str, today: date, *, due_on: DueOn) -> Read:
        """Return its readings in the year up to today."""
        shown, readings = self.initial, list[MeterReading]()
        for read_on in self.turn.reading_days(today, months=MONTHS, due_on=due_on):
            prior, shown = shown, shown + self.use_in(read_on.month)
            readings.append(MeterReading(account, self.number, self.consumer_class, read_on, prior, shown))
        return Read(tuple(readings), self.turn.stage)

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
    Book("water-billing-backend", "water", "WB", tuple(("consumer", 9 + 2 * at) for at in range(8))),
    Book("utility-billing-system", "electricity", "EL", tuple(("standard", 90 + 25 * at) for at in range(8))),
    Book("utility-billing-system", "water", "WA", tuple(("standard", 12 + 3 * at) for at in range(6))),
    Book("electricity", "electricity", "SRV", _POWER),
)
