"""Open, count, close and hand over cashier sessions; count what a payment does to an open one."""

from chalicelib.cashiers.service.counting import movement_write, till_from, till_key, tills_of
from chalicelib.cashiers.service.looking import get_session, list_sessions
from chalicelib.cashiers.service.sessions import (
    accept_cash,
    close_session,
    count_cash,
    hand_cash_over,
    open_session,
)

__all__ = [
    "accept_cash",
    "close_session",
    "count_cash",
    "get_session",
    "hand_cash_over",
    "list_sessions",
    "movement_write",
    "open_session",
    "till_from",
    "till_key",
    "tills_of",
]
