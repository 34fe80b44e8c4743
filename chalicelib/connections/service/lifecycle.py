"""Change, disconnect, reconnect, close, hand over and delete connections, and exchange meters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from chalicelib.areas import service as areas
from chalicelib.connections.domain import check_class, check_fed_measures, check_tariff
from chalicelib.connections.domain import connection as rules
from chalicelib.connections.domain.changes import (
    ConnectionChanges,
    FactChanges,
    TermChanges,
    changed,
    changed_from,
    first_day_of_change,
)
from chalicelib.connections.domain.connection import Connection, ConnectionEvent, EventKind
from chalicelib.connections.domain.meters import Exchange, with_first_meter, with_meter
from chalicelib.connections.domain.terms import spans_of_terms
from chalicelib.connections.repository import connections as repository
from chalicelib.connections.repository import history
from chalicelib.connections.service.brands import brand_count_writes
from chalicelib.connections.service.connections import audit_write, check_meter_free, explain_refusal
from chalicelib.connections.service.consumers import consumer_count_writes, get_consumer_to_connect
from chalicelib.connections.service.lookup import get_connection
from chalicelib.connections.service.offers import tariff_count_writes, tariff_offered_check
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.page import Page
from chalicelib.kernel.quantity import plain
from chalicelib.platform.transaction import Action, Refused
from chalicelib.tenancy.domain import Project, ProjectContext


def change_connection(
    ctx: ProjectContext,
    *,
    account: str,
    version: int,
    changes: ConnectionChanges,
    terms: TermChanges,
    facts: FactChanges,
    since: date | None,
    reason: str | None,
) -> Connection:
    """Change a connection. Changes of class, tariff and facts hold from the day `since`: see `changed_from`.

    No bill changes. A class that the project no longer has can be kept, but not chosen. A new tariff is recorded in
    the history, with the reason if one is given.

    :raises NotFound: if the project has no such connection.
    :raises Invalid: for an unknown class, tariff, area or brand, or a day too far ahead.
    :raises Conflict: if it was changed meanwhile or too often, or is closed.
    """
    before = get_connection(ctx, account=account)
    project = ctx.project
    seen = replace(before, version=version)
    today = local_day(ctx.now, project.settings.timezone)
    first_day = first_day_of_change(before, since, today=today)
    after = changed_from(changed(seen, changes), terms, facts, since=first_day, today=today)
    _check_class(project, before, terms)
    if {"main_measure", "registers"} & changes.keys():
        check_fed_measures(project, after.main_measure, after.registers)
    check_tariff(project, before.purpose, after.tariff_id)
    rules.check_no_later(changes.get("installed_on"), today=today, where="installedOn")
    if after.meter_brand != before.meter_brand:
        check_meter_free(ctx, project, after, besides=account)
    lists = _area_and_brand_writes(ctx, before, after)
    lists += _tariff_writes(ctx, project, before, after, reason, first_day)
    lists.append(audit_write(ctx, "changed", before, after))
    _commit(ctx, project, after, [*repository.connection_update_writes(project, seen, after), *lists])
    return after


def _check_class(project: Project, before: Connection, terms: TermChanges) -> None:
    """Check a new class; one that the connection has or had can be kept, even if the project no longer has it."""
    known = {each.terms.consumer_class for each in spans_of_terms(before.former_terms, before.terms)}
    if "consumer_class" in terms and terms["consumer_class"] not in known:
        check_class(project, terms["consumer_class"])


def disconnect(ctx: ProjectContext, *, account: str, reason: str, on: date | None) -> Connection:
    """Disconnect a connection. It accepts no readings until it is reconnected.

    :raises NotFound: if the project has no such connection.
    :raises Invalid: for a day in the future.
    :raises Conflict: if it is not active.
    """
    return _turn(ctx, account, "disconnected", rules.disconnected, reason, on)


def reconnect(ctx: ProjectContext, *, account: str, reason: str, on: date | None) -> Connection:
    """Reconnect a connection.

    :raises NotFound: if the project has no such connection.
    :raises Conflict: if it is not disconnected, or its consumer is not active.
    """
    return _turn(ctx, account, "reconnected", rules.reconnected, reason, on)


def prepare_closure(
    ctx: ProjectContext, before: Connection, read: Connection, *, reason: str, on: date, event_id: str
) -> tuple[Connection, list[Action]]:
    """Return a connection as closed for good and the writes that close it, for a transaction that also bills it.

    `read` is the connection after its final reading. `explain_refusal` turns a refusal into an error.

    :raises Invalid: for a day before what it builds on.
    :raises Conflict: if it is closed, or use of an exchanged meter waits to be billed.
    """
    return _turned(ctx, before, "closed", rules.closed(read, on), reason, on, event_id)


def exchange_meter(ctx: ProjectContext, *, account: str, exchange: Exchange, reason: str) -> Connection:
    """Exchange a connection's meter. The next bill includes the use of both meters.

    A pending reading of the old meter can no longer be confirmed; correct it to a reading of the new meter.

    :raises NotFound: if the project has no such connection.
    :raises Invalid: for impossible values or days, an invalid number, or an unknown brand.
    :raises Conflict: if the number is on another connection, or this one is closed or changed meanwhile.
    """
    before = get_connection(ctx, account=account)
    project = ctx.project
    after = with_meter(before, exchange, today=local_day(ctx.now, project.settings.timezone))
    check_fed_measures(project, exchange.main_measure, exchange.registers or ())
    check_meter_free(ctx, project, after, besides=account)
    facts = {
        "oldMeter": before.meter_number,
        "finalReading": plain(exchange.final),
        "newMeter": after.meter_number,
        "firstReading": plain(exchange.first),
    }
    known = brand_count_writes(ctx, before=before, after=after)
    event = _event_write(ctx, project, after, "meter_exchanged", facts, reason, exchange.on)
    log = audit_write(ctx, "meter-exchanged", before, after)
    _commit(ctx, project, after, [*repository.connection_update_writes(project, before, after), event, log, *known])
    return after


def prepare_installation(
    ctx: ProjectContext,
    before: Connection,
    meter: Exchange,
    *,
    reason: str,
    event_id: str,
    billed_until: date | None = None,
) -> tuple[Connection, list[Action]]:
    """Return a connection with its first meter and the writes that put it on, for a transaction that also bills.

    :raises Invalid: for impossible values or days, an invalid number, or an unknown brand.
    :raises Conflict: if the number is on another connection, or this one is closed or has a meter.
    """
    project = ctx.project
    today = local_day(ctx.now, project.settings.timezone)
    after = with_first_meter(before, meter, today=today, billed_until=billed_until)
    check_fed_measures(project, meter.main_measure, meter.registers or ())
    check_meter_free(ctx, project, after, besides=before.account)
    facts = {"newMeter": after.meter_number, "firstReading": plain(meter.first)}
    return after, [
        *repository.connection_update_writes(project, before, after),
        _event_write(ctx, project, after, "meter_installed", facts, reason, meter.on, event_id),
        audit_write(ctx, "meter-installed", before, after),
        *brand_count_writes(ctx, before=before, after=after),
    ]


def crossed_meter_writes(
    ctx: ProjectContext, before: Connection, after: Connection, *, other: str, reason: str, on: date, event_id: str
) -> list[Action]:
    """Build the writes of a connection that gets the meter of another one, which gets its own in the same act."""
    project = ctx.project
    facts = {"oldMeter": before.meter_number, "newMeter": after.meter_number, "crossedWith": other}
    return [
        *repository.crossed_meter_writes(project, before, after, other=other),
        _event_write(ctx, project, after, "meters_crossed", facts, reason, on, event_id),
    ]


def past_exchange_write(
    project: Project, connection: Connection, facts: Mapping[str, str], *, on: date, by: str, at: datetime
) -> Action:
    """Build the event of a meter exchange that a former system knew. Written twice, it is one event."""
    new_id = derived_ids(project.client, project.id, connection.account, on.isoformat(), *facts.values())
    whose = connection.consumer_on(on) or None
    event = ConnectionEvent(new_id(), "meter_exchanged", on, "In the former system", facts, by, at, whose)
    return history.event_insert_write(project, connection.account, event)


def prepare_handover(
    ctx: ProjectContext,
    before: Connection,
    read: Connection,
    *,
    consumer_id: str,
    reason: str,
    on: date,
    event_id: str,
) -> tuple[Connection, list[Action]]:
    """Return a connection with another holder and the writes that hand it over, for a transaction that also bills it.

    `read` is the connection after the final reading of its former holder. Readings up to the day are theirs.

    :raises NotFound: if there is no such consumer.
    :raises Invalid: for a day before what it builds on.
    :raises Conflict: if they have it already, or are not active.
    """
    project = ctx.project
    after = rules.taken_over(read, get_consumer_to_connect(ctx, consumer_id=consumer_id), on)
    facts = {"from": before.consumer_id or "", "to": consumer_id}
    if read.use_brought_forward and read.use_brought_forward < 0:
        facts["billedAhead"] = plain(-read.use_brought_forward)
    return after, [
        *repository.connection_update_writes(project, before, after),
        *consumer_count_writes(ctx, before=before, after=after),
        _event_write(ctx, project, after, "consumer_changed", facts, reason, on, event_id),
        audit_write(ctx, "handed-over", before, after),
    ]


def find_event(ctx: ProjectContext, connection: Connection, event_id: str) -> ConnectionEvent | None:
    """Return an event of a connection's history, if it is among the last ones."""
    return history.find_recent(ctx.project, connection, event_id)


