"""Billing runs and their chunks, and planning the bills of a chunk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from types import MappingProxyType
from typing import Literal

from chalicelib.bills.domain import Bill, IssueTerms, UsualTotals, bill_of, consumptions_of, last_billed
from chalicelib.bills.domain.unread import (
    UnreadService,
    advance_service,
    bill_without_reading,
    less_advances,
    unmetered_service,
)
from chalicelib.connections.domain import Connection
from chalicelib.cycles.domain import DueRule
from chalicelib.kernel.errors import Conflict, MeterbookError
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.reading import Reading
from chalicelib.tariffs.domain import TariffBook
from chalicelib.tenancy.domain import Project

RunState = Literal["planned", "generating", "complete"]
ChunkState = Literal["open", "done"]

# A worker extends its lease at every beat, so a lease ends a minute after its worker died. The worker's message is
# delivered again a little later, when the lease has ended. ADR 53 has the reasons for these numbers.
BEAT = timedelta(seconds=20)
LEASE = timedelta(seconds=60)
HIDDEN = timedelta(seconds=75)
# The number of chunks of a run that are worked on at once: fewer than there are workers, so that no run blocks all
# others. After `TURN`, a worker ends, and the run waits for its next turn.
LANES = 8
TURN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Tally:
    """The totals of a run or a part of one: readings to bill, bills written, exceptions, and the bills' amount."""

    readings: int = 0
    bills: int = 0
    exceptions: int = 0
    total_minor: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.readings + other.readings,
            self.bills + other.bills,
            self.exceptions + other.exceptions,
            self.total_minor + other.total_minor,
        )

    def with_bills(self, bills: Sequence[Bill]) -> "Tally":
        """Return the totals with more bills; their readings are counted already."""
        written = Tally(bills=len(bills), total_minor=sum(bill.total.minor for bill in bills))
        return self + written


@dataclass(frozen=True, slots=True)
class BillingRun:
    """The billing of one period of one project. `tally` is final once the run is complete.

    `due` is the rule for due days and `cycle` the project's billing cycle, both as they were when the run began, so
    that later changes do not affect some of its bills only.
    """

    id: str
    period: Period
    state: RunState
    billed_on: date | None
    due_on: date | None
    started_by: str
    started_at: datetime
    completed_at: datetime | None
    chunks: int
    tally: Tally
    currency: str
    due: DueRule
    cycle: str | None = None

    @property
    def terms(self) -> IssueTerms:
        return IssueTerms(self.id, self.started_at, self.billed_on, self.due_on, self.due)

    @property
    def total(self) -> Money:
        return Money(self.tally.total_minor, self.currency)

    def asks_the_same(self, other: "BillingRun") -> bool:
        """Return whether another run has the same parameters."""
        return (self.period, self.billed_on, self.due_on) == (other.period, other.billed_on, other.due_on)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One shard of a run's period: the unit of work. A worker leases it, so that others don't work on it.

    Chunks whose numbers are equal modulo `LANES` are a lane: one message goes from chunk to chunk.
    """

    shard: int
    state: ChunkState
    tally: Tally
    lease: str | None
    leased_until: datetime | None
    done_at: datetime | None = None

    def last_sign(self) -> datetime | None:
        """Return the last sign of a worker on the chunk, up to a beat early; None if there was none."""
        return self.leased_until - LEASE if self.leased_until else self.done_at


@dataclass(frozen=True, slots=True)
class BillingException:
    """A reading that could not be billed, and what to do about it."""

    reading_id: str
    account: str
    code: str
    reason: str

    @property
    def place(self) -> str:
        """Its place among those of a run: the account number, and the reading's number unless it is the first."""
        return self.reading_id.partition(".")[2]


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """The bills and exceptions that a chunk has to write, and its totals afterwards."""

    bills: tuple[Bill, ...]
    exceptions: tuple[BillingException, ...]
    written_before: Tally

    @property
    def tally(self) -> Tally:
        return self.tally_so_far.with_bills(self.bills)

    @property
    def tally_so_far(self) -> Tally:
        """The chunk's totals before its new bills are written."""
        read = sum(bill.has_reading for bill in self.bills) + len(self.exceptions)
        found = Tally(readings=read, exceptions=len(self.exceptions))
        return self.written_before + found


