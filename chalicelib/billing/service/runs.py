"""Billing runs, step by step: start, plan, generate chunk by chunk, complete.

Each step may be repeated, interrupted between any two calls, or executed twice at once: a bill's key is its connection
and period, so the table refuses a duplicate.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from typing import Literal

from chalicelib.audit import service as audit
from chalicelib.billing import repository
from chalicelib.billing.domain import (
    BEAT,
    HIDDEN,
    LANES,
    LEASE,
    TURN,
    BillingException,
    BillingRun,
    Chunk,
    ChunkPlan,
    Tally,
    another_run,
    completed,
    lane_starts,
    plan_chunk,
    services_without_reading,
)
from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill, check_days
from chalicelib.bills.domain.unread import months_before
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import NotFound, TryLater
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.payments import service as payments
from chalicelib.platform import queue
from chalicelib.platform.bulk import batches
from chalicelib.platform.heartbeat import heartbeat
from chalicelib.platform.messages import BillChunk, PlanRun
from chalicelib.platform.transaction import Action, Refused
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import Reading
from chalicelib.tariffs import service as tariffs
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext

# A chunk records its progress after this many requests: a thousand bills, a second or two.
_REPORT_EVERY = 40

_SECOND = timedelta(seconds=1)


def start_run(ctx: ProjectContext, *, period: Period, billed_on: date | None, due_on: date | None) -> BillingRun:
    """Start a billing run for a period; from then on the period's readings can't change.

    The same request while its run is open returns that run, and resumes it if it was interrupted. Six write units, one
    message.

    :raises Invalid: for a period that is not billed here or has not begun, or days that don't fit it.
    :raises Conflict: while another run works on the period.
    :raises TryLater: if another run just released the period, or the billing cycle was just changed.
    """
    project = ctx.project
    check_days(project, period, billed_on, due_on, today=local_day(ctx.now, project.settings.timezone))
    tenancy.stay_with_cycle(project)
    run = BillingRun(
        id=ctx.new_id(),
        period=period,
        state="planned",
        billed_on=billed_on,
        due_on=due_on,
        started_by=ctx.actor.id,
        started_at=ctx.now,
        completed_at=None,
        chunks=project.settings.shards,
        tally=Tally(),
        currency=project.settings.currency,
        due=tenancy.due_rule(project),
        cycle=project.settings.billing_cycle,
    )
    try:
        freeze = readings.period_freeze_write(project, period, run.id)
        repository.start_run(project, run, freeze, also=[_audit_write(ctx, "billing-run.started", run)])
    except Refused:
        run = _standing_run(project, run)
    if run.state != "complete":
        _send_plan(project, run)
    return run


def get_run(ctx: ProjectContext, *, run_id: str) -> tuple[BillingRun, tuple[Chunk, ...]]:
    """Return a run and, while it is working, its chunks with their progress.

    :raises NotFound: if the project has no such run.
    """
    project = ctx.project
    run = _get(project, known_ulid(run_id, "billing run"))
    return run, () if run.state == "complete" else repository.chunks_of(project, run.id)


def list_runs(ctx: ProjectContext, *, limit: int, cursor: str | None) -> Page[BillingRun]:
    """List a project's runs, newest first, one page at a time."""
    return repository.runs_page(ctx.project, limit=limit, cursor=cursor)


def list_exceptions(ctx: ProjectContext, *, run_id: str, limit: int, cursor: str | None) -> Page[BillingException]:
    """List the readings that a run could not bill, one page at a time.

    :raises NotFound: if the project has no such run.
    """
    project = ctx.project
    run = _get(project, known_ulid(run_id, "billing run"))
    return repository.exceptions_page(project, run.id, limit=limit, cursor=cursor)


def plan_run(ctx: ProjectContext, *, run_id: str) -> None:
    """Split a run into chunks and send a message for each lane; repeated, it sends those for open chunks only.

    However many chunks there are, a run has at most eight messages in the queue, one for each lane.
    """
    project = ctx.project
    run = _get(project, run_id)
    if run.state == "complete":
        return
    if run.state == "planned":
        repository.insert_chunks(project, run)
        repository.mark_generating(project, run)
    chunks = repository.chunks_of(project, run.id)
    starts = lane_starts(chunks)
    if not starts:
        _complete(ctx, project, run)
    queue.send_to_billing([_chunk_message(project, run, shard) for shard in starts])


