"""What a billing run and its chunks are, and what a chunk makes of its readings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from chalicelib.bills.domain import Bill, IssueTerms, UsualTotals, bill_of
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

# A worker prolongs its lease at every beat, so a lease ends a minute after its worker died. The worker's message comes
# back a little later: whoever then takes the chunk meets no lease. ADR 53 has the reasons for these numbers.
BEAT = timedelta(seconds=20)
LEASE = timedelta(seconds=60)
HIDDEN = timedelta(seconds=75)
# So many chunks of one run are worked on at once: fewer than there are workers, so that no run holds up all others. A
# worker goes from chunk to chunk for so long; then the run waits for its next turn.
LANES = 8
TURN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Tally:
    """The totals of a run or a part of one: readings it had to bill, bills it wrote, and what they add up to."""

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
        """Return the totals after so many more bills are written; their readings are counted already."""
        written = Tally(bills=len(bills), total_minor=sum(bill.total.minor for bill in bills))
        return self + written


@dataclass(frozen=True, slots=True)
class BillingRun:
    """The billing of one period of one project. `tally` is final once the run is complete.

    `due` is when its bills are due and `cycle` the billing cycle that the project named, both as they were when the run
    began: what is changed meanwhile does not divide its bills.
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
        """Return whether another run was asked for in the same words."""
        return (self.period, self.billed_on, self.due_on) == (other.period, other.billed_on, other.due_on)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One shard of a run's period: the unit of work. A worker holds it by a lease, so that others leave it alone.

    The chunks whose numbers leave the same rest by `LANES` are a lane: one message goes from each to the next one.
    """

    shard: int
    state: ChunkState
    tally: Tally
    lease: str | None
    leased_until: datetime | None
    done_at: datetime | None = None

    def last_sign(self) -> datetime | None:
        """Return when a worker was last at it, as far as is known: up to a beat early."""
        return self.leased_until - LEASE if self.leased_until else self.done_at


@dataclass(frozen=True, slots=True)
class BillingException:
    """A reading that could not be billed, and what is to be done about it."""

    reading_id: str
    account: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """What a chunk has to write, and its totals afterwards."""

    bills: tuple[Bill, ...]
    exceptions: tuple[BillingException, ...]
    written_before: Tally

    @property
    def tally(self) -> Tally:
        return self.tally_so_far.with_bills(self.bills)

    @property
    def tally_so_far(self) -> Tally:
        """The chunk's totals before any of its bills is written."""
        found = Tally(readings=len(self.bills) + len(self.exceptions), exceptions=len(self.exceptions))
        return self.written_before + found


def plan_chunk(
    project: Project,
    run: BillingRun,
    readings: Iterable[Reading],
    connections: Mapping[str, Connection],
    billed: Mapping[str, Bill],
    book: TariffBook,
    usual: UsualTotals = UsualTotals(),  # noqa: B008 - it is frozen
) -> ChunkPlan:
    """Work out the bill of every confirmed reading that has none, by account number.

    One that is far above what is usual is an exception, for a person to look at. Bills that this very
    run wrote before an interruption count into its tally; those of earlier runs do not.
    """
    bills: list[Bill] = []
    exceptions: list[BillingException] = []
    for reading in sorted(readings, key=lambda reading: reading.account):
        if reading.state != "confirmed" or reading.account in billed or _is_special(connections.get(reading.account)):
            continue
        try:
            bill = bill_of(project, run.terms, reading, connections.get(reading.account), book)
            usual.check(bill)
        except MeterbookError as error:
            exceptions.append(BillingException(reading.id, reading.account, error.code, str(error)))
        else:
            bills.append(bill)
    mine = [bill for bill in billed.values() if bill.run_id == run.id]
    before = Tally(readings=len(mine), bills=len(mine), total_minor=sum(bill.total.minor for bill in mine))
    return ChunkPlan(tuple(bills), tuple(exceptions), before)


def _is_special(connection: Connection | None) -> bool:
    """Tell whether a meter is only compared: that of a common area or of a building. Source: decisions.md, S1."""
    return connection is not None and not connection.is_billed


def tally_of(chunks: Iterable[Chunk]) -> Tally:
    """Add up the totals of a run's chunks so far."""
    return sum((chunk.tally for chunk in chunks), Tally())


def lane_starts(chunks: Iterable[Chunk]) -> list[int]:
    """Name the first open chunk of each lane: where its message is to begin. Chunks come by number."""
    starts: dict[int, int] = {}
    for chunk in chunks:
        if chunk.state == "open":
            starts.setdefault(chunk.shard % LANES, chunk.shard)
    return sorted(starts.values())


def waiting_since(run: BillingRun, chunks: Sequence[Chunk], now: datetime) -> datetime | None:
    """Return since when no worker has been at a run, or None if one is or the run is complete."""
    if run.state == "complete" or any(chunk.leased_until and chunk.leased_until >= now for chunk in chunks):
        return None
    return max(sign for sign in (run.started_at, *(chunk.last_sign() for chunk in chunks)) if sign)


def completed(run: BillingRun, chunks: Iterable[Chunk], at: datetime) -> BillingRun:
    """Return the run as it is once its last chunk is done."""
    return replace(run, state="complete", completed_at=at, tally=tally_of(chunks))


def another_run(run_id: str, period: Period) -> Conflict:
    """Refuse a second run while one is open."""
    return Conflict("run-open", f"billing run {run_id} is already working on {period}; wait until it is complete")
