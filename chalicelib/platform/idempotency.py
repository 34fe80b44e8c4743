"""Execute a request with an Idempotency-Key once: a repeated request gets the first answer, byte for byte.

The record is claimed before the request is executed and stores the answer afterwards. If the function dies in between,
the repeated request executes again with the same ids, so that it finds what the first one wrote.
"""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Response
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import PutError, PynamoDBException

from chalicelib.kernel.clock import epoch_ms
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, MeterbookError, TryLater
from chalicelib.kernel.ids import fingerprint
from chalicelib.platform import auth, dynamo, keys, log
from chalicelib.platform.dynamo import InstantAttribute, IntAttribute, TableItem
from chalicelib.platform.keys import Key

# Longer than any request may take: after this its function is gone, and a repeated request may execute.
_UNDER_WAY = timedelta(seconds=60)
_KEPT = timedelta(hours=48)
_OPEN, _DONE, _FREE = "open", "done", "free"


class AnswerItem(TableItem):
    asked = UnicodeAttribute()
    state = UnicodeAttribute()
    until = InstantAttribute()
    status = IntAttribute(null=True)
    location = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)


def request_fingerprint(ctx: Context, body: str) -> str:
    """Return a keyed hash of a request's body: the same for the same body and client, revealing nothing about it."""
    _, secret = auth.derived_key("request-print", ctx.client)
    return hmac.digest(secret, body.encode(), "sha256").hex()[:32]


def run_once(ctx: Context, place: tuple[str, str], asked: str, carry_out: Callable[[], Response]) -> Response:
    """Execute a request, or return the stored answer of an earlier one with the same key. Two write units.

    `place` is the method and path, `asked` the fingerprint of the body.

    :raises Invalid: if the key was used for another request.
    :raises Conflict: while the first request is being executed.
    """
    key = keys.kept_answer(ctx.client, fingerprint(ctx.actor.id, *place, str(ctx.request_key)))
    kept = _claim(key, asked, ctx.now)
    if kept is not None:
        return kept
    try:
        response = carry_out()
    except Exception as error:
        # A refused request created nothing, so its key is free again. After an error of ours only the same request may
        # use it.
        refused = isinstance(error, MeterbookError) and not isinstance(error, TryLater)
        _write(key, asked, _FREE if refused else _OPEN, ctx.now)
        raise
    _write(key, asked, _DONE, ctx.now, response)
    return response


def _claim(key: Key, asked: str, now: datetime) -> Response | None:
    """Claim the record for this request, or return its stored answer."""
    item = _item(key, asked, _OPEN, now, until=now + _UNDER_WAY)
    gone = AnswerItem.expires < epoch_ms(now) // 1000
    abandoned = (AnswerItem.state == _OPEN) & (AnswerItem.until < now) & (AnswerItem.asked == asked)
    try:
        item.save(AnswerItem.pk.does_not_exist() | gone | (AnswerItem.state == _FREE) | abandoned)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
    else:
        return None
    first = dynamo.find(AnswerItem, key)
    if first is not None and first.asked != asked:
        raise Invalid("key-reused", "this key was used for another request; use a new one", field="Idempotency-Key")
    if first is None or first.state != _DONE:
        raise Conflict("in-progress", "this request is still being executed; send it again in a few seconds")
    return Response(first.body, {"Location": first.location} if first.location else {}, first.status)


def _write(key: Key, asked: str, state: str, now: datetime, response: Response | None = None) -> None:
    """Store a request's result. If that fails, the claim on the record expires by itself."""
    item = _item(key, asked, state, now, until=now - timedelta(seconds=1))
    if response is not None:
        item.status, item.body = response.status_code, response.body
        location = response.headers.get("Location")
        item.location = location if isinstance(location, str) else None
    try:
        item.save(AnswerItem.asked == asked)
    except (PynamoDBException, ClientError, BotoCoreError):
        log.failure("answer_not_kept")


def _item(key: Key, asked: str, state: str, now: datetime, *, until: datetime) -> AnswerItem:
    expires = epoch_ms(now + _KEPT) // 1000
    return AnswerItem(*key, asked=asked, state=state, until=until, expires=expires)
