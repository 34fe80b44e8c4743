"""Bills."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from chalicelib.bills.domain.balance import Balance
from chalicelib.bills.domain.counting import BilledRegister
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.ids import code
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Frequency, Period
from chalicelib.kernel.quantity import divided, plain
from chalicelib.readings.domain.reading import LAST_READ_NUMBER, reading_id
from chalicelib.tariffs.domain import Line

BillStatus = Literal["open", "partial", "paid", "overdue", "superseded", "voided"]
WantedStatus = Literal["open", "partial", "paid", "overdue", "superseded", "voided", "unpaid"]
"""What a list of bills can be limited to; `unpaid` is open, partial or overdue."""

BillKind = Literal["regular", "final", "advance", "charge", "opening"]

FIRST_CHARGE_NUMBER = 960
"""Charges have numbers from here on, up to 999: above those of readings and of services without a meter."""

_CHARGED_BEFORE = "an earlier bill has charged the fixed amounts of this period"
_NUMBER = re.compile(r"(0|[1-9]\d{0,2})(?:r([1-9]\d?))?\Z", re.ASCII)

MAX_REVISIONS = 99


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why, by whom and when late charges of a bill were last waived. Source: S3-058."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bill:
    """What one connection owes for some days of a period. Immutable, except for its balance, and that it can be voided.

    `number` is that of the reading that it closes with, 0 if it has none. `first_day` and `last_day` are the days that
    it is of, and `rounds` is how many periods of `months` its use is of, 0 if an earlier bill has charged this one. The
    register counted `multiplier` units a step; `registers` are further ones. `usage` is the main register's.

    `balance` is the sum of its ledger entries. `consumer_name` is the consumer's name at its issue. `billed_on` is
    the day printed on it; `issued_at` is the start of the run or migration that made it (`run_id` is then the import's
    id). `digest` is a hash of everything it was rated from. Days are the client's local days. `use_brought_forward` is
    use of an exchanged meter; below zero, use billed ahead by estimates, of which `use_carried_forward` remains.
    `estimated`: the meter was not read, and `reading` is an estimate by the average of the last uses. `tariff_id`: the
    tariff that the connection named, if it was not rated by its class. `issued_by` is the user who billed this reading
    without a run: then `issued_at` is when, and `run_id` an id of its own. `superseded_by` is the bill that took its
    dues over.

    A bill of kind `charge` is of an amount that somebody set, with a `reason`. `extended_due_on` is the due day instead
    of `due_on`, if it was extended; `extended_after_steps` are the steps of lateness charged before that. `waiver` says
    who waived late charges last, while any are waived.

    A bill that was wrong is voided, with the day, the user and the reason, and issued again as the next `revision`.
    `successor` is the id of that one, if it was issued in the same act.
    """

    account: str
    period: Period
    number: int
    run_id: str
    consumer_id: str | None
    consumer_name: str
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
    first_day: date
    last_day: date
    use_brought_forward: Decimal | None = None
    tariff_id: str | None = None
    use_carried_forward: Decimal | None = None
    estimated: bool = False
    balance: Balance = field(default_factory=Balance)
    migrated: bool = False
    issued_by: str | None = None
    kind: BillKind = "regular"
    rounds: int = 1
    months: int = 1
    multiplier: Decimal = Decimal(1)
    registers: tuple[BilledRegister, ...] = ()
    superseded_by: str | None = None
    reason: str | None = None
    extended_due_on: date | None = None
    extended_after_steps: int = 0
    revision: int = 1
    voided_on: date | None = None
    voided_by: str | None = None
    void_reason: str | None = None
    successor: str | None = None
    waiver: Waiver | None = None

    @property
    def id(self) -> str:
        return bill_id(self.period, self.account, self.number, self.revision)

    @property
    def replaces(self) -> str | None:
        """The id of the voided bill in whose place it was issued."""
        return bill_id(self.period, self.account, self.number, self.revision - 1) if self.revision > 1 else None

    @property
    def is_standing(self) -> bool:
        """Whether it was not voided."""
        return self.voided_on is None

    @property
    def place(self) -> tuple[date, int]:
        """The place of its reading among those of the round: day and number."""
        return self.read_on, self.number

    @property
    def has_reading(self) -> bool:
        """Whether it closes with a reading; bills without one have numbers that no reading has."""
        return 0 < self.number <= LAST_READ_NUMBER

    @property
    def is_of_service(self) -> bool:
        """Whether it bills days of service; advances, charges and opening balances don't."""
        return self.kind not in {"advance", "charge", "opening"}

    @property
    def label(self) -> str:
        """What people call it: its period, or what a charge or opening balance is for."""
        if self.kind in {"charge", "opening"} and self.lines:
            return self.lines[0].label
        return Frequency(self.months).label_of(self.period)

    @property
    def due_day(self) -> date:
        """The day until which it is to be paid: the one that it was extended to, if it was."""
        return self.extended_due_on or self.due_on

    @property
    def reading_id(self) -> str | None:
        return reading_id(self.period, self.account, self.number) if self.has_reading else None

    @property
    def quantity(self) -> Decimal:
        """The use that is billed: that of the main register and of others with the role `billed`."""
        return sum((each.use for each in self.registers if each.role == "billed"), self.usage)

    @property
    def register_range(self) -> Decimal:
        """The range of the register, if it rolled over since `previous`; else zero."""
        return divided(self._counted, self.multiplier) - (self.reading - self.previous)

    @property
    def _counted(self) -> Decimal:
        return self.usage + (self.use_carried_forward or 0) - (self.use_brought_forward or 0)

    def _explain_steps(self) -> str:
        over = f"{plain(self.register_range)} + " if self.register_range else ""
        steps = f"{over}{plain(self.reading)} - {plain(self.previous)}"
        if self.multiplier != 1:
            steps = f"({steps}) x {plain(self.multiplier)}"
        return f"{steps} = {plain(self._counted)} {self.unit}"

    def explain_use(self) -> tuple[str, ...]:
        """Return sentences that explain the use, ending with what is billed.

        158 read after 140, 10 billed by an estimate: "158 - 140 = 18 m3", "10 m3 were billed before", "billed: 8 m3".
        """
        if self.kind == "advance":
            return (f"nothing was read: {plain(self.usage)} {self.unit} are expected by the last uses",)
        if not self.has_reading:
            return ()
        said = [self._explain_steps()]
        if self.register_range:
            said[0] += "; the register started again at zero"
        if self.estimated:
            said[0] += "; nobody read the meter, so this is estimated from the last uses"
        if self.use_brought_forward and self.use_brought_forward > 0:
            said.append(f"{plain(self.use_brought_forward)} {self.unit} were used on the meter before")
        if self.use_brought_forward and self.use_brought_forward < 0:
            said.append(f"{plain(-self.use_brought_forward)} {self.unit} were billed before")
        if self.use_carried_forward:
            said.append(
                f"{plain(-self.use_carried_forward)} {self.unit} more were billed than used; the next bill has them off"
            )
        said += [each.explain(self.unit) for each in self.registers]
        if len(said) > 1:
            said.append(f"billed: {plain(self.quantity)} {self.unit}")
        return (*said, *([_CHARGED_BEFORE] if self.rounds == 0 else []))

    @property
    def paid(self) -> Money:
        return self._money(self.balance.paid)

    @property
    def late_charge(self) -> Money:
        """The late charges that are posted, waived ones included."""
        return self._money(self.balance.late)

    @property
    def waived(self) -> Money:
        return self._money(self.balance.waived)

    @property
    def credited(self) -> Money:
        """What was credited or written off."""
        return self._money(self.balance.credited + self.balance.written_off)

    @property
    def moved_in(self) -> Money:
        """The dues of older bills that it took over."""
        return self._money(self.balance.moved_in)

    @property
    def moved_out(self) -> Money:
        """The dues that a newer bill took over."""
        return self._money(self.balance.moved_out)

    @property
    def principal_due(self) -> Money:
        """What is still to be paid of the bill itself, without late charges."""
        return self._money(self.total.minor - self.balance.principal_settled)

    @property
    def amount_due(self) -> Money:
        """What is still to be paid, with the late charges that are posted."""
        return self._money(self.total.minor - self.balance.principal_settled + self.balance.late_due)

    def _money(self, minor: int) -> Money:
        return Money(minor, self.total.currency)

    def status_on(self, today: date) -> BillStatus:
        """Return the bill's status on a day.

        A bill that is not fully paid is overdue from the day after its due day. Source: S1-043.
        """
        if not self.is_standing:
            return "voided"
        if self.superseded_by:
            return "superseded"
        if self.amount_due.minor <= 0:
            return "paid"
        if self.days_overdue_on(today):
            return "overdue"
        return "partial" if self.balance.paid else "open"

    def is_as_wanted(self, status: WantedStatus | None, today: date) -> bool:
        """Return whether the bill belongs to a list of that status, or of any."""
        found = self.status_on(today)
        return status in {None, found} or (status == "unpaid" and found in {"open", "partial", "overdue"})

    def days_overdue_on(self, today: date) -> int:
        """Return the number of days since the due day: 0 up to the due day, and if the bill is paid.

        Due on 20 November, 5 on the 25th. Source: S3-050.
        """
        return max((today - self.due_day).days, 0) if self.amount_due.minor > 0 else 0


def last_billed(bills: Iterable[Bill]) -> tuple[date, int] | None:
    """Return the place of the last reading that bills of one round close with; None if none has a reading."""
    return max((bill.place for bill in bills if bill.has_reading), default=None)


def bill_id(period: Period, account: str, number: int, revision: int) -> str:
    """Return a bill's public id: 2025-11.2025110001.1, or 2025-11.2025110001.1r2 for the second revision."""
    return f"{period}.{account}.{number}" if revision == 1 else f"{period}.{account}.{number}r{revision}"


def parse_bill_id(text: str) -> tuple[Period, str, int, int]:
    """Split a bill's public id into period, account number, number and revision; see `bill_id`.

    :raises NotFound: if it is not a valid id.
    """
    period, _, rest = text.partition(".")
    account, _, number = rest.rpartition(".")
    found = _NUMBER.match(number)
    try:
        if not found or found[2] == "1":
            raise NotFound("not-found", "there is no bill with this id")
        return Period.parse(period), code(account, "an account number"), int(found[1]), int(found[2] or 1)
    except Invalid:
        raise NotFound("not-found", "there is no bill with this id") from None
