"""Create, look up, change, disable and delete users."""

from collections.abc import Collection, Mapping, Sequence

from chalicelib.areas.domain import outermost
from chalicelib.areas.service import area_listed_checks, refusal_of
from chalicelib.audit import service as audit
from chalicelib.identity.domain.names import normalised_login
from chalicelib.identity.domain.roles import BUILT_IN, CONSUMER, check_reach, check_staff_role
from chalicelib.identity.domain.users import Status, User, check_kind, check_other
from chalicelib.identity.repository import roles, users
from chalicelib.identity.service.common import (
    apply,
    close,
    closing_writes,
    insert,
    manageable,
    new_user,
    registration_writes,
    role_count_writes,
    write,
)
from chalicelib.identity.service.passwords import proven
from chalicelib.identity.service.roles import find_role
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.ids import is_ulid, known_ulid
from chalicelib.kernel.page import Page
from chalicelib.platform.transaction import Action, Refused
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Client


def register_staff(
    ctx: Context,
    *,
    login: str,
    name: str,
    password: str,
    role: str,
    number: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    status: Status = "active",
    areas: Sequence[str] = (),
) -> User:
    """Create a staff user. `areas` limit a role of scope area.

    :raises Invalid: for a role, login name, area or password against the client's rules.
    :raises Forbidden: for a role with permissions that the caller lacks.
    :raises Conflict: if the login name is taken.
    """
    given = check_staff_role(find_role(ctx, role), role)
    check_reach(ctx.actor, given)
    facts = {"login": login, "name": name, "number": number, "email": email, "phone": phone}
    theirs = outermost(areas)
    listed = area_listed_checks(ctx, areas=areas) if areas else []
    user, access = new_user(ctx, tenancy.get_client(ctx), given, facts, password, status=status, areas=theirs)
    writes = [
        *registration_writes(ctx, ctx.client, user, access),
        *role_count_writes(ctx.client, None, user, None, given),
    ]
    return insert(ctx, user, [*writes, *listed])


def register_first_superuser(ctx: Context, *, login: str, name: str, password: str, email: str | None = None) -> User:
    """Create the first superuser of a client.

    :raises Conflict: if the client ever had a superuser, or the login name is taken.
    """
    facts = {"login": login, "name": name, "email": email}
    user, access = new_user(ctx, tenancy.get_client(ctx), BUILT_IN["superuser"], facts, password)
    return insert(
        ctx, user, [*registration_writes(ctx, ctx.client, user, access), roles.first_superuser_write(ctx.client)]
    )


def prepare_consumer_login(
    ctx: Context,
    client: Client,
    *,
    consumer_id: str,
    facts: Mapping[str, str | None],
    password: str,
    by_themselves: bool = False,
) -> tuple[User, list[Action]]:
    """Return a consumer's new login and its writes, for a transaction that also writes the consumer.

    `facts` are login and name, perhaps number, email and phone. `insert` executes the writes.
    A user who registers `by_themselves` is unproven: they lose the login name if staff give it to another user.

    :raises Invalid: for a login name or password against the client's rules.
    """
    role = BUILT_IN[CONSUMER]
    user, access = new_user(ctx, client, role, facts, password, consumer_id=consumer_id, by_themselves=by_themselves)
    return user, registration_writes(ctx, client.id, user, access)


def proof_writes(ctx: Context, *, user_id: str) -> list[Action]:
    """Build the writes that mark a consumer's login as proven, if it was unproven. Label: `user`."""
    user = users.find_user(ctx.client, user_id)
    return [users.user_facts_write(ctx.client, user, user.changed(unproven=False))] if user and user.unproven else []


def consumer_login_update_writes(
    ctx: Context, *, user_id: str, name: str, email: str | None, phone: str | None
) -> list[Action]:
    """Build the writes that copy a consumer's changes to their login, for the same transaction.

    Where users sign in with an e-mail address, the login keeps its own. Label: `user`, refused if changed meanwhile.
    """
    user = _found(users.find_user(ctx.client, user_id))
    by_name = tenancy.get_client(ctx).login_names == "username"
    after = user.changed(name=name, phone=phone, email=email if by_name else user.email)
    entry = audit.entry_write(
        ctx, action="user.changed", subject=("user", user.id), after={"changed": "with the consumer"}
    )
    return [users.user_facts_write(ctx.client, user, after), entry]


def names_of(client_id: str, user_ids: Collection[str]) -> Mapping[str, str]:
    """Return the names of a client's users by id. Ids of jobs and devices, which are not users, are left out."""
    return users.names_of(client_id, filter(is_ulid, user_ids))


def get_me(ctx: Context) -> User:
    """Return the signed-in user.

    :raises NotFound: if the user no longer exists.
    """
    return _found(users.find_user(ctx.client, ctx.actor.id))


def get_user(ctx: Context, *, user_id: str) -> User:
    """Return a user of the client, including deleted ones.

    :raises NotFound: if the client has no such user.
    """
    return _found(users.find_user(ctx.client, known_ulid(user_id, "user")))


