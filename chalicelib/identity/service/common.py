"""What the use cases of users share: new users, permission to manage a user, and writes that belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.areas import service as areas
from chalicelib.audit import service as audit
from chalicelib.identity.domain.logins import Ending
from chalicelib.identity.domain.names import normalised_login
from chalicelib.identity.domain.passwords import check_password
from chalicelib.identity.domain.roles import BUILT_IN, Role, check_reach
from chalicelib.identity.domain.sessions import Access
from chalicelib.identity.domain.users import Status, User, check_login, check_number, check_proven, given_way
from chalicelib.identity.repository import logins, roles, users
from chalicelib.identity.service.roles import find_role
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, MeterbookError, NotFound, TryLater
from chalicelib.kernel.ids import known_ulid
from chalicelib.platform import auth
from chalicelib.platform.transaction import Action, Refused, transact, update_alone
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Client

_CLOSING_TRIES = 3


def new_user(
    ctx: Context,
    client: Client,
    role: Role,
    facts: Mapping[str, str | None],
    password: str,
    *,
    consumer_id: str | None = None,
    status: Status = "active",
    areas: tuple[str, ...] = (),
    by_themselves: bool = False,
) -> tuple[User, Access]:
    """Return a new user from facts (login, name, perhaps number, email and phone), and their access.

    A user who registers `by_themselves` has not proven that e-mail address and number are theirs.

    :raises Invalid: for a login name, number or password against the client's rules.
    """
    login, number = check_login_facts(client, login=facts["login"], number=facts.get("number"), password=password)
    email = facts.get("email") if client.login_names == "username" else login
    user = User(
        id=ctx.new_id(),
        login=login,
        number=None if by_themselves else number,
        name=facts["name"] or "",
        email=email,
        phone=facts.get("phone"),
        role=role.name,
        status=status,
        consumer_id=consumer_id,
        created_at=ctx.now,
        deleted_at=None,
        version=0,
        areas=areas,
        unproven=by_themselves and client.login_names != "username",
        asked_number=number if by_themselves else None,
    )
    return user, Access(user.id, auth.hash_password(password), active=status == "active", areas=areas)


def check_login_facts(
    client: Client, *, login: str | None, number: str | None, password: str
) -> tuple[str, str | None]:
    """Check what a new user would sign in with, and return login name and number in their unique form.

    :raises Invalid: for a login name, number or password against the client's rules.
    """
    unique = check_login(login or "", client.login_names)
    checked = check_number(number, client.login_names)
    check_password(password, client.password_rule)
    return unique, checked


def registration_writes(ctx: Context, client_id: str, user: User, access: Access) -> list[Action]:
    """Build the writes of a new user, with the audit entry."""
    facts = {"role": user.role, "status": user.status, "consumer_id": user.consumer_id, "areas": user.areas or None}
    here = replace(ctx, client=client_id)
    entry = audit.entry_write(here, action="user.registered", subject=("user", user.id), after=facts)
    return [*users.user_insert_writes(client_id, user, access), entry]


def insert(ctx: Context, user: User, actions: Sequence[Action]) -> User:
    """Write a new user; a repeated request returns the user that the first one created.

    The new user takes over a login name that an unproven user has.

    :raises Conflict: if a login name is taken, there is a superuser already, or the role or consumer changed
        meanwhile.
    """
    try:
        _transact_over_unproven(ctx, user, actions)
    except Refused as refused:
        if "user" in refused.labels:
            return users.find_user(ctx.client, user.id) or user  # a repetition of this very request
        if unknown := areas.refusal_of(refused):
            raise unknown from None
        raise name_taken(refused) from None
    return user


def _transact_over_unproven(ctx: Context, user: User, actions: Sequence[Action]) -> None:
    """Execute writes that claim a login name; in the same transaction, take the name from an unproven user who has it.

    :raises Refused: as `transact`, and if another user has the login name.
    """
    for left in reversed(range(_CLOSING_TRIES)):
        try:
            transact(actions)
        except Refused as refused:
            names = refused.subjects("login")
            giving_way = _giving_way_writes(ctx, user, names) if set(refused.labels) == {"login"} else []
            if not giving_way:
                raise
            others = [action for action in actions if action.label != "login" or action.subject not in names]
            try:
                transact([*others, *giving_way])
            except Refused:
                if not left:
                    raise refused from None
                continue  # the holder was changed meanwhile
        return


def _giving_way_writes(ctx: Context, user: User, names: Sequence[str]) -> list[Action]:
    """Build the writes that take login names from unproven users; none if another user has one of them."""
    writes: list[Action] = []
    for name in names:
        holder = users.find_holder(ctx.client, name)
        _, access, _ = users.find_with_access(ctx.client, holder.id) if holder else (None, None, {})
        if not (holder and access and holder.unproven and holder.login == name):
            return []
        writes.append(users.login_takeover_write(ctx.client, name, user.id, holder=holder))
        writes += closing_writes(ctx, holder, access, given_way(holder), action="user.gave-way")
    return writes


def name_taken(refused: Refused) -> MeterbookError:
    """Return the error for a user that could not be written."""
    if taken := refused.subjects("login"):
        return Conflict("login-taken", f"the login name {taken[0]} is already in use", field="login")
    if "superusers" in refused.labels:
        return Conflict("superuser-exists", "this client already has a superuser, who can create other users")
    return Conflict("changed", "the role or consumer was changed meanwhile; reload and retry")


def manageable(ctx: Context, user_id: str) -> tuple[User, Access, Role]:
    """Return a user with access and role, if the actor has all of the user's permissions.

    :raises NotFound: if the client has no such user, or they are deleted.
    :raises Forbidden: for a user with more permissions: setting their password or role would give the caller those.
    """
    user, access, _ = users.find_with_access(ctx.client, known_ulid(user_id, "user"))
    if user is None or access is None or user.status == "deleted":
        raise NotFound("not-found", "there is no user with this id")
    role = find_role(ctx, user.role) or Role(user.role, "tenant", frozenset())
    check_reach(ctx.actor, role)
    return user, access, role


def close(
    ctx: Context,
    user: User,
    access: Access,
    after: User,
    more: Sequence[Action],
    *,
    action: str,
    password_hash: str | None = None,
) -> User:
    """Write a user's new status, role or password, and end all their sessions in the same transaction.

    Nothing that these sessions do at the same time can make it fail.

    :raises Conflict: if another manager changed the user meanwhile, or no superuser would be left.
    """
    exactly = True
    for left in reversed(range(_CLOSING_TRIES)):
        closing = closing_writes(ctx, user, access, after, action=action, password_hash=password_hash, exactly=exactly)
        try:
            transact([*closing, *more])
        except Refused as refused:
            _, now, _ = users.find_with_access(ctx.client, user.id)
            if refused.labels != ("access",) or now is None or now.version != access.version:
                raise (_lost(refused) or refused) from None
            access, exactly = now, left > 1  # only sessions began or ended meanwhile
        except TryLater:
            if not left:
                raise
            # The user's own transactions keep their items busy. Without a session there are none.
            update_alone(users.sessions_removal_write(ctx.client, user.id))
            exactly = False
        else:
            break
    return after


def closing_writes(
    ctx: Context,
    user: User,
    access: Access,
    after: User,
    *,
    action: str,
    password_hash: str | None = None,
    exactly: bool = False,
    network: str | None = None,
) -> list[Action]:
    """Build the writes of a changed user whose sessions all end. Labels: `user`, `access`.

    With `exactly`, they are refused if the sessions are not those that were read. `network` becomes a known one.
    """
    by: Ending = "password_changed" if password_hash else "account_changed"
    active = after.status == "active"
    renamed = after.login != user.login
    written = [
        (users.user_facts_write if renamed else users.user_standing_write)(ctx.client, user, after),
        users.access_close_write(
            ctx.client,
            access,
            active=active,
            password_hash=password_hash,
            at=ctx.now,
            exactly=exactly,
            network=network,
        ),
    ]
    entry = audit.entry_write(
        ctx, action=action, subject=("user", user.id), before=_audit_facts(user), after=_audit_facts(after)
    )
    return [*written, entry, *logins.session_end_writes(ctx.client, access.sessions, at=ctx.now, by=by)]


def apply(ctx: Context, user: User, changes: Mapping[str, str | None], *, proven: bool = False) -> User:
    """Change a user's name, phone, number or e-mail address, and the login name where it is the e-mail address.

    If nothing changes, nothing is written or logged. What users change of themselves at the same time can't make the
    change of a manager fail. `proven` means that the user gave their password.

    :raises Conflict: if the login name is taken, or the user was changed meanwhile.
    """
    client = tenancy.get_client(ctx)
    facts: dict[str, Any] = dict(changes)
    moved: list[Action] = []
    if "email" in facts and client.login_names != "username":
        login = check_login(facts["email"] or "", client.login_names)
        facts |= {"email": login, "login": login, "unproven": user.unproven and login == user.login}
        if login != user.login:
            moved = [
                users.login_claim_write(ctx.client, login, user.id),
                users.login_release_write(ctx.client, user.login),
            ]
    if "number" in facts:
        facts |= {"number": check_number(facts["number"], client.login_names), "asked_number": None}
        moved += _number_writes(ctx.client, user, facts["number"])
    changed = [name for name in sorted(changes) if getattr(user, name) != facts[name]]
    if not changed:
        return user
    if "email" in changed:
        check_proven(ctx.actor, user, "e-mail address", "PATCH /api/me", proven=proven)
    after = user.changed(**facts)
    try:
        # Only the names of the changed fields: their values are personal data.
        said = {"changed": ", ".join(changed)}
        entry = audit.entry_write(ctx, action="user.changed", subject=("user", user.id), after=said)
        by_themselves = ctx.actor.id == user.id
        changed_write = users.user_update_write if by_themselves else users.user_facts_write
        actions = [changed_write(ctx.client, user, after), entry, *moved]
        try:
            write(actions, over=(ctx, user))
        except TryLater:
            if by_themselves:
                raise
            # The user's own transactions keep their item busy. Without a session there are none.
            update_alone(users.sessions_removal_write(ctx.client, user.id))
            write(actions, over=(ctx, user))
    except Refused as refused:
        raise name_taken(refused) from None
    return after


def _number_writes(client_id: str, user: User, number: str | None) -> list[Action]:
    """Build the writes that change or remove the number that a user signs in with."""
    was, becomes = (normalised_login(each) if each else None for each in (user.number, number))
    if was == becomes:
        return []
    claimed = [users.login_claim_write(client_id, becomes, user.id)] if becomes else []
    return [*claimed, users.login_release_write(client_id, was)] if was else claimed


def write(actions: Sequence[Action], *, over: tuple[Context, User] | None = None) -> None:
    """Execute changes of a user; with `over`, a claimed login name is taken from an unproven user.

    :raises Conflict: if the user was changed meanwhile, or no superuser would be left.
    """
    try:
        if over:
            _transact_over_unproven(*over, actions)
        else:
            transact(actions)
    except Refused as refused:
        raise (_lost(refused) or refused) from None


def _lost(refused: Refused) -> Conflict | None:
    """Return the error for a user that was not changed; None if another write was refused."""
    if "superusers" in refused.labels:
        return Conflict("last-superuser", "this is the last superuser; create another one first")
    if {"user", "access"} & set(refused.labels):
        return Conflict("changed", "this user was changed meanwhile; reload and retry")
    return None


def role_count_writes(
    client_id: str, before: User | None, after: User, had: Role | None, has: Role | None
) -> list[Action]:
    """Build the writes that count the users of a client's own role, and superusers."""
    was = before is not None and before.is_active_superuser
    change = after.is_active_superuser - was
    counted = [roles.superuser_count_write(client_id, change)] if change else []
    if (had and had.name) != (has and has.name):
        counted += [
            roles.role_count_write(client_id, role, by)
            for role, by in ((had, -1), (has, 1))
            if role and role.name not in BUILT_IN
        ]
    return counted


def _audit_facts(user: User) -> dict[str, object]:
    return {"role": user.role, "status": user.status}
