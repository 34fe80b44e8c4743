"""What a bill is, and how one is made from a confirmed reading."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from chalicelib.consumers.domain import Connection
from chalicelib.cycles.domain import DueRule, due_on
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.ids import code
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain
from chalicelib.readings.domain.reading import Reading
from chalicelib.tariffs.domain import Line, Rating, Usage
from chalicelib.tenancy.domain import Project

BillStatus = Literal["open", "partial", "paid", "overdue"]

_REVISION = re.compile(r"[1-9]\d{0,2}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bill:
    """What one connection owes for one period. Immutable: a correction is another document that names this one.

    Only `paid_minor` moves, with the payments that it is the sum of. `billed_on` is the day printed on it, `issued_at`
    the start of the run that made it, or of the migration (`run_id` is then the import's); `digest` stands for
    everything it was rated from. Days are the client's own. `carried` is the part of the use that an exchanged meter
    showed; below zero, what was billed ahead by estimates. What of that is left is `carried_on`. `estimated`: nobody
    read the meter, and `reading` is what it would show by the average of the last uses. `tariff_id`: the tariff that
    the connection named, if it was not rated by its class.
    """

    account: str
    period: Period
    revision: int
    run_id: str
    consumer_id: str | None
    consumer_class: str
    meter_number: str
    read_on: date
    previous: Decimal
    reading: Decimal
    usage: Decimal
    unit: str
    lines: tuple[Line, ...]
    total: Money
    billed_on: date
    due_on: date
    issued_at: datetime
    digest: str
    carried: Decimal | None = None
    tariff_id: str | None = None
    carried_on: Decimal | None = None
    estimated: bool = False
    paid_minor: int = 0
    migrated: bool = False

    @property
    def id(self) -> str:
        return f"{self.period}.{self.account}.{self.revision}"

    @property
    def reading_id(self) -> str:
        return f"{self.period}.{self.account}"

    @property
    def register_range(self) -> Decimal:
        """How much the register can show, if it started again at zero since `previous`; else nothing."""
        return self._counted - (self.reading - self.previous)

    @property
    def _counted(self) -> Decimal:
        return self.usage + (self.carried_on or 0) - (self.carried or 0)

    def explain_use(self) -> tuple[str, ...]:
        """This function will say in plain sentences where the use comes from, ending with what is billed.

        158 read after 140, 10 billed by an estimate: "158 - 140 = 18 m3", "10 m3 were billed before", "billed: 8 m3".
        """
        over = f"{plain(self.register_range)} + " if self.register_range else ""
        said = [f"{over}{plain(self.reading)} - {plain(self.previous)} = {plain(self._counted)} {self.unit}"]
        if self.register_range:
            said[0] += "; the register started again at zero"
        if self.estimated:
            said[0] += "; nobody read the meter, so this is estimated from the last uses"
        if self.carried and self.carried > 0:
            said.append(f"{plain(self.carried)} {self.unit} were used on the meter before")
        if self.carried and self.carried < 0:
            said.append(f"{plain(-self.carried)} {self.unit} were billed before")
        if self.carried_on:
            said.append(f"{plain(-self.carried_on)} {self.unit} more were billed than used; the next bill has them off")
        return (*said, f"billed: {plain(self.usage)} {self.unit}") if len(said) > 1 else tuple(said)

    @property
    def paid(self) -> Money:
        return Money(self.paid_minor, self.total.currency)

    @property
    def amount_due(self) -> Money:
        return self.total - self.paid

    def status_on(self, today: date) -> BillStatus:
        """This function will say how the bill stands on a day.

        What is not paid in full is overdue from the day after the due day, in part or not at all. Source: S1-043.
        """
        if self.amount_due.minor <= 0:
            return "paid"
        if today > self.due_on:
            return "overdue"
        return "partial" if self.paid_minor else "open"


@dataclass(frozen=True, slots=True)
class IssueTerms:
    """What a run, or a migration, decides for bills. Without days, each reading's day counts, and the rule `due`."""

    run_id: str
    issued_at: datetime
    billed_on: date | None
    due_on: date | None
    due: DueRule
    migrated: bool = False


def usage_of(project: Project, reading: Reading, connection: Connection) -> Usage:
    """This function will state the use that a reading gives, its days, and what tariffs ask of the connection."""
    return Usage(
        quantity=reading.usage,
        unit=project.settings.unit,
        first_day=project.first_day_of(reading.period),
        until_day=reading.period.shifted(1).first_day,
        months=project.months,
        consumer_class=connection.consumer_class,
        meter_size=connection.facts.meter_size,
        dwelling_units=connection.facts.dwelling_units,
        winter_average=connection.facts.winter_average,
        flags=frozenset(connection.facts.flags),
    )


def make_bill(project: Project, reading: Reading, connection: Connection, rating: Rating, terms: IssueTerms) -> Bill:
    """This function will make the bill of a confirmed reading.

    It is dated with the day of the reading unless the run names a day, so that the same reading gives the same bill
    whenever it is made. S3: read 2025-11-05, 10 m3 residential -> 225.00 + 50.00 = 275.00, due 2025-11-20.

    :raises Invalid: if the due day that the run names is not after the bill's day. Source: S1-135.
    """
    billed_on = terms.billed_on or reading.read_on
    if terms.due_on and terms.due_on <= billed_on:
        raise Invalid("due-too-early", f"the due day {terms.due_on} is not after the bill's day {billed_on}")
    return Bill(
        account=reading.account,
        period=reading.period,
        revision=1,
        run_id=terms.run_id,
        consumer_id=connection.consumer_on(reading.read_on),
        consumer_class=connection.consumer_class,
        meter_number=reading.meter_number,
        read_on=reading.read_on,
        previous=reading.previous,
        reading=reading.value,
        usage=reading.usage,
        unit=project.settings.unit,
        lines=rating.lines,
        total=rating.total,
        billed_on=billed_on,
        due_on=terms.due_on or due_on(terms.due, reading.period, billed_on),
        issued_at=terms.issued_at,
        digest=rating.digest,
        carried=reading.carried,
        tariff_id=connection.tariff_id,
        carried_on=reading.carried_on,
        estimated=reading.estimated,
        migrated=terms.migrated,
    )


def parse_bill_id(text: str) -> tuple[Period, str, int]:
    """This function will take a bill's public id apart: 2025-11.2025110001.1.

    :raises NotFound: if it can't be one.
    """
    period, _, rest = text.partition(".")
    account, _, revision = rest.rpartition(".")
    try:
        if not _REVISION.match(revision):
            raise NotFound("not-found", "there is no bill with this id")
        return Period.parse(period), code(account, "an account number"), int(revision)
    except Invalid:
        raise NotFound("not-found", "there is no bill with this id") from None