def list_users(
    ctx: Context,
    *,
    role: str | None = None,
    status: str | None = None,
    text: str | None = None,
    limit: int,
    cursor: str | None,
) -> Page[User]:
    """List the client's users, staff first; deleted users only with that status.

    `text` has beginnings of words of the name, login name or e-mail address; all of them must match.
    """
    consumers: Sequence[bool] = (False, True) if role is None else (role == CONSUMER,)
    wanted = normalised_login(text or "").split()
    return users.users_page(
        ctx.client, consumers=consumers, role=role, status=status, words=wanted, limit=limit, cursor=cursor
    )


def change_user(ctx: Context, *, user_id: str, changes: Mapping[str, str | None]) -> User:
    """Change a user's name, phone, number or e-mail address, and the login name where it is the e-mail address.

    :raises Forbidden: for a user whose role has permissions that the caller lacks.
    :raises Conflict: if the login name is taken, and for one's own e-mail address.
    """
    user, _, _ = manageable(ctx, user_id)
    return apply(ctx, user, changes)


def change_me(ctx: Context, *, changes: Mapping[str, str | None], password: str | None) -> User:
    """Change one's own name, phone or e-mail address, as `change_user` does.

    The mailbox can reset the password, so changing the address requires the present password.

    :raises Invalid: for a consumer, and for a new e-mail address without the right password.
    :raises Conflict: if the login name is taken.
    """
    user = get_me(ctx)
    if user.consumer_id:
        raise Invalid(
            "consumer-profile", "change your phone and address at /api/me/profile; the utility keeps the rest"
        )
    asked = "email" in changes and changes["email"] != user.email
    if asked:
        user, _ = proven(ctx, password or "", field="password")
    return apply(ctx, user, changes, proven=asked)


def change_role(ctx: Context, *, user_id: str, role: str) -> User:
    """Change a user's role, and end their sessions.

    :raises Forbidden: for a role, old or new, with permissions that the caller lacks.
    :raises Conflict: for oneself, for the last superuser, and between consumers and staff.
    """
    user, access, had = manageable(ctx, user_id)
    given = check_staff_role(find_role(ctx, role), role)
    check_kind(user, role)
    check_other(ctx.actor, user, "change the role of")
    check_reach(ctx.actor, given)
    after = user.changed(role=role)
    moved = role_count_writes(ctx.client, user, after, had, given)
    return close(ctx, user, access, after, moved, action="user.role-changed")


def change_areas(ctx: Context, *, user_id: str, areas: Sequence[str]) -> User:
    """Change the areas of a user; effective from their next request.

    :raises Invalid: for an unknown area.
    :raises Conflict: if the user was changed meanwhile.
    """
    user, access, _ = manageable(ctx, user_id)
    theirs, listed = outermost(areas), area_listed_checks(ctx, areas=areas)
    after = user.changed(areas=theirs)
    entry = audit.entry_write(
        ctx,
        action="user.areas-changed",
        subject=("user", user.id),
        before={"areas": user.areas},
        after={"areas": theirs},
    )
    written = [
        users.user_areas_write(ctx.client, user, theirs),
        users.access_areas_write(ctx.client, access, theirs),
    ]
    try:
        write([*written, entry, *listed])
    except Refused as refused:
        raise refusal_of(refused) or refused from None
    return after


def change_status(ctx: Context, *, user_id: str, status: Status) -> User:
    """Enable a user, or disable them, which ends all their sessions.

    :raises Conflict: for oneself and for the last superuser.
    """
    user, access, role = manageable(ctx, user_id)
    check_other(ctx.actor, user, "disable")
    after = user.changed(status=status)
    action = "user.enabled" if status == "active" else "user.disabled"
    return close(ctx, user, access, after, role_count_writes(ctx.client, user, after, role, role), action=action)


def delete_user(ctx: Context, *, user_id: str, also: Sequence[Action] = ()) -> User:
    """Delete a user. The record stays, and its login names stay taken, unless it is unproven.

    `also` is written in the same transaction.

    :raises Conflict: for oneself and for the last superuser.
    :raises Refused: if a condition of `also` does not hold.
    """
    user, access, role = manageable(ctx, user_id)
    check_other(ctx.actor, user, "delete")
    after = user.changed(status="deleted", deleted_at=ctx.now)
    return close(
        ctx,
        user,
        access,
        after,
        [*role_count_writes(ctx.client, user, after, role, None), *_release_writes(ctx, user), *also],
        action="user.deleted",
    )


def consumer_login_delete_writes(ctx: Context, *, user_id: str) -> list[Action]:
    """Build the writes that delete a consumer's login, for the transaction that deletes the consumer.

    Labels: `user`, `access`, refused if it was changed meanwhile.

    :raises NotFound: if there is no such user, or they are deleted.
    """
    user, access, _ = manageable(ctx, user_id)
    after = user.changed(status="deleted", deleted_at=ctx.now)
    return [*closing_writes(ctx, user, access, after, action="user.deleted"), *_release_writes(ctx, user)]


def _release_writes(ctx: Context, user: User) -> list[Action]:
    """Build the writes that free the login name of an unproven user, which may be another person's address."""
    return [users.login_release_write(ctx.client, user.login)] if user.unproven else []


def _found(user: User | None) -> User:
    if user is None:
        raise NotFound("not-found", "there is no user with this id")
    return user
