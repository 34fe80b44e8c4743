"""Import a file of readings: allow the upload, take the file in, report what became of each line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from chalicelib.audit import service as audit
from chalicelib.consumers import service as consumers
from chalicelib.consumers.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Invalid, NotFound, TryLater
from chalicelib.kernel.ids import fingerprint, known_ulid
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform import storage
from chalicelib.platform.bulk import batches
from chalicelib.platform.storage import UploadForm
from chalicelib.platform.transaction import Action, Refused
from chalicelib.readings import repository
from chalicelib.readings.domain.imports import (
    Accepted,
    ImportCounts,
    Outcome,
    ReadingImport,
    count,
    decide,
    duplicate_of,
    report_lines,
)
from chalicelib.readings.domain.reading import Entry, Reading
from chalicelib.readings.domain.table_file import Refusal, Row, TableFile, parse
from chalicelib.readings.service.common import advance, frozen, moved_on
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project

MAX_BYTES = 10_000_000
_CONTENT_TYPE = "text/csv"
# A confirmed reading is two writes, and a transaction holds a hundred actions with its one check of the period.
_CONFIRMED_AT_ONCE = 49
_FILE_KEY = re.compile(
    r"(?P<client>[A-Za-z0-9][A-Za-z0-9-]{0,31})/(?P<project>[A-Za-z0-9][A-Za-z0-9-]{0,31})"
    r"/imports/(?P<id>[0-9A-HJKMNP-TV-Z]{26})\.csv",
    re.ASCII,
)


def ask_for_upload(ctx: Context, *, file_name: str, period: Period | None) -> tuple[ReadingImport, UploadForm]:
    """This function will announce a file of readings and give the form to post it with, good for 15 minutes.

    :raises Invalid: if the request's Idempotency-Key was used for another one.
    """
    project = tenancy.get_project(ctx)
    record = ReadingImport(
        id=ctx.new_id(),
        file_name=file_name,
        period=period,
        state="awaiting_upload",
        counts=ImportCounts(),
        refusal=None,
        requested_by=ctx.actor.id,
        requested_at=ctx.now,
        finished_at=None,
        request_print=fingerprint(file_name, str(period)),
    )
    try:
        repository.insert_import(project, record, also=[_noted(ctx, "import.announced", record)])
    except Refused:
        made = repository.find_import(project, record.id)
        if made is None or made.request_print != record.request_print:
            raise Invalid("key-reused", "this Idempotency-Key was used for another request; take a fresh one") from None
        record = made
    form = storage.upload_form(
        file_key(project.client, project.id, record.id), content_type=_CONTENT_TYPE, max_bytes=MAX_BYTES
    )
    return record, form


def get_import(ctx: Context, *, import_id: str) -> ReadingImport:
    """This function will give an import with what became of its rows.

    :raises NotFound: if the project has none with this id.
    """
    record = repository.find_import(tenancy.get_project(ctx), known_ulid(import_id, "import"))
    if record is None:
        raise NotFound("not-found", "there is no import with this id")
    return record


def list_imports(ctx: Context, *, limit: int, cursor: str | None) -> Page[ReadingImport]:
    """This function will list a project's imports, the newest first, one page at a time."""
    return repository.imports_page(tenancy.get_project(ctx), limit=limit, cursor=cursor)


