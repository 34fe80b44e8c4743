"""Register, change, delete and find consumers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from chalicelib.audit import service as audit
from chalicelib.consumers.domain.people import (
    Consumer,
    ConsumerChanges,
    ConsumerStatus,
    ProfileChanges,
    changed_meanwhile,
    check_email,
    check_status_change,
    check_version,
    deleted,
    first_match,
    is_found_by,
    names_of,
    with_changes,
    words_of,
)
from chalicelib.consumers.repository import people as repository
from chalicelib.identity import service as identity
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, NotFound, TryLater
from chalicelib.kernel.ids import fingerprint, known_ulid
from chalicelib.kernel.page import Page, choose_page
from chalicelib.platform.transaction import Action, Refused

# Requests of a session that were running when it ended can still write before the deletion.
_DELETION_TRIES = 6


def register_consumer(
    ctx: Context,
    *,
    name: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    email: str | None,
    phone: str | None,
    address: str | None,
) -> Consumer:
    """Register a consumer. An organisation, or a person with a single name, has only a `name`.

    :raises Invalid: if the request's Idempotency-Key was used for another one, the name is missing, or the e-mail
        address is invalid.
    """
    check_email(email)
    consumer = new_consumer(
        ctx,
        name=name,
        first_name=first_name,
        last_name=last_name,
        email=email,
        phone=phone,
        address=address,
    )
    try:
        repository.insert_consumer(ctx.client, consumer, also=[_audit_write(ctx, "registered", consumer)])
    except Refused:
        return same_request(repository.find_consumer(ctx.client, consumer.id), consumer)
    return consumer


def new_consumer(
    ctx: Context,
    *,
    name: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    email: str | None,
    phone: str | None,
    address: str | None,
) -> Consumer:
    """Return a new consumer, not yet written.

    :raises Invalid: if a part of the name is missing.
    """
    names = names_of(name, first_name, last_name)
    return Consumer(
        id=ctx.new_id(),
        **names,
        email=email,
        phone=phone,
        address=address,
        created_at=ctx.now,
        request_print=fingerprint(first_name or "", last_name or name or "", email or "", phone or "", address or ""),
    )


def get_consumer(ctx: Context, *, consumer_id: str) -> Consumer:
    """Return a consumer of the client, whatever areas the actor has.

    :raises NotFound: if the client has no such consumer.
    """
    consumer = repository.find_consumer(ctx.client, known_ulid(consumer_id, "consumer", field="consumerId"))
    if consumer is None:
        raise NotFound("not-found", "there is no consumer with this id", field="consumerId")
    return consumer


def get_own_profile(ctx: Context) -> Consumer:
    """Return the signed-in consumer.

    :raises NotFound: if the caller is not a consumer.
    """
    if ctx.actor.consumer_id is None:
        raise NotFound("not-found", "you are not signed in as a consumer")
    return get_consumer(ctx, consumer_id=ctx.actor.consumer_id)


def consumers_by_id(ctx: Context, consumer_ids: Iterable[str]) -> dict[str, Consumer]:
    """Look up consumers by id, eventually consistent. Unknown ids are left out."""
    return repository.consumers_of(ctx.client, set(consumer_ids))


def changed_consumer(
    ctx: Context, *, consumer_id: str, version: int, changes: ConsumerChanges
) -> tuple[Consumer, Consumer]:
    """Return a consumer before and after changes. Nothing is written yet.

    :raises NotFound: if the client has no such consumer.
    :raises Invalid: if no name would be left.
    :raises Conflict: if they are deleted, or are to be inactive while one of their connections is active, or
        were changed since `version` by others than themselves.
    """
    before = get_consumer(ctx, consumer_id=consumer_id)
    after = with_changes(before, changes)
    check_version(before, after, version)
    check_status_change(before, after.status)
    return before, after


def vouch_for(ctx: Context, consumer: Consumer) -> Consumer:
    """Confirm a self-registered consumer: from now on their login name is theirs.

    :raises Conflict: if they were changed meanwhile.
    """
    if not consumer.unproven or consumer.status == "deleted":
        return consumer
    after = replace(consumer, unproven=False, version=consumer.version + 1, staff_version=consumer.version + 1)
    login = identity.proof_writes(ctx, user_id=consumer.user_id) if consumer.user_id else []
    return _store_over_own_changes(ctx, consumer, after, "vouched-for", also=login)


def store_change(
    ctx: Context,
    before: Consumer,
    after: Consumer,
    *,
    also: Sequence[Action],
    earlier: Sequence[Sequence[Action]],
) -> Consumer:
    """Write a changed consumer and their login in one transaction with `also`, and return the consumer.

    Each of `earlier` is committed before it, in a transaction of its own that checks the same conditions.

    :raises Conflict: if they were changed meanwhile.
    """
    login = _login_update_writes(ctx, before, after)
    return _store_over_own_changes(ctx, before, after, "changed", also=[*login, *also], earlier=earlier)


def _store_over_own_changes(
    ctx: Context,
    before: Consumer,
    after: Consumer,
    action: str,
    *,
    also: Sequence[Action],
    earlier: Sequence[Sequence[Action]] = (),
) -> Consumer:
    """Write what staff change, also while the consumer keeps changing other fields, and return the consumer."""
    try:
        _store(ctx, before, after, action, also=also, earlier=earlier)
    except Conflict as conflict:
        if conflict.code != "changed" or before.user_id is None:
            raise
    except TryLater:
        if before.user_id is None:
            raise
        # Their own transactions keep the record busy. Without a session there are none.
        identity.end_sessions(ctx, user_id=before.user_id)
    else:
        return after
    _store(ctx, before, after, action, also=also, earlier=earlier, exactly=False)
    return get_consumer(ctx, consumer_id=before.id)


def change_own_profile(ctx: Context, *, version: int, changes: ProfileChanges) -> Consumer:
    """Change the signed-in consumer's phone number or address.

    :raises NotFound: if the caller is not a consumer.
    :raises Conflict: if they were changed meanwhile.
    """
    before = get_own_profile(ctx)
    check_status_change(before, before.status)
    after = replace(before, **changes, version=version + 1)
    _store(ctx, replace(before, version=version), after, also=_login_update_writes(ctx, before, after))
    return after


def delete_consumer(ctx: Context, *, consumer_id: str) -> Consumer:
    """Delete a consumer and their login. The record stays, but is no longer found.

    The caller checks first that they owe nothing: see `bills`.

    :raises NotFound: if the client has no such consumer.
    :raises Conflict: while one of their connections is active.
    """
    for left in reversed(range(_DELETION_TRIES)):
        before = get_consumer(ctx, consumer_id=consumer_id)
        try:
            return _delete(ctx, before)
        except Conflict as conflict:
            now = get_consumer(ctx, consumer_id=consumer_id)
            if now.status == "deleted":
                return now  # deleted by another request meanwhile
            if conflict.code != "changed" or before.user_id is None or not left:
                raise
        # The consumer may keep changing their own profile: without a session they can't delay their deletion.
        identity.end_sessions(ctx, user_id=before.user_id)
    raise AssertionError("the last try returns or raises")


def _delete(ctx: Context, before: Consumer) -> Consumer:
    if before.status == "deleted":
        return before
    after = deleted(before, ctx.now)
    login = identity.consumer_login_delete_writes(ctx, user_id=before.user_id) if before.user_id else []
    _store(ctx, before, after, "deleted", also=login)
    return after


def list_consumers(
    ctx: Context, *, status: ConsumerStatus | None, by_name: bool, limit: int, cursor: str | None
) -> Page[Consumer]:
    """List the client's consumers, one page at a time: all, oldest first, or those of a status by name."""
    if status or by_name:
        return repository.page_by_name(ctx.client, status or "active", limit=limit, cursor=cursor)
    return repository.consumers_page(ctx.client, limit=limit, cursor=cursor)


