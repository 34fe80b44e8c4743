"""Billing runs as the API shows them."""

from typing import Literal, Self

from pydantic import Field

from chalicelib.billing.domain import BillingException, BillingRun, Chunk, tally_of
from chalicelib.kernel.money import Money
from chalicelib.platform.schema import Amount, Day, Instant, PeriodText, Schema


class NewRun(Schema):
    """The period to bill. Days left out follow the project's settings and each reading's own day."""

    period: PeriodText
    billed_on: Day | None = Field(default=None, description="The day printed on the bills; else each reading's day")
    due_on: Day | None = Field(default=None, description="The day to pay by; else as the project's settings have it")


class ChunkProgress(Schema):
    """How many parts of the run are done."""

    done: int
    of: int


class RunOut(Schema):
    """A billing run and how far it is. The counts are of bills that are written; they are final once it is complete."""

    id: str
    period: PeriodText
    state: Literal["planned", "generating", "complete"]
    chunks: ChunkProgress
    readings: int = Field(description="Confirmed readings without a bill that the run found so far")
    bills: int
    exceptions: int = Field(description="Readings that could not be billed: see exceptions")
    total: Amount
    currency: str
    billed_on: Day | None
    due_on: Day | None
    started_by: str
    started_at: Instant
    completed_at: Instant | None
    billing_cycle: str | None = Field(description="The cycle that the project named when the run began")

    @classmethod
    def of(cls, run: BillingRun, chunks: tuple[Chunk, ...]) -> Self:
        complete = run.state == "complete"
        tally = run.tally if complete else tally_of(chunks)
        done = run.chunks if complete else sum(chunk.state == "done" for chunk in chunks)
        return cls(
            id=run.id,
            period=run.period,
            state=run.state,
            chunks=ChunkProgress(done=done, of=run.chunks),
            readings=tally.readings,
            bills=tally.bills,
            exceptions=tally.exceptions,
            total=str(Money(tally.total_minor, run.currency)),
            currency=run.currency,
            billed_on=run.billed_on,
            due_on=run.due_on,
            started_by=run.started_by,
            started_at=run.started_at,
            completed_at=run.completed_at,
            billing_cycle=run.cycle,
        )


class RunPage(Schema):
    """One page of billing runs. Counts of runs at work stand in the run itself."""

    items: tuple[RunOut, ...]
    cursor: str | None


class ExceptionOut(Schema):
    """A reading that could not be billed, and what to do about it."""

    account_number: str
    code: str
    reason: str

    @classmethod
    def of(cls, one: BillingException) -> Self:
        return cls(account_number=one.account, code=one.code, reason=one.reason)


class ExceptionPage(Schema):
    """One page of exceptions."""

    items: tuple[ExceptionOut, ...]
    cursor: str | None
