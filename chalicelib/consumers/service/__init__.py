"""The use cases of consumers."""

from chalicelib.consumers.service.logins import delete_user, open_login
from chalicelib.consumers.service.people import (
    change_own_profile,
    changed_consumer,
    connection_entry_write,
    connection_exit_write,
    consumers_by_id,
    delete_consumer,
    get_consumer,
    get_own_profile,
    list_consumers,
    register_consumer,
    search_consumers,
    store_change,
    vouch_for,
)
from chalicelib.consumers.service.registering import register_self

__all__ = [
    "change_own_profile",
    "changed_consumer",
    "connection_entry_write",
    "connection_exit_write",
    "consumers_by_id",
    "delete_consumer",
    "delete_user",
    "get_consumer",
    "get_own_profile",
    "list_consumers",
    "open_login",
    "register_consumer",
    "register_self",
    "search_consumers",
    "store_change",
    "vouch_for",
]
