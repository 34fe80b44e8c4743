"""Readings, bills and payments of the demo utilities from before they moved to Meterbook, as files to import."""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain

# These consumers always pay three months late, so that each utility has overdue bills on any day.
_SLOW_PAYERS = frozenset({"WB-006", "SRV-006"})
_METHODS = ("cash", "cash", "cash", "transfer", "online", "check")


@dataclass(frozen=True, slots=True)
class MeterReading:
    """A meter's previous value and its value on a day."""

    account: str
    meter_number: str
    consumer_class: str
    read_on: date
    prior: Decimal
    current: Decimal
    area: str = ""

    @property
    def usage(self) -> Decimal:
        return self.current - self.prior


@dataclass(frozen=True, slots=True)
class BilledReading:
    """A reading with its bill: period, due day and total."""

    reading: MeterReading
    period: Period
    total: Money
    due_on: date


def shown_before(meter_number: str, shown: Decimal, usage: Decimal, *, months: int) -> list[Decimal]:
    """Return a meter's values at its last readings, oldest first.

    Each month's use is about `usage`. A meter whose value would fall below zero has fewer readings.
    """
    chance = _chance(meter_number)
    values = [shown]
    while len(values) <= months:
        before = values[0] - int(usage * int(80 + chance() * 41) / 100)
        if before < 0:
            break
        values.insert(0, before)
    return values


def readings_file(readings: Iterable[MeterReading]) -> str:
    """Return a file of readings as a table."""
    rows = (f"{one.meter_number},{plain(one.current)},{one.read_on}" for one in readings)
    return "\n".join(["meter_number,reading,read_on", *rows])


def history_file(billed: Iterable[BilledReading], *, today: date) -> str:
    """Return a history of bills with their payments before today. docs/files.md describes the form."""

    def month(one: BilledReading) -> tuple[Period, date]:
        return one.period, one.reading.read_on

    months = [
        {
            "year": period.year,
            "month": period.month,
            "readingDate": str(read_on),
            "units": {one.reading.account: _unit(one, today) for one in group},
        }
        for (period, read_on), group in groupby(sorted(billed, key=month), key=month)
    ]
    return json.dumps({"months": months})


def _unit(billed: BilledReading, today: date) -> dict[str, Any]:
    reading = billed.reading
    return {
        "prior": plain(reading.prior),
        "current": plain(reading.current),
        "totalAmount": str(billed.total),
        "payments": [_payment(billed, paid_on, amount) for paid_on, amount in _paid(billed) if paid_on < today],
    }


def _payment(billed: BilledReading, paid_on: date, amount: Money) -> dict[str, str]:
    chance = _chance(billed.reading.meter_number, str(billed.period), str(paid_on))
    method = _METHODS[int(chance() * len(_METHODS))]
    number = f"OR-{billed.reading.account}-{paid_on:%Y%m%d}"
    said = {"transactionId": number, "paymentDate": str(paid_on), "amount": str(amount), "method": method}
    return said | ({"checkNumber": str(100_000 + int(chance() * 900_000))} if method == "check" else {})


def _paid(billed: BilledReading) -> Iterator[tuple[date, Money]]:
    """Pay a bill as its consumer always does: most in time, some weeks late or in two parts, few three months late."""
    habit = 1.0 if billed.reading.meter_number in _SLOW_PAYERS else _chance(billed.reading.meter_number)()
    chance = _chance(billed.reading.meter_number, str(billed.period))()
    read_on, due_on, total = billed.reading.read_on, billed.due_on, billed.total
    if habit < 0.75:
        yield read_on + timedelta(days=1 + int(chance * (due_on - read_on).days)), total
    elif habit < 0.88:
        yield due_on + timedelta(days=1 + int(chance * 24)), total
    elif habit < 0.95:
        half = Money(total.minor // 2, total.currency)
        yield read_on + timedelta(days=1 + int(chance * (due_on - read_on).days)), half
        yield due_on + timedelta(days=20 + int(chance * 20)), total - half
    else:
        yield due_on + timedelta(days=75 + int(chance * 30)), total


def _chance(*names: str) -> Callable[[], float]:
    # Only random() of a seeded generator is guaranteed to stay the same in every version of Python.
    return random.Random(" ".join(names)).random
