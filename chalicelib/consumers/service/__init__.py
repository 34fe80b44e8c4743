"""The use cases of consumers and connections."""

from chalicelib.consumers.service.area_scope import accounts_within_reach, connections_of_areas
from chalicelib.consumers.service.brands import delete_brand, list_brands, open_brand, rename_brand
from chalicelib.consumers.service.connections import explain_refusal, prepare_connection, register_connection
from chalicelib.consumers.service.lifecycle import (
    change_connection,
    close,
    delete_connection,
    disconnect,
    exchange_meter,
    hand_over,
    list_events,
    reconnect,
)
from chalicelib.consumers.service.logins import delete_user, open_login
from chalicelib.consumers.service.lookup import (
    all_connections,
    connections_by_account,
    find_by_number,
    get_connection,
    list_by_meter,
    list_connections,
    list_of_consumer,
    move_on,
    my_accounts,
    my_connections,
    shard_connections,
)
from chalicelib.consumers.service.offers import offer_tariff, withdraw_tariff
from chalicelib.consumers.service.people import (
    change_consumer,
    change_own_profile,
    delete_consumer,
    get_consumer,
    get_own_profile,
    list_consumers,
    register_consumer,
    search_consumers,
)
from chalicelib.consumers.service.registering import register_self

__all__ = [
    "accounts_within_reach",
    "all_connections",
    "change_connection",
    "change_consumer",
    "change_own_profile",
    "close",
    "connections_by_account",
    "connections_of_areas",
    "delete_brand",
    "delete_connection",
    "delete_consumer",
    "delete_user",
    "disconnect",
    "exchange_meter",
    "explain_refusal",
    "find_by_number",
    "get_connection",
    "get_consumer",
    "get_own_profile",
    "hand_over",
    "list_brands",
    "list_by_meter",
    "list_connections",
    "list_consumers",
    "list_events",
    "list_of_consumer",
    "move_on",
    "my_accounts",
    "my_connections",
    "offer_tariff",
    "open_brand",
    "open_login",
    "prepare_connection",
    "reconnect",
    "register_connection",
    "register_consumer",
    "register_self",
    "rename_brand",
    "search_consumers",
    "shard_connections",
    "withdraw_tariff",
]
