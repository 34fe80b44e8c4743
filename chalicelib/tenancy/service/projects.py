"""Open, change and look up clients and projects."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from chalicelib.audit import service as audit
from chalicelib.cycles import service as cycles
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, MeterbookError, NotFound
from chalicelib.kernel.ids import slug
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform import keys
from chalicelib.platform.keys import Key
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy import repository
from chalicelib.tenancy.domain import (
    Client,
    FormerSettings,
    Project,
    ProjectContext,
    ProjectSettings,
    audit_facts,
    check_change,
    check_client,
    check_client_change,
    check_measures_kept,
    check_settings,
    client_audit_facts,
)

# Longer than a request can take: after this, an interrupted attempt to close a project no longer counts.
_LOOKING = timedelta(minutes=1)

# Settings that are written without a day change no billing group: each may have begun.
_AT_ANY_TIME = Period.of(date.max)


def open_client(*, client: Client) -> Client:
    """Create a client, or update its settings.

    :raises Invalid: if its id is not valid.
    """
    slug(client.id, "a client's id")
    if client.id != client.id.lower():
        raise Invalid("bad-name", f"a client's id has no upper-case letters: {client.id.lower()}", field="client")
    check_client(client)
    repository.store_client(client)
    return client


def open_project(*, client_id: str, project_id: str, settings: ProjectSettings) -> Project:
    """Create a project, or update its settings.

    :raises Invalid: for an invalid id or setting.
    :raises Conflict: for a change of a setting that is fixed once a project exists.
    """
    check_settings(settings)
    project = Project(slug(client_id, "a client's id"), slug(project_id, "a project's id"), settings)
    existing = repository.find_project(client_id, project_id)
    names = _cycle_count_writes(project, existing)
    try:
        if existing is None:
            repository.insert_project(project, also=names)
        else:
            check_change(existing.settings, settings, month=_AT_ANY_TIME)
            check_measures_kept(existing.settings.measures, settings.measures, needed=existing.needed_measures)
            project = continued(existing, settings)
            repository.store_project(project, also=names)
    except Refused as refused:
        raise _project_refused(refused, settings) from None
    return project


def find_client(client_id: str) -> Client | None:
    """Return a client, or None. Half a read unit."""
    return repository.find_client(client_id)


def client_key(client_id: str) -> Key:
    """Return the key of a client's item, to read it together with others (see `client_of`)."""
    return keys.client(client_id)


def client_exists_check(client_id: str) -> Action:
    """Build the check that a client exists. Label: `no client`."""
    return repository.client_exists_check(client_id)


def client_of(raw: Mapping[str, Any] | None) -> Client | None:
    """Convert a raw item to a client."""
    return repository.client_of(raw)


def get_client(ctx: Context) -> Client:
    """Return the client that the caller belongs to.

    :raises NotFound: if it no longer exists.
    """
    client = repository.find_client(ctx.client)
    if client is None:
        raise NotFound("not-found", "there is no such client")
    return client


def enter_project(ctx: Context) -> ProjectContext:
    """Look up the project that a context names, and return the context of that project. Half a read unit.

    :raises NotFound: if the context's client has no such project.
    """
    return _entered(ctx, repository.find_project(ctx.client, ctx.project_id))


def enter_project_read(ctx: Context, item: Mapping[str, Any] | None) -> ProjectContext:
    """Return the context of a project from its raw item, which was read together with the session.

    :raises NotFound: if there is no such project.
    """
    return _entered(ctx, repository.project_of(ctx.client, item))


def add_project(ctx: Context, *, project_id: str, settings: ProjectSettings) -> Project:
    """Add a utility service to the client. Idempotent: if it exists with the same settings, return it.

    :raises Invalid: for an invalid id or setting.
    :raises Conflict: if the id is taken by a project with other settings.
    """
    check_settings(settings)
    project = Project(ctx.client, slug(project_id, "a project's id", field="id"), settings)
    entry = audit.entry_write(
        ctx.in_project(project.id),
        action="project.opened",
        subject=("project", project.id),
        after=audit_facts(settings),
    )
    try:
        repository.insert_project(project, also=[entry, *_cycle_count_writes(project, None)])
    except Refused as refused:
        there = repository.find_project(ctx.client, project_id)
        if there and there.settings == settings and not there.closed:
            return there
        if there is None:
            raise _project_refused(refused, settings) from None
        raise Conflict(
            "project-taken", f"there is a project {project_id} already; choose another id", field="id"
        ) from None
    return project


def change_project(ctx: ProjectContext, *, version: int, changes: Mapping[str, Any]) -> Project:
    """Change settings of a project, by name; the former ones are kept.

    :raises Invalid: for invalid settings, naming each.
    :raises Conflict: for a fixed setting or a measure that a tariff needs, or if the settings were changed meanwhile.
    """
    before = ctx.project
    if before.version != version:
        raise _settings_changed()
    settings = replace(before.settings, **changes)
    check_settings(settings)
    check_change(before.settings, settings, month=before.month_of(local_day(ctx.now, before.settings.timezone)))
    check_measures_kept(before.settings.measures, settings.measures, needed=before.needed_measures)
    after = replace(continued(before, settings), version=version + 1)
    also = [change_audit_write(ctx, before, after), *_cycle_count_writes(after, before)]
    try:
        repository.change_project(before, after, by=ctx.actor.id, at=ctx.now, also=also)
    except Refused as refused:
        raise _project_refused(refused, settings) from None
    return after


