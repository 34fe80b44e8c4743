"""Identifiers and stable hashes. Randomness and time come from the caller."""

import hashlib
import re
from collections.abc import Callable, Collection
from datetime import datetime
from zlib import crc32

from ulid import ULID

from chalicelib.kernel.clock import epoch_ms
from chalicelib.kernel.errors import Invalid, NotFound

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}\Z", re.ASCII)
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}\Z", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z", re.ASCII)


def ulid(now: datetime, random: bytes) -> str:
    """Make a 26-character identifier that sorts by time, from an instant and ten random bytes."""
    return str(ULID(epoch_ms(now).to_bytes(6, "big") + random))


def derived_ids(*names: str) -> Callable[[], str]:
    """Return a source of ids that depends on `names` alone, for requests that carry their own key.

    The same names give the same ids in the same order, so a repeated request finds what the first one wrote.
    """
    count = 0

    def next_id() -> str:
        nonlocal count
        count += 1
        digest = hashlib.sha256("\x1f".join([*names, str(count)]).encode()).digest()
        return str(ULID.from_int(int.from_bytes(digest[:16], "big") >> 3))

    return next_id


def is_ulid(text: str) -> bool:
    """Return whether a text is an identifier of ours."""
    return bool(_ULID.match(text))


def known_ulid(text: str, what: str, *, field: str | None = None) -> str:
    """Check that an identifier from outside has the form of ours, and return it.

    :raises NotFound: if it does not; `what` names the kind of thing in the message.
    """
    if not is_ulid(text):
        raise NotFound("not-found", f"there is no {what} with this id", field=field)
    return text


def slug(text: str, what: str, *, field: str | None = None) -> str:
    """Check a client or project id (letters, digits and hyphens, at most 32) and return it.

    :raises Invalid: otherwise. The separator of the table's keys can't occur in a slug.
    """
    if not _SLUG.match(text):
        message = f"{what} must be 1 to 32 letters, digits or hyphens, starting with a letter or digit"
        raise Invalid("bad-name", message, field=field)
    return text


def code(text: str, what: str) -> str:
    """Check an account or meter number (letters, digits, `.`, `_`, `-`, at most 40) and return it.

    :raises Invalid: otherwise.
    """
    if not _CODE.match(text):
        raise Invalid("bad-number", f"{what} must be 1 to 40 letters, digits, dots, hyphens or underscores")
    return text


def shard_of(name: str, shards: int) -> int:
    """Return the shard of a name, from 0 to `shards` - 1. It never changes: stored keys contain it."""
    return crc32(name.encode()) % shards


def shard_ranges(names: Collection[str], shards: int) -> list[tuple[int, str, str]]:
    """Return the shards that names lie in, each with the first and the last of its names.

    Empty, if the names lie so scattered (fewer than four to a shard) that they are better read one by one.
    """
    by_shard: dict[int, list[str]] = {}
    for name in names:
        by_shard.setdefault(shard_of(name, shards), []).append(name)
    if len(by_shard) * 4 > len(names):
        return []
    return [(shard, min(found), max(found)) for shard, found in sorted(by_shard.items())]


def fingerprint(*parts: str) -> str:
    """Return 32 hex digits that differ whenever the parts differ."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