def search_consumers(
    ctx: Context,
    *,
    text: str,
    only: Callable[[Iterable[Consumer]], list[Consumer]],
    limit: int,
    cursor: str | None,
) -> Page[Consumer]:
    """Find consumers by the beginnings of words of their names: "cru jua" finds Juan Dela Cruz.

    Never a scan: the longest word is looked up in the index of all names' words. A page may be shorter than `limit`
    and still have a `nextCursor`. `only` leaves out consumers whom the actor may not see.

    :raises Invalid: if the text has no word to search for.
    """
    wanted = words_of(text)
    if not wanted:
        raise Invalid("nothing-to-find", "give the beginning of at least one word of the name", field="q")
    part = max(wanted, key=len)

    def read(some: int, at: str | None) -> Page[tuple[str, str]]:
        return repository.words_page(ctx.client, part, limit=some, cursor=at)

    def choose(found: tuple[tuple[str, str], ...]) -> list[Consumer]:
        known = repository.consumers_of(ctx.client, {consumer_id for _, consumer_id in found})
        words = [(word, known[consumer_id]) for word, consumer_id in found if consumer_id in known]
        fitting = [each for word, each in words if is_found_by(each, wanted) and first_match(each, part) == word]
        return only(fitting)

    return choose_page(read, choose, limit=limit, cursor=cursor)


