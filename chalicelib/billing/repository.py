"""Billing runs, chunks and exceptions in the table."""

from collections.abc import Sequence
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action as Change

from chalicelib.billing.domain import BillingException, BillingRun, Chunk, ChunkState, RunState, Tally
from chalicelib.cycles.domain import DueRule
from chalicelib.kernel.page import Page
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import (
    DayAttribute,
    DocumentAttribute,
    InstantAttribute,
    IntAttribute,
    LiteralAttribute,
    NumbersAttribute,
    PeriodAttribute,
    TableItem,
)
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, Refused, insert, put, transact, update
from chalicelib.tenancy.domain import Project


class RunItem(TableItem):
    id = UnicodeAttribute(attr_name="run_id")
    period = PeriodAttribute()
    state = LiteralAttribute(RunState)
    billed_on = DayAttribute(null=True)
    due_on = DayAttribute(null=True)
    started_by = UnicodeAttribute()
    started_at = InstantAttribute()
    completed_at = InstantAttribute(null=True)
    chunks = IntAttribute()
    tally = NumbersAttribute(Tally)
    currency = UnicodeAttribute()
    due = DocumentAttribute(DueRule)
    cycle = UnicodeAttribute(null=True)


class ChunkItem(TableItem):
    shard = IntAttribute()
    state = LiteralAttribute(ChunkState)
    tally = NumbersAttribute(Tally)
    lease = UnicodeAttribute(null=True)
    leased_until = InstantAttribute(null=True)
    done_at = InstantAttribute(null=True)


class ExceptionItem(TableItem):
    reading_id = UnicodeAttribute()
    account = UnicodeAttribute()
    code = UnicodeAttribute()
    reason = UnicodeAttribute()


def start_run(project: Project, run: BillingRun, freeze: Action, *, also: Sequence[Action]) -> None:
    """Write a new run and give it its period, in one transaction.

    :raises Refused: labels `period` (another run has it) or `run` (a repetition of this request).
    """
    transact([insert("run", _run_item(project, run)), freeze, *also])


def find_run(project: Project, run_id: str) -> BillingRun | None:
    item = dynamo.find(RunItem, keys.billing_run(project.client, project.id, run_id))
    return _run(item) if item else None


def runs_page(project: Project, *, limit: int, cursor: str | None) -> Page[BillingRun]:
    partition = keys.billing_runs(project.client, project.id)
    page = dynamo.page_of(RunItem, partition, "", limit=limit, cursor=cursor, index="account", newest_first=True)
    return Page(tuple(_run(item) for item in page.items), page.next_cursor)


def open_runs(project: Project) -> tuple[BillingRun, ...]:
    """Read the runs of a project that are not complete. Eventually consistent."""
    items = RunItem.query(keys.open_runs(project.client, project.id), index_name="worklist")
    return tuple(_run(item) for item in items)


def insert_chunks(project: Project, run: BillingRun) -> None:
    """Insert the run's chunks; existing ones are not changed."""
    for shards in bulk.batches(range(run.chunks)):
        items = [
            to_item(
                ChunkItem,
                keys.run_chunk(project.client, project.id, run.id, shard),
                Chunk(shard, "open", Tally(), lease=None, leased_until=None),
            )
            for shard in shards
        ]
        bulk.insert_batch([item.serialize() for item in items])


def mark_generating(project: Project, run: BillingRun) -> None:
    """Set a planned run to generating; a run in a later state is not changed."""
    key = keys.billing_run(project.client, project.id, run.id)
    try:
        transact([update("run", key, [RunItem.state.set("generating")], RunItem.state == "planned")])
    except Refused:
        return


def chunks_of(project: Project, run_id: str) -> tuple[Chunk, ...]:
    partition, _ = keys.billing_run(project.client, project.id, run_id)
    return tuple(_chunk(item) for item in dynamo.all_of(ChunkItem, partition, "CHUNK#"))


def find_chunk(project: Project, run_id: str, shard: int) -> Chunk | None:
    item = dynamo.find(ChunkItem, keys.run_chunk(project.client, project.id, run_id, shard))
    return _chunk(item) if item else None