def delete_connection(ctx: ProjectContext, *, account: str, also: Sequence[Action] = ()) -> Connection:
    """Delete a connection that was registered by mistake.

    `also` are checks of a higher feature that nothing depends on it, with the label `money`.

    :raises NotFound: if the project has no such connection.
    :raises Conflict: if it has a reading, even a pending one, or is refused by one of the checks; close it instead.
    """
    connection = get_connection(ctx, account=account)
    project = ctx.project
    rules.check_deletable(connection)
    lists = [*areas.area_exit_writes(ctx, area=connection.area), audit_write(ctx, "deleted", connection, None)]
    lists += [
        *consumer_count_writes(ctx, before=connection, after=None),
        *brand_count_writes(ctx, before=connection, after=None),
        *tariff_count_writes(ctx, project, before=connection, after=None),
    ]
    _commit(ctx, project, connection, [*repository.connection_delete_writes(project, connection), *lists, *also])
    return connection


def list_events(ctx: ProjectContext, *, account: str, limit: int, cursor: str | None) -> Page[ConnectionEvent]:
    """List a connection's history, newest first; a consumer sees only events of their own time.

    :raises NotFound: if the project has no such connection.
    """
    connection = get_connection(ctx, account=account)
    mine = None if ctx.actor.may("connections.read") else ctx.actor.consumer_id
    page = history.events_page(ctx.project, connection, of_consumer=mine, limit=limit, cursor=cursor)
    return Page(tuple(event.shown_to(mine) for event in page.items), page.next_cursor) if mine else page


