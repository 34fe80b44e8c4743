"""Start online payments and hear what became of them; announce cash, confirm and reject it."""

from chalicelib.online_payments.service.announcing import announce, confirm, reject
from chalicelib.online_payments.service.callbacks import authenticate, hear
from chalicelib.online_payments.service.gateway import callback_secret
from chalicelib.online_payments.service.looking import get_intent, list_intents, review
from chalicelib.online_payments.service.starting import Wish, start

__all__ = [
    "Wish",
    "announce",
    "authenticate",
    "callback_secret",
    "confirm",
    "get_intent",
    "hear",
    "list_intents",
    "reject",
    "review",
    "start",
]