def lease_chunk(project: Project, run_id: str, shard: int, *, lease: str, now: datetime, until: datetime) -> None:
    """Lease an open chunk.

    :raises Refused: if it is done, or another worker's lease has not ended.
    """
    # It may be leased by this worker already, if the answer to a first attempt of this call was lost.
    free = ChunkItem.lease.does_not_exist() | (ChunkItem.leased_until < now) | (ChunkItem.lease == lease)
    key = keys.run_chunk(project.client, project.id, run_id, shard)
    changes = [ChunkItem.lease.set(lease), ChunkItem.leased_until.set(until)]
    _change_chunk(key, changes, (ChunkItem.state == "open") & free)


def prolong_lease(project: Project, run_id: str, shard: int, *, lease: str, until: datetime) -> None:
    """Extend the lease of a chunk.

    :raises Refused: if the lease was lost.
    """
    key = keys.run_chunk(project.client, project.id, run_id, shard)
    _change_chunk(key, [ChunkItem.leased_until.set(until)], ChunkItem.lease == lease)


def report_progress(project: Project, run_id: str, shard: int, *, lease: str, until: datetime, tally: Tally) -> None:
    """Record the progress of a chunk, and extend its lease.

    :raises Refused: if the lease was lost.
    """
    key = keys.run_chunk(project.client, project.id, run_id, shard)
    changes = [ChunkItem.tally.set(tally), ChunkItem.leased_until.set(until)]
    _change_chunk(key, changes, ChunkItem.lease == lease)


def close_chunk(project: Project, run_id: str, shard: int, *, lease: str, tally: Tally, at: datetime) -> None:
    """Close a chunk with its totals.

    :raises Refused: if the lease was lost.
    """
    key = keys.run_chunk(project.client, project.id, run_id, shard)
    changes = [
        ChunkItem.state.set("done"),
        ChunkItem.tally.set(tally),
        ChunkItem.done_at.set(at),
        ChunkItem.lease.remove(),
        ChunkItem.leased_until.remove(),
    ]
    _change_chunk(key, changes, ChunkItem.lease == lease)


def insert_exceptions(project: Project, run_id: str, exceptions: Sequence[BillingException]) -> None:
    """Write exceptions: one item per run and account, however often it is repeated."""
    for batch in bulk.batches(exceptions):
        items = [
            to_item(ExceptionItem, keys.run_exception(project.client, project.id, run_id, one.place), one)
            for one in batch
        ]
        bulk.insert_batch([item.serialize() for item in items])


def exceptions_page(project: Project, run_id: str, *, limit: int, cursor: str | None) -> Page[BillingException]:
    partition, _ = keys.billing_run(project.client, project.id, run_id)
    page = dynamo.page_of(ExceptionItem, partition, "EXCEPTION#", limit=limit, cursor=cursor)
    return Page(tuple(to_entity(BillingException, item) for item in page.items), page.next_cursor)


def complete_run(project: Project, run: BillingRun, release: Action, *, also: Sequence[Action]) -> None:
    """Complete a run with its totals and release its period, in one transaction; only the first caller succeeds."""
    try:
        transact([put("run", _run_item(project, run), RunItem.state == "generating"), release, *also])
    except Refused:
        return


def _change_chunk(key: keys.Key, changes: Sequence[Change], condition: Condition) -> None:
    try:
        ChunkItem(*key).update(actions=list(changes), condition=condition)
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise Refused([("chunk", None)]) from None
        raise


def _run_item(project: Project, run: BillingRun) -> RunItem:
    item = to_item(
        RunItem,
        keys.billing_run(project.client, project.id, run.id),
        run,
        g1p=keys.billing_runs(project.client, project.id),
        g1s=f"{run.started_at.isoformat()}#{run.id}",
    )
    if run.state != "complete":
        item.g2p = keys.open_runs(project.client, project.id)
        item.g2s = run.id
    return item


def _run(item: RunItem) -> BillingRun:
    return to_entity(BillingRun, item)


def _chunk(item: ChunkItem) -> Chunk:
    return to_entity(Chunk, item)
