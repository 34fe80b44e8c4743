"""The use cases of connections, and those of consumers that need their connections."""

from chalicelib.connections.service.area_scope import accounts_within_reach, connections_of_areas
from chalicelib.connections.service.brands import (
    brands_by_word,
    delete_brand,
    get_brand,
    list_brands,
    open_brand,
    rename_brand,
)
from chalicelib.connections.service.connections import explain_refusal, prepare_connection, register_connection
from chalicelib.connections.service.consumers import (
    change_consumer,
    get_consumer_within_reach,
    list_consumers,
    search_consumers,
)
from chalicelib.connections.service.lifecycle import (
    change_connection,
    close,
    delete_connection,
    disconnect,
    exchange_meter,
    hand_over,
    list_events,
    past_exchange_write,
    reconnect,
)
from chalicelib.connections.service.lookup import (
    accounts_ever_of,
    all_connections,
    connection_advance_write,
    connections_by_account,
    connections_by_numbers,
    connections_in_order,
    find_by_number,
    get_connection,
    list_connections,
    my_accounts,
    my_connections,
    shard_connections,
    show_connection,
)
from chalicelib.connections.service.offers import tariff_offer_write, tariff_withdrawal_write
from chalicelib.connections.service.walking import set_walking_order

__all__ = [
    "accounts_ever_of",
    "accounts_within_reach",
    "all_connections",
    "brands_by_word",
    "change_connection",
    "change_consumer",
    "close",
    "connection_advance_write",
    "connections_by_account",
    "connections_by_numbers",
    "connections_in_order",
    "connections_of_areas",
    "delete_brand",
    "delete_connection",
    "disconnect",
    "exchange_meter",
    "explain_refusal",
    "find_by_number",
    "get_brand",
    "get_connection",
    "get_consumer_within_reach",
    "hand_over",
    "list_brands",
    "list_connections",
    "list_consumers",
    "list_events",
    "my_accounts",
    "my_connections",
    "open_brand",
    "past_exchange_write",
    "prepare_connection",
    "reconnect",
    "register_connection",
    "rename_brand",
    "search_consumers",
    "set_walking_order",
    "shard_connections",
    "show_connection",
    "tariff_offer_write",
    "tariff_withdrawal_write",
]