def generate_chunks(
    ctx: ProjectContext,
    *,
    run_id: str,
    shard: int,
    expired_lease: str | None = None,
    beat: Callable[[], None] = lambda: None,
) -> list[int]:
    """Bill every confirmed reading of a chunk and close it, then the next ones of its lane; return their numbers.

    After 20 seconds it sends a message for the next chunk and ends, so that other messages in the queue get their turn.
    If another worker holds a chunk, that worker continues the lane, and a message checks after the end of its lease
    whether it died. With `expired_lease`, this is that message. `beat` is called every 20 seconds, to keep the worker's
    own message hidden.

    A bill costs two write units and 1/25 of a request; a reading, its connection and the check for existing bills cost
    about 0.1 read units together. A chunk without readings costs four requests.
    """
    project = ctx.project
    run = _get(project, run_id)
    if run.state != "generating" or (expired_lease and not _was_left(ctx, run, shard, expired_lease)):
        return []
    done: list[int] = []
    for at in range(shard, run.chunks, LANES):
        here = ctx.at_this_moment()
        if at != shard and here.now - ctx.now >= TURN:
            queue.send_to_billing([_chunk_message(project, run, at)])
            return done
        state = _bill_chunk(here, run, at, beat)
        if state == "taken":
            return done
        if state == "billed":
            done.append(at)
    _complete(ctx, project, run)
    return done