def plan_chunk(
    project: Project,
    run: BillingRun,
    readings: Iterable[Reading],
    connections: Mapping[str, Connection],
    billed: Mapping[str, Sequence[Bill]],
    book: TariffBook,
    usual: UsualTotals = UsualTotals(),  # noqa: B008 - it is frozen
    factors: Mapping[str, Decimal] = MappingProxyType({}),
    earlier: Mapping[str, Sequence[Bill]] = MappingProxyType({}),
) -> ChunkPlan:
    """Make the bills of all confirmed readings that are not billed, by account number, and those without a reading.

    A holder's readings of the round are one bill, which closes with the last of them. `earlier` are the bills
    without a reading of the months before, by account.

    A bill that is far above the usual becomes an exception, for a person to check. Bills that the same run wrote before
    an interruption count in its tally; those of earlier runs do not.
    """
    bills: list[Bill] = []
    exceptions: list[BillingException] = []
    by_account = sorted(readings, key=lambda reading: reading.account)
    for account, of_round in groupby(by_account, key=lambda reading: reading.account):
        connection = connections.get(account)
        if _is_special(connection):
            continue
        for consumption in consumptions_of(of_round, connection, last_billed(billed.get(account, ())), factors):
            try:
                bill = bill_of(project, run.terms, consumption, connection, book)
                usual.check(bill)
            except MeterbookError as error:
                exceptions.append(BillingException(consumption.closing.id, account, error.code, str(error)))
            else:
                bills.append(bill)
    for service in services_without_reading(project, run.period, connections.values(), _together(billed, earlier)):
        account = service.connection.account
        if any(bill.number == service.number for bill in billed.get(account, ())):
            continue
        try:
            bills.append(bill_without_reading(project, run.terms, replace(service, factors=factors), book))
        except MeterbookError as error:
            exceptions.append(BillingException(f"{run.period}.{account}", account, error.code, str(error)))
    bills = [less_advances(bill, earlier.get(bill.account, ()), beside=billed.get(bill.account, ())) for bill in bills]
    mine = [bill for standing in billed.values() for bill in standing if bill.run_id == run.id]
    before = Tally(
        readings=sum(bill.has_reading for bill in mine),
        bills=len(mine),
        total_minor=sum(bill.total.minor for bill in mine),
    )
    return ChunkPlan(tuple(bills), tuple(exceptions), before)


def _together(
    billed: Mapping[str, Sequence[Bill]], earlier: Mapping[str, Sequence[Bill]]
) -> Mapping[str, Sequence[Bill]]:
    if not earlier:
        return billed
    return {
        account: [*billed.get(account, ()), *earlier.get(account, ())] for account in billed.keys() | earlier.keys()
    }


def services_without_reading(
    project: Project, period: Period, connections: Iterable[Connection], billed: Mapping[str, Sequence[Bill]]
) -> list[UnreadService]:
    """Return what a run bills without a reading: services without a meter, and advances."""
    found = [
        advance_service(project, each, period)
        or unmetered_service(project, each, period, billed=billed.get(each.account, ()))
        for each in connections
    ]
    return sorted((each for each in found if each), key=lambda service: service.connection.account)


def _is_special(connection: Connection | None) -> bool:
    """Return whether a meter is of a common area or a building, which is never billed. Source: decisions.md, S1."""
    return connection is not None and not connection.is_billed


def tally_of(chunks: Iterable[Chunk]) -> Tally:
    """Return the totals of a run's chunks so far."""
    return sum((chunk.tally for chunk in chunks), Tally())


def lane_starts(chunks: Iterable[Chunk]) -> list[int]:
    """Return the first open chunk of each lane, where its message starts. `chunks` are in order of their numbers."""
    starts: dict[int, int] = {}
    for chunk in chunks:
        if chunk.state == "open":
            starts.setdefault(chunk.shard % LANES, chunk.shard)
    return sorted(starts.values())


def waiting_since(run: BillingRun, chunks: Sequence[Chunk], now: datetime) -> datetime | None:
    """Return since when no worker has worked on a run; None if one is working or the run is complete."""
    if run.state == "complete" or any(chunk.leased_until and chunk.leased_until >= now for chunk in chunks):
        return None
    return max(sign for sign in (run.started_at, *(chunk.last_sign() for chunk in chunks)) if sign)


def completed(run: BillingRun, chunks: Iterable[Chunk], at: datetime) -> BillingRun:
    """Return the run as complete, with its totals."""
    return replace(run, state="complete", completed_at=at, tally=tally_of(chunks))


def another_run(run_id: str, period: Period) -> Conflict:
    """Return the error for a second run while one is open."""
    return Conflict("run-open", f"billing run {run_id} is already working on {period}; wait until it is complete")
