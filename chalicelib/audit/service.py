"""Write and list entries of the audit log, seal each day, and verify sealed days."""

from collections.abc import Mapping
from datetime import date, timedelta

from chalicelib.audit import repository
from chalicelib.audit.domain import Entry, Finding, Seal, Verification, digest_of, filters_of, new_entry, sealed
from chalicelib.kernel.context import Context
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform import auth
from chalicelib.platform.transaction import Action, Refused

# An entry has the instant at which its function began, and no function takes longer than this.
_LATEST_ENTRY = timedelta(hours=1)
# One call verifies this many entries, which takes two to three seconds, then says where to continue.
_CHECKED_DAYS, _CHECKED_ENTRIES = 366, 20_000
# A day without a seal counts as a gap after this time.
_SEALED_WITHIN = timedelta(days=3)
_DAY = timedelta(days=1)


def entry_write(
    ctx: Context,
    *,
    action: str,
    subject: tuple[str, str],
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> Action:
    """Build the write of an audit entry, for the transaction of the change.

    `action` is a constant such as `connection.registered`, `subject` a kind of thing and its id. `before` and `after`
    are short business facts; those that are equal are left out. Three write units.
    """
    entry = new_entry(
        at=ctx.now,
        action=action,
        actor=(ctx.actor.id, ctx.actor.role),
        subject=subject,
        project=ctx.project_id,
        before=before or {},
        after=after or {},
        request_id=ctx.request_id,
        session_id=ctx.actor.session_id or "",
    )
    return repository.entry_insert_write(ctx.client, entry)


def list_entries(
    ctx: Context,
    *,
    actor_id: str | None = None,
    action: str | None = None,
    project_id: str | None = None,
    subject: tuple[str | None, str | None] = (None, None),
    first_day: date | None = None,
    last_day: date | None = None,
    limit: int,
    cursor: str | None,
) -> Page[Entry]:
    """List entries, newest first, one page at a time. Days are UTC days.

    :raises Invalid: for days in the wrong order or more than a year apart, and for half a subject.
    """
    filters = filters_of(
        today=ctx.now.date(),
        first_day=first_day,
        last_day=last_day,
        actor_id=actor_id,
        action=action,
        project_id=project_id,
        subject=subject,
    )
    return repository.entries_page(ctx.client, filters, limit=limit, cursor=cursor)


def seal_days(ctx: Context) -> tuple[Seal, ...]:
    """Seal every past day of a client that is not sealed yet. Idempotent.

    Two write units a day, and one read unit per nine entries; days of one month are read and sealed together.
    """
    last = repository.find_last_seal(ctx.client)
    end = (ctx.now - _LATEST_ENTRY).date()
    day = last.day + _DAY if last else repository.find_first_day(ctx.client, before=end)
    before = last.seal if last else ""
    made: list[Seal] = []
    while day is not None and day < end:
        seals = _seals_of(ctx.client, day, min(Period.of(day).last_day, end - _DAY), before)
        try:
            repository.insert_seals(ctx.client, seals)
        except Refused:
            break  # another invocation is sealing the same days
        made += seals
        day, before = seals[-1].day + _DAY, seals[-1].seal
    return tuple(made)


def verify_log(ctx: Context, *, from_day: date | None) -> Verification:
    """Verify that sealed days are unchanged, and return the first one that is not.

    It verifies at most a year or 20,000 entries, then says where to continue.
    """
    before, expected = _start_of(ctx, from_day)
    first = last = None
    days = entries = 0
    for seal in repository.seals_from(ctx.client, from_day):
        if days == _CHECKED_DAYS or entries >= _CHECKED_ENTRIES:
            return Verification(first, last, days, entries, None, seal.day)
        finding = _compare(ctx.client, seal, before, expected)
        if finding:
            return Verification(first, last, days, entries, finding, None)
        first, last = first or seal.day, seal.day
        before, expected = seal.seal, seal.day + _DAY
        days, entries = days + 1, entries + seal.count
    late = expected is not None and expected < (ctx.now - _SEALED_WITHIN).date()
    finding = Finding(expected, "missing") if expected and late else None
    return Verification(first, last, days, entries, finding, None)


def _start_of(ctx: Context, from_day: date | None) -> tuple[str, date | None]:
    """Return the seal before the first one to verify, and the day that the first one must have, if known.

    Days before the log's first entry need no seal, whatever day the caller starts at.
    """
    if from_day is None:
        seal = repository.find_last_seal(ctx.client)
    else:
        seal = next(repository.seals_from(ctx.client, from_day - _DAY), None)
        if seal and seal.day == from_day - _DAY:
            return seal.seal, from_day
    first = repository.find_first_day(ctx.client, before=seal.day if seal else ctx.now.date())
    return "", max(first, from_day) if first and from_day else first


def _compare(client: str, seal: Seal, before: str, expected: date | None) -> Finding | None:
    if expected is not None and seal.day != expected:
        return Finding(min(expected, seal.day), "missing")
    try:
        (found,) = _seals_of(client, seal.day, seal.day, before, key_id=seal.key_id)
    except KeyError:
        return Finding(seal.day, "seal")
    if (found.count, found.digest) != (seal.count, seal.digest):
        return Finding(seal.day, "entries")
    return None if found.seal == seal.seal else Finding(seal.day, "seal")


def _seals_of(client: str, first: date, last: date, before: str, *, key_id: str | None = None) -> list[Seal]:
    """Return the seals of some days of one month, the first one linked to the seal `before`."""
    key = auth.derived_key("audit-seal", client, key_id=key_id)
    digests = {day: digest_of(entries) for day, entries in repository.stored_days(client, first, last)}
    seals: list[Seal] = []
    for day in (first + number * _DAY for number in range((last - first).days + 1)):
        count, digest = digests.get(day) or digest_of([])
        seals.append(sealed(client, day, count=count, digest=digest, before=before, key=key))
        before = seals[-1].seal
    return seals