def change_client(
    ctx: Context, *, version: int, changes: Mapping[str, Any], password_rule: Mapping[str, Any]
) -> Client:
    """Change settings of a client, by name; the former ones are kept.

    :raises Invalid: for invalid settings, naming each.
    :raises Conflict: for a fixed setting, or if the settings were changed meanwhile.
    """
    before = repository.find_client(ctx.client, consistent=True)
    if before is None or before.version != version:
        raise _settings_changed()
    rule = replace(before.password_rule, **password_rule)
    after = replace(before, **changes, password_rule=rule, version=version + 1)
    check_client(after)
    check_client_change(before, after)
    entry = audit.entry_write(
        ctx,
        action="client.changed",
        subject=("client", before.id),
        before=client_audit_facts(before),
        after=client_audit_facts(after),
    )
    try:
        repository.change_client(before, after, by=ctx.actor.id, at=ctx.now, also=[entry])
    except Refused:
        raise _settings_changed() from None
    return after


def list_former(ctx: Context, *, limit: int, cursor: str | None) -> Page[FormerSettings]:
    """List the former settings of the context's project, or of the client, newest first."""
    return repository.former_page(ctx.client, ctx.project_id, limit=limit, cursor=cursor)


def close_project(ctx: ProjectContext, *, used_by: Callable[[], str | None]) -> Project:
    """Close a project unless `used_by` returns a reason against it. Additions are refused while it checks.

    The block lasts as long as a request can. So a request that dies leaves the project open, and repeating it closes
    the project.

    :raises Conflict: for the reason, or if another attempt to close it began meanwhile.
    """
    project, attempt = ctx.project, ctx.new_id()
    if not project.closed:
        try:
            repository.begin_closing(project, attempt=attempt, until=ctx.now + _LOOKING)
        except Refused:
            project = replace(project, closed=True)
    reason = used_by()
    entry = audit.entry_write(ctx, action="project.closed", subject=("project", project.id))
    try:
        if not project.closed:
            repository.end_closing(project, attempt=attempt, closed=not reason, also=[] if reason else [entry])
    except Refused:
        now = repository.find_project(project.client, project.id, consistent=True)
        if not reason and not (now and now.closed):
            raise Conflict("changed", "another user is closing this project; reload and retry") from None
    if reason:
        raise Conflict("project-used", reason)
    return replace(project, closed=True)


def project_open_check(ctx: Context, project: Project) -> Action:
    """Build the check that a project is not closed, and not about to be closed. Label: `project`."""
    return repository.project_open_check(project, ctx.now)


def close_books(ctx: ProjectContext, *, month: Period) -> Project:
    """Close a month in the books, with all months before it: no ledger entry is dated into it from now on.

    Closing it again changes nothing. Three write units and an audit entry.

    :raises Invalid: for a month that is not over.
    """
    project, until = ctx.project, month.last_day
    today = local_day(ctx.now, project.settings.timezone)
    if until >= today:
        raise Invalid("month-not-over", f"{month} ends on {until}; today is {today}", field="month")
    if project.books_closed_until and project.books_closed_until >= until:
        return project
    before = {"books_closed_until": project.books_closed_until}
    subject, after = ("project", project.id), {"books_closed_until": until}
    entry = audit.entry_write(ctx, action="books.closed", subject=subject, before=before, after=after)
    with suppress(Refused):  # somebody closed a later month meanwhile
        transact([repository.books_closing_write(project, until), entry])
    return replace(project, books_closed_until=until)


def books_open_check(project: Project, day: date) -> Action:
    """Build the check that no month that a day lies in is closed. Label: `books`. Two write units."""
    return repository.books_open_check(project, day)


def needed_measures_write(ctx: Context, project: Project, names: Collection[str]) -> Action:
    """Build the write of the measures that a project's tariffs need, while its settings are as they were read.

    Label: `measures`, refused if they are not, or the project is closed or about to be.
    """
    return repository.needed_measures_write(project, tuple(sorted(names)), ctx.now)


def list_projects(ctx: Context) -> tuple[Project, ...]:
    """List the client's projects."""
    return repository.all_projects(ctx.client)


def directory() -> tuple[tuple[str, str], ...]:
    """List (client, project) of all clients, for schedules only."""
    return tuple((client, project) for client, project in repository.directory() if project is not None)


def every_client() -> tuple[str, ...]:
    """List all clients, including those without a project, for schedules only."""
    return tuple(sorted({client for client, _ in repository.directory()}))


def continued(before: Project, settings: ProjectSettings) -> Project:
    """Return a project with new settings; with another cycle, `under_cycle` is false again."""
    same = before.settings.billing_cycle == settings.billing_cycle
    return replace(before, settings=settings, under_cycle=before.under_cycle and same)


def _cycle_count_writes(after: Project, before: Project | None) -> list[Action]:
    was = before.settings.billing_cycle if before else None
    return cycles.cycle_count_writes(after.client, before=was, after=after.settings.billing_cycle)


def change_audit_write(ctx: Context, before: Project, after: Project) -> Action:
    """Build the audit entry of changed settings."""
    return audit.entry_write(
        ctx,
        action="project.changed",
        subject=("project", before.id),
        before=audit_facts(before.settings),
        after=audit_facts(after.settings),
    )


def _entered(ctx: Context, project: Project | None) -> ProjectContext:
    if project is None:
        raise NotFound("no-such-project", f"there is no project {ctx.project_id} here")
    return ProjectContext.of(ctx, project)


def _project_refused(refused: Refused, settings: ProjectSettings) -> MeterbookError:
    return cycles.unknown_cycle(settings.billing_cycle) if "cycle" in refused.labels else _settings_changed()


def _settings_changed() -> Conflict:
    return Conflict("changed", "these settings were changed meanwhile; reload and retry")
