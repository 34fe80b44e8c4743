"""Cursors of lists: the end of a page, signed so that a cursor can't be forged or used for another list."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, TypeVar

from itsdangerous import BadData, URLSafeSerializer

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform import settings

T = TypeVar("T")

# The most pages, or empty periods, that are read for one page of a list over periods.
_LOOKED_THROUGH = 4


def encode_cursor(last: dict[str, Any], place: str) -> str:
    """Encode the end of a page as a cursor that is valid only for the list at `place`, which names its tenant."""
    return _serializer(place).dumps(last)


def decode_cursor(cursor: str, place: str) -> dict[str, Any]:
    """Return the end of the previous page.

    :raises Invalid: for a cursor that this list did not hand out.
    """
    try:
        opened: dict[str, Any] = _serializer(place).loads(cursor)
    except BadData:
        raise Invalid(
            "bad-cursor", "this cursor does not belong to this list; start again without it", field="cursor"
        ) from None
    return opened


def periods_page(
    periods: Sequence[Period],
    read: Callable[[Period, int, str | None], Page[T]],
    *,
    limit: int,
    cursor: str | None,
    place: str,
) -> Page[T]:
    """Read one page of a list over several periods, newest first.

    `read` returns a page of one period. The result may be short, even empty, and still have a next page.

    :raises Invalid: for a cursor that this list did not hand out.
    """
    left, inner = list(periods), None
    if cursor:
        opened = decode_cursor(cursor, place)
        newest, inner = Period.parse(opened["period"]), opened["inner"]
        left = [period for period in periods if period <= newest]
    if not left:  # the cursor is of another search, or of a month ago
        return Page((), None)
    found: list[T] = []
    for _ in range(_LOOKED_THROUGH):
        page = read(left[0], limit - len(found), inner)
        found += page.items
        inner = page.next_cursor
        if inner is None:
            left = left[1:]
        if not left:
            return Page(tuple(found), None)
        if len(found) >= limit:
            break
    return Page(tuple(found), encode_cursor({"period": str(left[0]), "inner": inner}, place))


def _serializer(place: str) -> URLSafeSerializer:
    # A cursor stays valid when keys change: all keys verify, and the current one, which is last here, signs.
    keys = [*settings.token_keys().values()][::-1]
    signer = {"key_derivation": "hmac", "digest_method": sha256}
    return URLSafeSerializer(keys, salt=f"cursor|{place}", signer_kwargs=signer)