def hide_message(*, receipt: str) -> None:
    """Hide a message that is being processed for a little longer than a lease lasts.

    By default the queue hides it for half an hour, which is too long to wait after a crash.
    """
    queue.hide_billing_message(receipt, seconds=HIDDEN // _SECOND)


def resume_runs(ctx: ProjectContext) -> int:
    """Send messages for the open runs of a project again; return the number of runs.

    This continues chunks whose worker died; a working one is not disturbed, because its lease has not ended.
    """
    project = ctx.project
    runs = repository.open_runs(project)
    for run in runs:
        _send_plan(project, run)
    return len(runs)


def _standing_run(project: Project, asked: BillingRun) -> BillingRun:
    """Return the run that holds the period, if it has the same parameters."""
    standing_id = readings.find_run_of(project, asked.period)
    standing = repository.find_run(project, standing_id or asked.id)
    if standing is None:
        raise TryLater("busy", "the other run has just completed; send the request again")
    if standing.asks_the_same(asked):
        return standing
    raise another_run(standing.id, asked.period)


def _was_left(ctx: ProjectContext, run: BillingRun, shard: int, lease: str) -> bool:
    """Return whether the chunk is still open and this lease of it has ended."""
    chunk = repository.find_chunk(ctx.project, run.id, shard)
    return (
        chunk is not None and chunk.lease == lease and chunk.leased_until is not None and chunk.leased_until < ctx.now
    )


def _bill_chunk(
    ctx: ProjectContext, run: BillingRun, shard: int, beat: Callable[[], None]
) -> Literal["billed", "done", "taken"]:
    """Bill one chunk, unless it is done or taken by another worker."""
    project = ctx.project
    lease = ctx.new_id()
    try:
        repository.lease_chunk(project, run.id, shard, lease=lease, now=ctx.now, until=ctx.now + LEASE)
        with heartbeat(partial(_beat, ctx, run, shard, lease, beat), every=BEAT):
            plan = _plan_of(project, run, shard)
            _issue(ctx, run, shard, lease, plan)
            _follow(ctx, run, shard)
            repository.insert_exceptions(project, run.id, plan.exceptions)
        at = ctx.at_this_moment().now
        repository.close_chunk(project, run.id, shard, lease=lease, tally=plan.tally, at=at)
    except Refused:
        return _look_after(ctx, run, shard)
    return "billed"


def _beat(ctx: ProjectContext, run: BillingRun, shard: int, lease: str, beat: Callable[[], None]) -> None:
    with suppress(Refused):  # another worker has it: the message will be delivered again and find that out
        until = ctx.at_this_moment().now + LEASE
        repository.prolong_lease(ctx.project, run.id, shard, lease=lease, until=until)
        beat()


def _look_after(ctx: ProjectContext, run: BillingRun, shard: int) -> Literal["done", "taken"]:
    """Leave a chunk to the worker that has it, and send a message to check it after the lease has ended."""
    chunk = repository.find_chunk(ctx.project, run.id, shard)
    if chunk is None or chunk.state == "done":
        return "done"
    if chunk.lease and chunk.leased_until:
        left = chunk.leased_until - ctx.at_this_moment().now
        message = _chunk_message(ctx.project, run, shard, expired_lease=chunk.lease)
        queue.send_to_billing([message], after_seconds=max(left // _SECOND, 0) + 5)
    return "taken"


def _chunk_message(project: Project, run: BillingRun, shard: int, expired_lease: str | None = None) -> BillChunk:
    return BillChunk(client=project.client, project=project.id, run=run.id, shard=shard, expired_lease=expired_lease)


def _plan_of(project: Project, run: BillingRun, shard: int) -> ChunkPlan:
    to_bill = [one for one in readings.shard_readings(project, run.period, shard) if one.counts]
    known = _connections_of(project, shard, to_bill)
    if not to_bill and not services_without_reading(project, run.period, known.values(), {}):
        return ChunkPlan((), (), Tally())  # so there are no bills of this run: readings can't change now
    billed: dict[str, list[Bill]] = {}
    for bill in bills.shard_bills(project, run.period, shard):
        billed.setdefault(bill.account, []).append(bill)
    until_day = max([run.period.shifted(1).first_day, *(one.read_on for one in to_bill)])
    book = tariffs.tariff_book(project, until_day=until_day)
    factors = tariffs.factors_of(project, run.period)
    connected = (known[one.account] for one in to_bill if one.account in known)
    classes = {connection.consumer_class for connection in connected if connection.is_billed}
    usual = bills.usual_totals(project, run.period, shard, classes=classes)
    earlier = _without_reading_before(project, run, shard, known, to_bill)
    return plan_chunk(project, run, to_bill, known, billed, book, usual, factors, earlier)


def _without_reading_before(
    project: Project, run: BillingRun, shard: int, known: Mapping[str, Connection], to_bill: Iterable[Reading]
) -> dict[str, list[Bill]]:
    """Read the bills without a reading of the months before, such as advances, if a group of connections may have some.

    A query a month.
    """
    rounds = dict.fromkeys(known, 1)
    for reading in to_bill:
        rounds[reading.account] = max(rounds.get(reading.account, 1), reading.rounds)
    months = {
        month
        for account, connection in known.items()
        for month in months_before(project, connection, run.period, rounds=rounds[account])
    }
    found: dict[str, list[Bill]] = {}
    for month in sorted(months):
        for bill in bills.shard_bills(project, month, shard):
            if not bill.has_reading:
                found.setdefault(bill.account, []).append(bill)
    return found


def _connections_of(project: Project, shard: int, to_bill: list[Reading]) -> dict[str, Connection]:
    """Read a shard's connections in bulk, and one by one those that are too new for that read."""
    found = {connection.account: connection for connection in connections.shard_connections(project, shard)}
    missed = [reading.account for reading in to_bill if reading.account not in found]
    return found | connections.connections_by_account(project, missed) if missed else found


def _issue(ctx: ProjectContext, run: BillingRun, shard: int, lease: str, plan: ChunkPlan) -> None:
    tally = plan.tally_so_far
    for number, batch in enumerate(batches(plan.bills)):
        if number and number % _REPORT_EVERY == 0:
            until = ctx.at_this_moment().now + LEASE
            repository.report_progress(ctx.project, run.id, shard, lease=lease, until=until, tally=tally)
        bills.issue_bills(ctx.project, batch)
        tally = tally.with_bills(batch)


def _follow(ctx: ProjectContext, run: BillingRun, shard: int) -> None:
    """Let all bills of a chunk take credit or older dues, if the project wants it; also those of a former attempt."""
    if ctx.project.settings.payments.new_bills_take != "nothing":
        here = bills.shard_bills(ctx.project, run.period, shard)
        payments.after_billing(ctx, [bill for bill in here if bill.run_id == run.id])


def _complete(ctx: Context, project: Project, run: BillingRun) -> None:
    """Complete a run whose chunks are all done. Every worker tries; the first one succeeds."""
    chunks = repository.chunks_of(project, run.id)
    if len(chunks) == run.chunks and all(chunk.state == "done" for chunk in chunks):
        release = readings.period_release_write(project, run.period, run.id)
        ctx = ctx.at_this_moment()  # the last chunk may have taken minutes
        done = completed(run, chunks, ctx.now)
        repository.complete_run(project, done, release, also=[_audit_write(ctx, "billing-run.completed", done)])


def _audit_write(ctx: Context, action: str, run: BillingRun) -> Action:
    """Build the audit entry of a run's start or end; its bills have no entries."""
    facts: dict[str, object] = {"period": run.period, "billed_on": run.billed_on, "due_on": run.due_on}
    if run.state == "complete":
        tally = run.tally
        facts |= {"bills": tally.bills, "exceptions": tally.exceptions, "currency": run.currency}
        facts["total"] = Money(tally.total_minor, run.currency)
    return audit.entry_write(ctx, action=action, subject=("billing-run", f"{ctx.project_id}.{run.id}"), after=facts)


def _get(project: Project, run_id: str) -> BillingRun:
    run = repository.find_run(project, run_id)
    if run is None:
        raise NotFound("not-found", "there is no billing run with this id")
    return run


def _send_plan(project: Project, run: BillingRun) -> None:
    queue.send_to_billing([PlanRun(client=project.client, project=project.id, run=run.id)])
