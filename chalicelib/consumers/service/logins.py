"""Create and delete consumers' logins."""

from chalicelib.consumers.domain.people import check_login_free, check_unconnected
from chalicelib.consumers.repository import people as repository
from chalicelib.consumers.service.people import get_consumer
from chalicelib.identity import service as identity
from chalicelib.identity.domain import User
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict
from chalicelib.platform.transaction import Refused
from chalicelib.tenancy import service as tenancy


def open_login(ctx: Context, *, consumer_id: str, login: str, password: str) -> User:
    """Create a login for a consumer.

    :raises NotFound: if the client has no such consumer.
    :raises Invalid: for a login name or password against the client's rules.
    :raises Conflict: if the login name is taken, or the consumer is deleted or has a login.
    """
    consumer = get_consumer(ctx, consumer_id=consumer_id)
    facts = {"login": login, "name": consumer.name, "email": consumer.email, "phone": consumer.phone}
    client = tenancy.get_client(ctx)
    user, writes = identity.prepare_consumer_login(ctx, client, consumer_id=consumer.id, facts=facts, password=password)
    check_login_free(consumer, user.id)
    return identity.insert(ctx, user, [*writes, repository.login_link_write(ctx.client, consumer.id, user.id)])


def delete_user(ctx: Context, *, user_id: str) -> User:
    """Delete a user; a consumer's login only while none of their connections is active.

    :raises NotFound: if the client has no such user, or they are deleted.
    :raises Conflict: for oneself, for the last superuser, and for a consumer with an active connection. Source: S2-366.
    """
    user = identity.get_user(ctx, user_id=user_id)
    if user.consumer_id is None:
        return identity.delete_user(ctx, user_id=user.id)
    consumer = get_consumer(ctx, consumer_id=user.consumer_id)
    check_unconnected(consumer)
    try:
        return identity.delete_user(ctx, user_id=user.id, also=[repository.login_unlink_write(ctx.client, consumer.id)])
    except Refused:
        raise Conflict("consumer-connected", "a connection has just become active; close it first") from None