def connection_entry_write(ctx: Context, *, consumer_id: str) -> Action:
    """Build the write that counts one more active connection of a consumer.

    Label `consumer` is refused if they are unknown or not active.
    """
    return repository.connection_entry_write(ctx.client, consumer_id)


def connection_exit_write(ctx: Context, *, consumer_id: str) -> Action:
    """Build the write that counts one fewer active connection of a consumer. Label: `former consumer`."""
    return repository.connection_exit_write(ctx.client, consumer_id)


def _login_update_writes(ctx: Context, before: Consumer, after: Consumer) -> list[Action]:
    """Build the writes that copy a consumer's name and contacts to their login."""
    if before.user_id is None or _said(before) == _said(after):
        return []
    name, email, phone = _said(after)
    return identity.consumer_login_update_writes(ctx, user_id=before.user_id, name=name, email=email, phone=phone)


def _said(consumer: Consumer) -> tuple[str, str | None, str | None]:
    return consumer.name, consumer.email, consumer.phone


def _store(
    ctx: Context,
    before: Consumer,
    after: Consumer,
    action: str = "changed",
    *,
    also: Sequence[Action] = (),
    earlier: Sequence[Sequence[Action]] = (),
    exactly: bool = True,
) -> None:
    """Write a changed consumer with other writes; `earlier` are those that do not fit into one transaction."""
    check_email(after.email)
    entry = _audit_write(ctx, action, after, before=before)
    try:
        for some in earlier:
            same = repository.consumer_update_check(ctx.client, before, after, exactly=exactly)
            repository.commit([same, entry, *some])
        repository.store_consumer(ctx.client, before, after, also=[entry, *also], exactly=exactly)
    except Refused:
        raise changed_meanwhile() from None


def _audit_write(ctx: Context, action: str, after: Consumer, *, before: Consumer | None = None) -> Action:
    """Build the audit entry of a consumer, without personal data."""
    was = {"status": before.status, "version": before.version} if before else None
    became = {"status": after.status, "version": after.version} if before else None
    subject = ("consumer", after.id)
    return audit.entry_write(ctx, action=f"consumer.{action}", subject=subject, before=was, after=became)


def same_request(made: Consumer | None, asked: Consumer) -> Consumer:
    """Return the consumer that the first sending of a repeated request registered.

    :raises Invalid: if its Idempotency-Key was used for another one.
    """
    if made is None or made.request_print != asked.request_print:
        raise Invalid("key-reused", "this key was used for another request; use a new one", field="Idempotency-Key")
    return made