def get_report(ctx: Context, *, import_id: str, after_line: int, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """This function will give the lines of a file that a person should look at, and whether there are more.

    A line with several remarks is never cut in two: the next part goes on after the last line's number.

    :raises NotFound: if the project has no such import, or it is not finished.
    """
    record = get_import(ctx, import_id=import_id)
    report: list[dict[str, Any]] | None = storage.find_json(
        file_key(ctx.client, ctx.project, record.id, ".report.json")
    )
    if report is None:
        raise NotFound("no-report", "this import has no report yet: its file was not uploaded or is still being read")
    lines = [line for line in report if line["line"] > after_line]
    end = limit
    while limit < len(lines) and end < len(lines) and lines[end]["line"] == lines[end - 1]["line"]:
        end += 1
    return lines[:end], end < len(lines)


def run_import(ctx: Context, *, import_id: str) -> ReadingImport:
    """This function will take an uploaded file in, row by row, and write its report.

    Good rows are kept whatever the others are. Delivered twice or carried on after a crash it does nothing twice and
    reports the same. One write request per 25 pending rows (two write units each) or 49 confirmed ones (four each).

    :raises NotFound: if nobody announced such a file.
    :raises TryLater: while a billing run works on a period that confirmed rows are for; the queue delivers it again.
    """
    project = tenancy.get_project(ctx)
    record = repository.find_import(project, import_id)
    if record is None:
        raise NotFound("not-found", "there is no import with this id")
    if record.state != "awaiting_upload":
        return record
    try:
        file = parse(storage.read_file(file_key(project.client, project.id, import_id), max_bytes=MAX_BYTES))
    except Invalid as error:
        refusal = Refusal(1, "", error.code, str(error))
        done = replace(record, state="refused", refusal=str(error), finished_at=ctx.now)
        return _finish(ctx, project, done, [refusal])
    outcomes = _take_in(ctx, project, record, file)
    done = replace(record, state="done", counts=count(outcomes, blank=file.blank), finished_at=ctx.now)
    return _finish(ctx, project, done, outcomes)


def _finish(ctx: Context, project: Project, record: ReadingImport, outcomes: Sequence[Outcome]) -> ReadingImport:
    storage.write_json(file_key(project.client, project.id, record.id, ".report.json"), report_lines(list(outcomes)))
    try:
        repository.finish_import(project, record, also=[_noted(ctx, "import.finished", record)])
    except Refused:
        return repository.find_import(project, record.id) or record
    return record


def _noted(ctx: Context, action: str, record: ReadingImport) -> Action:
    counts = record.counts
    facts: dict[str, object] = {"period": record.period, "state": record.state, "requested_by": record.requested_by}
    if record.state != "awaiting_upload":
        facts |= {"rows": counts.rows, "accepted": counts.accepted, "refused": counts.refused}
    return audit.record(ctx, action=action, subject=("import", f"{ctx.project}.{record.id}"), after=facts)


@dataclass(slots=True)
class _Intake:
    """One import at work: what it checks rows against, kept up to date with what it writes."""

    project: Project
    expected: Period | None
    today: date
    entry: Entry
    connections: dict[str, Connection]
    accounts_by_meter: dict[str, str]

    def connection_of(self, row: Row) -> Connection | None:
        account = row.account or self.accounts_by_meter.get(str(row.meter).strip().upper())
        return self.connections.get(account) if account else None

    def decide(self, row: Row, existing: Mapping[tuple[Period, str], Reading]) -> Outcome:
        return decide(
            self.project,
            row,
            self.connection_of(row),
            existing,
            expected=self.expected,
            today=self.today,
            entry=self.entry,
        )


def _take_in(ctx: Context, project: Project, record: ReadingImport, file: TableFile) -> list[Outcome]:
    """This function will write the good rows, period by period, so that each reading counts from the one before."""
    connections = {connection.account: connection for connection in consumers.all_connections(project)}
    intake = _Intake(
        project=project,
        expected=record.period,
        today=local_day(ctx.now, project.settings.timezone),
        entry=Entry(by=record.requested_by, at=record.requested_at, source="import", origin=record.id),
        connections=connections,
        accounts_by_meter={connection.meter_number: account for account, connection in connections.items()},
    )
    outcomes: list[Outcome] = list(file.refusals)
    rows = sorted(file.rows, key=lambda row: (project.period_of(row.read_on), row.line))
    for period, group in groupby(rows, key=lambda row: project.period_of(row.read_on)):
        outcomes += _take_in_period(intake, period, list(group))
    return outcomes


def _take_in_period(intake: _Intake, period: Period, rows: list[Row]) -> list[Outcome]:
    existing = {(period, reading.account): reading for reading in _recorded(intake.project, period)}
    decided: list[Outcome] = []
    first_rows: dict[str, Row] = {}
    for row in rows:
        connection = intake.connection_of(row)
        if connection and connection.account in first_rows:
            decided.append(duplicate_of(row, first_rows[connection.account]))
            continue
        outcome = intake.decide(row, existing)
        decided.append(outcome)
        if connection and not isinstance(outcome, Refusal):
            first_rows[connection.account] = row
    new = [outcome for outcome in decided if isinstance(outcome, Accepted) and not outcome.stored]
    write = _write_pending if intake.project.settings.confirmation == "required" else _write_confirmed
    written = {outcome.line: outcome for outcome in write(intake, period, new)}
    return [written.get(outcome.line, outcome) for outcome in decided]


def _recorded(project: Project, period: Period) -> Iterator[Reading]:
    for shard in range(project.settings.shards):
        yield from repository.shard_readings(project, period, shard)


def _write_pending(intake: _Intake, period: Period, new: list[Accepted]) -> Iterator[Outcome]:
    """This function will write readings that wait for a person; where another writer came first, that one counts."""
    for batch in batches(new):
        written = repository.insert_pending(intake.project, [outcome.reading for outcome in batch])
        for outcome, is_new in zip(batch, written, strict=True):
            yield outcome if is_new else _decide_again(intake, period, outcome)


def _write_confirmed(intake: _Intake, period: Period, new: list[Accepted]) -> Iterator[Outcome]:
    """This function will write readings that count at once, each together with its connection moving on."""
    for batch in batches(new, _CONFIRMED_AT_ONCE):
        waiting = {outcome.reading.account: outcome for outcome in batch}
        while waiting:
            try:
                repository.commit(_confirmed_writes(intake, period, waiting))
            except Refused as refused:
                if "period" in refused.labels:
                    raise TryLater("period-frozen", str(frozen(intake.project, period))) from None
                for account in {label.partition(" ")[2] for label in refused.labels}:
                    yield _decide_again(intake, period, waiting.pop(account))
            else:
                break
        for account, outcome in waiting.items():
            intake.connections[account] = moved_on(intake.connections[account], outcome.reading)
            yield outcome


def _confirmed_writes(intake: _Intake, period: Period, waiting: Mapping[str, Accepted]) -> list[Action]:
    actions = [repository.period_is_open(intake.project, period)]
    for account, outcome in waiting.items():
        actions.append(repository.insert_reading(intake.project, outcome.reading))
        actions.append(advance(intake.project, intake.connections[account], outcome.reading))
    return actions


def _decide_again(intake: _Intake, period: Period, outcome: Accepted) -> Outcome:
    """This function will look at a row once more after another writer got at its meter in the same moment."""
    account = outcome.reading.account
    recorded = repository.find_reading(intake.project, period, account)
    again = intake.decide(outcome.row, {(period, account): recorded} if recorded else {})
    if isinstance(again, Accepted) and not again.stored:
        return Refusal(outcome.line, "reading", "changed", "its connection changed at the same moment; import it again")
    return again


def file_key(client: str, project: str, import_id: str, ending: str = ".csv") -> str:
    """This function will name the object that an import's file is uploaded as, or its report is stored as."""
    return f"{client}/{project}/imports/{import_id}{ending}"


def parse_file_key(key: str) -> tuple[str, str, str] | None:
    """This function will take an object's name apart into client, project and import, or give None."""
    found = _FILE_KEY.fullmatch(key)
    return (found["client"], found["project"], found["id"]) if found else None