def _turn(
    ctx: ProjectContext,
    account: str,
    kind: EventKind,
    rule: Callable[[Connection, date], Connection],
    reason: str,
    on: date | None,
) -> Connection:
    before = get_connection(ctx, account=account)
    day = on or local_day(ctx.now, ctx.project.settings.timezone)
    after, writes = _turned(ctx, before, kind, rule(before, day), reason, day)
    _commit(ctx, ctx.project, after, writes)
    return after


def _turned(
    ctx: ProjectContext,
    before: Connection,
    kind: EventKind,
    after: Connection,
    reason: str,
    on: date,
    event_id: str | None = None,
) -> tuple[Connection, list[Action]]:
    """Return a connection after a change of its status, with its writes."""
    project = ctx.project
    lists = areas.area_exit_writes(ctx, area=before.area) if after.status == "closed" else []
    lists += [
        *consumer_count_writes(ctx, before=before, after=after),
        *brand_count_writes(ctx, before=before, after=after),
        *tariff_count_writes(ctx, project, before=before, after=after),
    ]
    lists.append(audit_write(ctx, kind, before, after))
    facts: dict[str, str] = {"was": before.status}
    if after.status == "closed" and after.use_brought_forward:
        facts["billedAhead"] = plain(-after.use_brought_forward)
    event = _event_write(ctx, project, after, kind, facts, reason, on, event_id)
    return after, [*repository.connection_update_writes(project, before, after), event, *lists]


def _area_and_brand_writes(ctx: Context, before: Connection, after: Connection) -> list[Action]:
    """Build the writes that count a connection's change of area or brand in the client's lists."""
    named = brand_count_writes(ctx, before=before, after=after)
    if after.area == before.area:
        return named
    return [*areas.area_entry_writes(ctx, area=after.area), *areas.area_exit_writes(ctx, area=before.area), *named]


def _tariff_writes(
    ctx: Context, project: Project, before: Connection, after: Connection, reason: str | None, first_day: date | None
) -> list[Action]:
    """Build the writes that count a connection's change of tariff and record it in its history."""
    day = first_day or date.min
    was, becomes = before.terms_on(day).tariff_id, after.terms_on(day).tariff_id
    counts = tariff_count_writes(ctx, project, before=before, after=after)
    if was == becomes:
        return counts
    if becomes and not counts:
        counts = [tariff_offered_check(project, becomes)]
    on = first_day or local_day(ctx.now, project.settings.timezone)
    turned = {"from": was or "", "to": becomes or ""}
    return [*counts, _dated_event_write(ctx, project, after, "tariff_changed", turned, reason or "", on)]


def _event_write(
    ctx: Context,
    project: Project,
    connection: Connection,
    kind: EventKind,
    facts: Mapping[str, str],
    reason: str,
    on: date | None,
    event_id: str | None = None,
) -> Action:
    """Build the write of an event of today or an earlier day."""
    today = local_day(ctx.now, project.settings.timezone)
    rules.check_no_later(on, today=today, where="on")
    return _dated_event_write(ctx, project, connection, kind, facts, reason, on or today, event_id)


def _dated_event_write(
    ctx: Context,
    project: Project,
    connection: Connection,
    kind: EventKind,
    facts: Mapping[str, str],
    reason: str,
    day: date,
    event_id: str | None = None,
) -> Action:
    whose = connection.consumer_on(day) or None
    event = ConnectionEvent(event_id or ctx.new_id(), kind, day, reason, facts, ctx.actor.id, ctx.now, whose)
    return history.event_insert_write(project, connection.account, event)


def _commit(ctx: Context, project: Project, connection: Connection, writes: list[Action]) -> None:
    try:
        repository.commit(writes)
    except Refused as refused:
        raise explain_refusal(ctx, project, connection, refused) from None
