"""A billing run, step by step: start, plan, generate chunk by chunk, complete.

Each step may be repeated, interrupted between any two calls, or run twice at once: a bill's key is its connection and
period, and the table refuses the second one.
"""

from datetime import date

from chalicelib.audit import service as audit
from chalicelib.billing import repository
from chalicelib.billing.domain import (
    LEASE,
    BillingException,
    BillingRun,
    Chunk,
    ChunkPlan,
    Tally,
    another_run,
    completed,
    plan_chunk,
)
from chalicelib.bills import service as bills
from chalicelib.bills.domain import check_days
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import NotFound, TryLater
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform import queue
from chalicelib.platform.bulk import BATCH, batches
from chalicelib.platform.messages import BillChunk, PlanRun
from chalicelib.platform.transaction import Action, Refused
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import Reading
from chalicelib.tariffs import service as tariffs
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext

# A chunk tells how far it is, and holds on to its lease, every so many requests.
_REPORT_EVERY = 4


def start_run(ctx: ProjectContext, *, period: Period, billed_on: date | None, due_on: date | None) -> BillingRun:
    """Start billing a period: its readings stand still and the generator gets to work.

    The same request while its run is open gives that run, and wakes it should it have been interrupted. Six write
    units, one message.

    :raises Invalid: for a period that is not billed here, or days that don't fit it.
    :raises Conflict: while another run works on the period.
    :raises TryLater: if another run gave the period back, or the billing cycle was changed, at this very moment.
    """
    project = ctx.project
    check_days(project, period, billed_on, due_on)
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
    """Return a run and, while it is at work, its chunks with how far each is.

    :raises NotFound: if the project has no such run.
    """
    project = ctx.project
    run = _get(project, known_ulid(run_id, "billing run"))
    return run, () if run.state == "complete" else repository.chunks_of(project, run.id)


def list_runs(ctx: ProjectContext, *, limit: int, cursor: str | None) -> Page[BillingRun]:
    """List a project's runs, the newest first, one page at a time."""
    return repository.runs_page(ctx.project, limit=limit, cursor=cursor)


def list_exceptions(ctx: ProjectContext, *, run_id: str, limit: int, cursor: str | None) -> Page[BillingException]:
    """List what a run could not bill, and why, one page at a time.

    :raises NotFound: if the project has no such run.
    """
    project = ctx.project
    run = _get(project, known_ulid(run_id, "billing run"))
    return repository.exceptions_page(project, run.id, limit=limit, cursor=cursor)


def plan_run(ctx: ProjectContext, *, run_id: str) -> None:
    """Cut a run into chunks and send each to the generator; again, it sends what is still open."""
    project = ctx.project
    run = _get(project, run_id)
    if run.state == "complete":
        return
    if run.state == "planned":
        repository.insert_chunks(project, run)
        repository.mark_generating(project, run)
    chunks = repository.chunks_of(project, run.id)
    waiting = [chunk.shard for chunk in chunks if chunk.state == "open"]
    if not waiting:
        _complete(ctx, project, run)
    queue.send_to_billing(
        [BillChunk(client=project.client, project=project.id, run=run.id, shard=at) for at in waiting]
    )


def generate_chunk(ctx: ProjectContext, *, run_id: str, shard: int) -> None:
    """Bill every confirmed reading of one chunk, and close it.

    A bill costs two write units and 1/25 of a request; a reading, its connection and the look for bills that exist
    about 0.1 read units together.
    """
    project = ctx.project
    run = _get(project, run_id)
    if run.state != "generating":
        return
    lease = ctx.new_id()
    try:
        repository.lease_chunk(project, run.id, shard, lease=lease, now=ctx.now, until=ctx.now + LEASE)
        plan = _plan_of(project, run, shard)
        _issue(ctx, project, run, shard, lease, plan)
        repository.insert_exceptions(project, run.id, plan.exceptions)
        repository.close_chunk(project, run.id, shard, lease=lease, tally=plan.tally)
    except Refused:
        pass  # done, or in another worker's hands: nothing of it is ours to do
    _complete(ctx, project, run)


def resume_runs(ctx: ProjectContext) -> int:
    """Send the open runs of a project to the generator again, and return how many there are.

    A worker that died leaves an open chunk behind; one that is at work is not disturbed, for its lease holds.
    """
    project = ctx.project
    runs = repository.open_runs(project)
    for run in runs:
        _send_plan(project, run)
    return len(runs)


def _standing_run(project: Project, asked: BillingRun) -> BillingRun:
    """Return the run that stood in the way, if it was asked for in the same words."""
    standing_id = readings.find_run_of(project, asked.period)
    standing = repository.find_run(project, standing_id or asked.id)
    if standing is None:
        raise TryLater("busy", "the run that stood in the way is complete by now; send the request again")
    if standing.asks_the_same(asked):
        return standing
    raise another_run(standing.id, asked.period)


def _plan_of(project: Project, run: BillingRun, shard: int) -> ChunkPlan:
    to_bill = [one for one in readings.shard_readings(project, run.period, shard) if one.state == "confirmed"]
    billed = {bill.account: bill for bill in bills.shard_bills(project, run.period, shard)}
    known = _connections_of(project, shard, to_bill)
    book = tariffs.tariff_book(project, run.period)
    return plan_chunk(project, run, to_bill, known, billed, book, bills.usual_totals(project, run.period, shard))


def _connections_of(project: Project, shard: int, to_bill: list[Reading]) -> dict[str, Connection]:
    """Read a shard's connections in bulk, and one that was missed for being new, singly."""
    found = {connection.account: connection for connection in connections.shard_connections(project, shard)}
    missed = [reading.account for reading in to_bill if reading.account not in found]
    return found | connections.connections_by_account(project, missed) if missed else found


def _issue(ctx: Context, project: Project, run: BillingRun, shard: int, lease: str, plan: ChunkPlan) -> None:
    for number, batch in enumerate(batches(plan.bills)):
        if number and number % _REPORT_EVERY == 0:
            tally = plan.tally_after(number * BATCH)
            repository.report_progress(project, run.id, shard, lease=lease, until=ctx.now + LEASE, tally=tally)
        bills.issue_bills(project, batch)


def _complete(ctx: Context, project: Project, run: BillingRun) -> None:
    """Complete a run whose chunks are all done. Every worker tries; the first one does it."""
    chunks = repository.chunks_of(project, run.id)
    if len(chunks) == run.chunks and all(chunk.state == "done" for chunk in chunks):
        release = readings.period_release_write(project, run.period, run.id)
        ctx = ctx.at_this_moment()  # the chunk before it may have taken minutes
        done = completed(run, chunks, ctx.now)
        repository.complete_run(project, done, release, also=[_audit_write(ctx, "billing-run.completed", done)])


def _audit_write(ctx: Context, action: str, run: BillingRun) -> Action:
    """Write down that a run began or ended; its bills are documents of their own."""
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
