"""Reset a forgotten password: request a mail, send it, and set a new password with its token."""

from dataclasses import replace

from chalicelib.audit import service as audit
from chalicelib.identity.domain.names import name_to_find
from chalicelib.identity.domain.passwords import check_password
from chalicelib.identity.domain.resets import FEW_OF_NETWORK, Reset, mails_with, may_mail, reset_mail, too_many_resets
from chalicelib.identity.domain.sessions import Access, network_print
from chalicelib.identity.domain.users import User
from chalicelib.identity.repository import resets, users
from chalicelib.identity.service.common import closing_writes
from chalicelib.identity.service.sessions import RACES
from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.errors import Invalid, MeterbookError, TryLater
from chalicelib.kernel.ids import fingerprint, known_ulid, slug
from chalicelib.kernel.network import network_of
from chalicelib.platform import auth, bulk, keys, log, mail, queue, settings
from chalicelib.platform.messages import MailReset
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy import service as tenancy


def ask_for_reset(ctx: Context, *, client_id: str, login: str) -> None:
    """Queue a reset mail for a login name, whether or not it exists.

    It does the same for every name and client, so that callers don't learn which exist. For a client that does not
    exist, nothing is stored; the request still counts for the caller's network.

    :raises TooMany: for the 31st request from a network within an hour, and for the 301st for a client unless it
        is one of the first three from its network.
    """
    network = network_of(ctx.address)
    try:
        resets.count_by_network(network, ctx.now)
        resets.count_by_client(client_id, tenancy.client_exists_check(client_id), ctx.now)
    except Refused as refused:
        few = "client" in refused.labels and resets.count_of_network(network, ctx.now) <= FEW_OF_NETWORK
        if not few and "no client" not in refused.labels:
            raise too_many_resets(ctx.now) from None
    queue.send_to_mails(MailReset(client=client_id, login=login, order=ctx.new_id()))


def mail_reset(ctx: Context, *, login: str, order: str) -> bool:
    """Mail a user a new token that replaces earlier ones; return whether a mail was sent.

    The token is written first and then sent: if sending fails, the repeated order writes and sends another one.
    """
    client_key, name_key = tenancy.client_key(ctx.client), keys.login_name(ctx.client, name_to_find(login))
    found = bulk.read_together([client_key, name_key])
    client, user_id = tenancy.client_of(found[client_key]), users.user_id_of(found[name_key])
    if client is None or user_id is None:
        return False
    reset_key = resets.key_of(ctx.client, user_id)
    user, access, more = users.find_with_access(ctx.client, user_id, reset_key)
    last = resets.reset_of(user_id, more[reset_key])
    if not (user and user.email and access and access.active and may_mail(last, order, ctx.now)):
        return False
    secret = auth.new_secret()
    mails = mails_with(last, order, ctx.now)
    reset = Reset(user.id, auth.secret_print(secret), _state_print(user, access), order, ctx.now, mails)
    entry = audit.entry_write(ctx, action="user.reset-mailed", subject=("user", user.id))
    try:
        transact([resets.reset_write(ctx.client, last, reset), entry])
    except Refused:
        return False  # another one was requested meanwhile, and its mail is sent
    token = f"{ctx.client}.{user.id}.{secret}"
    portal = settings.environment().portal
    subject, text = reset_mail(client_name=client.name, login=user.login, token=token, portal=portal)
    return mail.send_mail(to=user.email, subject=subject, text=text)


def reset_password(ctx: Context, *, token: str, new: str) -> int:
    """Set a new password with a mailed token; return the number of sessions that ended.

    The token is then used up, and the caller's network is one of the user's: they can sign in from there, however many
    wrong passwords others sent from it. A password against the client's rule does not use it up.

    :raises Invalid: for a token that was used, replaced, has expired or is not one, and for a weak password.
    """
    client_id, user_id, secret = _parts(token)
    client_key, reset_key = tenancy.client_key(client_id), resets.key_of(client_id, user_id)
    stored = ""
    for left in reversed(range(RACES)):
        user, access, found = users.find_with_access(client_id, user_id, client_key, reset_key)
        client, reset = tenancy.client_of(found[client_key]), resets.reset_of(user_id, found[reset_key])
        if not (client and user and access and access.active and reset and reset.is_good(ctx.now)):
            break
        if not auth.secret_matches(secret, reset.token_print) or reset.state_print != _state_print(user, access):
            break
        check_password(new, client.password_rule)
        stored = stored or auth.hash_password(new)
        try:
            transact(_reset_writes(_as(ctx, client_id, user), user, access, reset, stored, exactly=left > 0))
        except Refused:
            continue
        log.event("password_reset", request_id=ctx.request_id, client=client_id)
        return len(access.sessions)
    else:
        raise TryLater("busy", "others are changing the same user; try again in a moment")
    raise _bad_reset()


def _reset_writes(
    ctx: Context, user: User, access: Access, reset: Reset, stored: str, *, exactly: bool
) -> list[Action]:
    after, action = user.changed(unproven=False), "user.password-reset"
    network = network_print(ctx.address)  # the token proves the mailbox, so sign-in trusts where it was used
    closed = closing_writes(
        ctx, user, access, after, action=action, password_hash=stored, exactly=exactly, network=network
    )
    return [*closed, resets.reset_use_write(ctx.client, reset)]


def _as(ctx: Context, client_id: str, user: User) -> Context:
    """Return the context with the token's user as the actor, for the audit log."""
    return replace(ctx, client=client_id, actor=Actor(user.id, user.role, frozenset(), user.consumer_id))


def _state_print(user: User, access: Access) -> str:
    return fingerprint(access.password_hash, user.email or "")


def _parts(token: str) -> tuple[str, str, str]:
    try:
        client_id, user_id, secret = token.split(".")
        return slug(client_id, "a client"), known_ulid(user_id, "user"), secret
    except (ValueError, MeterbookError):
        raise _bad_reset() from None


def _bad_reset() -> Invalid:
    return Invalid(
        "bad-reset",
        "this code was used, was replaced by a newer one, has expired or is not valid; request a new one",
        field="token",
    )
