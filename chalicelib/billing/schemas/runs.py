"""Billing runs as the API shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field

from chalicelib.billing.domain import BillingException, BillingRun, Chunk, Tally, tally_of, waiting_since
from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page
from chalicelib.platform.schema import Amount, Day, Instant, OutSchema, PeriodText, Schema, Shows, UserName


class NewRun(Schema):
    """The period to bill. Days that are left out follow the project's settings and each reading's day."""

    period: PeriodText
    billed_on: Day | None = Field(
        default=None, description="The day printed on the bills; if left out, each reading's day"
    )
    due_on: Day | None = Field(default=None, description="The due day; if left out, it follows the project's settings")


class ChunkProgress(Schema):
    """The number of parts of the run, and how many are done."""

    done: int
    of: int


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with its progress: from its chunks while it is working, from its own totals once it is complete."""

    run: BillingRun
    parts: tuple[Chunk, ...] = ()
    now: datetime | None = None

    @property
    def waiting_since(self) -> datetime | None:
        return waiting_since(self.run, self.parts, self.now) if self.now else None

    @property
    def chunks(self) -> ChunkProgress:
        done = self.run.chunks if self._complete else sum(chunk.state == "done" for chunk in self.parts)
        return ChunkProgress(done=done, of=self.run.chunks)

    @property
    def readings(self) -> int:
        return self._tally.readings

    @property
    def bills(self) -> int:
        return self._tally.bills

    @property
    def exceptions(self) -> int:
        return self._tally.exceptions

    @property
    def total(self) -> Money:
        return Money(self._tally.total_minor, self.run.currency)

    @property
    def _complete(self) -> bool:
        return self.run.state == "complete"

    @property
    def _tally(self) -> Tally:
        return self.run.tally if self._complete else tally_of(self.parts)


class RunOut(OutSchema, Shows[RunView, BillingRun]):
    """A billing run and its progress. The counts are of bills written so far; they are final once it is complete."""

    id: str
    period: PeriodText
    status: Literal["planned", "generating", "complete"] = Field(validation_alias="state")
    chunks: ChunkProgress
    readings: int = Field(description="Confirmed readings to bill that the run has found so far")
    bills: int
    exceptions: int = Field(description="Readings that could not be billed: see exceptions")
    total: Amount
    currency: str
    billed_on: Day | None
    due_on: Day | None
    started_by: str
    started_by_name: UserName = Field(validation_alias="started_by")
    started_at: Instant
    completed_at: Instant | None
    waiting_since: Instant | None = Field(
        description="Since when nothing has worked on an open run: it waits for its turn, or was interrupted and goes "
        "on by itself within two minutes. Null while it is at work, and in lists"
    )
    billing_cycle: str | None = Field(
        validation_alias="cycle", description="The project's billing cycle when the run began"
    )


class RunPage(OutSchema):
    """One page of billing runs. For the counts of a working run, get the run itself."""

    items: tuple[RunOut, ...]
    next_cursor: str | None


class ExceptionOut(OutSchema):
    """A reading that could not be billed, and what to do about it."""

    reading_id: str
    account_number: str = Field(validation_alias="account")
    code: str
    reason: str


class ExceptionPage(OutSchema, Shows[Page[BillingException]]):
    """One page of exceptions."""

    items: tuple[ExceptionOut, ...]
    next_cursor: str | None
