"""Write down who did what, and read it."""

from collections.abc import Mapping
from datetime import date

from chalicelib.audit import repository
from chalicelib.audit.domain import Entry, filters_of, new_entry
from chalicelib.kernel.context import Context
from chalicelib.kernel.page import Page
from chalicelib.platform.transaction import Action


def record(
    ctx: Context,
    *,
    action: str,
    subject: tuple[str, str],
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> Action:
    """This function will give the write of an audit entry, for the very transaction that does the deed.

    `action` is a constant such as `connection.registered`, `subject` a kind of thing and its id. `before` and `after`
    are business facts in short; those that are the same on both sides are left out. Three write units.
    """
    entry = new_entry(
        at=ctx.now,
        action=action,
        actor=(ctx.actor.id, ctx.actor.role),
        subject=subject,
        project=ctx.project,
        before=before or {},
        after=after or {},
        request_id=ctx.request_id,
    )
    return repository.insert_entry(ctx.client, entry)


def list_entries(
    ctx: Context,
    *,
    actor_id: str | None = None,
    action: str | None = None,
    subject: tuple[str | None, str | None] = (None, None),
    first_day: date | None = None,
    last_day: date | None = None,
    limit: int,
    cursor: str | None,
) -> Page[Entry]:
    """This function will list what was done, the newest first, one page at a time. Days are UTC days.

    :raises Invalid: for days in the wrong order or more than a year apart, and for half a subject.
    """
    filters = filters_of(
        today=ctx.now.date(),
        first_day=first_day,
        last_day=last_day,
        actor_id=actor_id,
        action=action,
        subject=subject,
    )
    return repository.entries_page(ctx.client, filters, limit=limit, cursor=cursor)
