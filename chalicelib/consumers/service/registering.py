"""Self-registration as a consumer, where the client allows it."""

from dataclasses import replace

from chalicelib.audit import service as audit
from chalicelib.consumers.domain.people import Consumer, capitalised, check_email, names_of
from chalicelib.consumers.domain.registrations import too_many
from chalicelib.consumers.repository import people as repository
from chalicelib.consumers.repository import registrations
from chalicelib.consumers.service.people import new_consumer, same_request
from chalicelib.identity import service as identity
from chalicelib.identity.domain import User
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Forbidden, Invalid
from chalicelib.kernel.network import network_of
from chalicelib.platform.transaction import Action, Refused
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Client


def register_self(
    ctx: Context,
    *,
    client_id: str,
    email: str,
    password: str,
    name: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    login: str | None = None,
    number: str | None = None,
    phone: str | None = None,
    address: str | None = None,
) -> tuple[Consumer, User]:
    """Create a consumer and their login in one transaction. They have no connections until staff link one.

    Where users sign in with an e-mail address, that is the login name; elsewhere `login` is. Source: S2-024, S4-001.
    The e-mail address may be a contact of other consumers. Staff can still give another user the same login name or
    number (ADR 50).

    :raises Forbidden: if the client does not allow self-registration, or does not exist.
    :raises TooMany: after too many attempts within an hour, from one network, or at one client and more than three from
        this network.
    :raises Invalid: for a name, e-mail address, login name, number or password against the client's rules.
    :raises Conflict: if the login name is taken.
    """
    client = _open_to_all(client_id)
    here = replace(ctx, client=client.id)
    names_of(name, first_name, last_name)
    check_email(email)
    chosen = _login_of(client, email, login)
    identity.check_login_facts(client, login=chosen, number=number, password=password)
    _count_try(here)
    consumer = new_consumer(
        here,
        name=capitalised(name) if name else None,
        first_name=capitalised(first_name) if first_name else None,
        last_name=last_name,
        email=email,
        phone=phone,
        address=address,
    )
    facts = {
        "login": chosen,
        "number": number,
        "name": consumer.name,
        "email": email,
        "phone": phone,
    }
    user, writes = identity.prepare_consumer_login(
        here, client, consumer_id=consumer.id, facts=facts, password=password, by_themselves=True
    )
    return _insert(here, replace(consumer, user_id=user.id, unproven=True), user, writes)


def _open_to_all(client_id: str) -> Client:
    client = tenancy.find_client(client_id)
    if client is None or not client.self_registration:
        raise Forbidden("no-self-registration", "this utility has no self-registration; ask it for a login")
    return client


def _count_try(ctx: Context) -> None:
    """Count the attempt before any work is done: hashing a password is slow on purpose, and answers tell who exists.

    What is refused by sight, such as a weak password, is not counted.
    """
    try:
        registrations.count_try(ctx.client, network_of(ctx.address), ctx.now)
    except Refused:
        raise too_many(ctx.now) from None


def _login_of(client: Client, email: str, login: str | None) -> str:
    if client.login_names == "username":
        return login or ""
    if login:
        raise Invalid("bad-login", "leave it out: users sign in with their e-mail address here", field="login")
    return email


def _insert(ctx: Context, consumer: Consumer, user: User, writes: list[Action]) -> tuple[Consumer, User]:
    entry = audit.entry_write(ctx, action="consumer.registered", subject=("consumer", consumer.id))
    try:
        repository.insert_consumer(ctx.client, consumer, also=[*writes, entry])
    except Refused as refused:
        if "consumer" in refused.labels:  # with an Idempotency-Key the ids are the first sending's
            made = same_request(repository.find_consumer(ctx.client, consumer.id), consumer)
            return made, identity.get_user(ctx, user_id=user.id)
        by_email = user.unproven and "login" in refused.labels
        raise _registered_already() if by_email else identity.name_taken(refused) from None
    return consumer, user


def _registered_already() -> Conflict:
    how = "if the mailbox is yours, ask for a new password by mail, or ask the utility"
    return Conflict("email-taken", f"this e-mail address is registered here; {how}", field="email")
