"""Passwords, secrets and access tokens."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import bcrypt
import jwt

from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Unauthenticated
from chalicelib.platform import settings
from chalicelib.platform.keys import Key

_ISSUER = "meterbook"
_AUDIENCE = "meterbook-api"
_ALGORITHM = "HS256"
_MAX_TOKEN = 8_000
_ACCESS = "access"
_REQUIRED = ["iss", "aud", "typ", "sub", "client", "role", "sid", "iat", "exp"]


def hash_password(password: str) -> str:
    """Hash a password for storage, slowly on purpose (cost 12 unless set)."""
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(settings.environment().bcrypt_cost)).decode()


def password_matches(password: str, stored_hash: str) -> bool:
    """Compare a password with a stored hash."""
    return bcrypt.checkpw(_digest(password), stored_hash.encode())


def _digest(password: str) -> bytes:
    # bcrypt reads 72 bytes only and stops at a zero byte; a digest in base64 lets every byte of the password count.
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


def derived_key(purpose: str, *names: str, key_id: str | None = None) -> tuple[str, bytes]:
    """Derive a key for one purpose and one subject; return the id of its root key, too.

    HKDF's expand step (RFC 5869) for one block: the same names give the same key, and nothing is stored.

    :raises KeyError: for a root key that is no longer known.
    """
    roots = settings.root_keys()
    chosen = key_id or next(iter(roots))
    info = "\x1f".join(["meterbook", purpose, *names]).encode() + b"\x01"
    return chosen, hmac.digest(roots[chosen].encode(), info, "sha256")


def origin_key(key_id: str | None = None) -> str:
    """Return the secret that CloudFront adds to each request as a header, to prove that it came through CloudFront."""
    return derived_key("cloudfront-origin", key_id=key_id)[1].hex()


def is_origin_key(sent: str) -> bool:
    """Return whether a request's origin key is valid: derived from any of the root keys."""
    return any(hmac.compare_digest(sent.encode(), origin_key(each).encode()) for each in settings.root_keys())


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The content of an access token: user, client, role and session."""

    client: str
    user_id: str
    role: str
    session_id: str
    consumer_id: str | None


def new_secret() -> str:
    """Return a random secret of 43 characters."""
    return secrets.token_urlsafe(32)


def secret_print(secret: str) -> str:
    """Return the hash that is stored of a secret. The secret is long and random, so it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def secret_matches(secret: str, stored_print: str) -> bool:
    """Compare a secret with its stored hash."""
    return hmac.compare_digest(secret_print(secret), stored_print)


def issue_access_token(token: AccessToken, *, now: datetime, minutes: int) -> str:
    """Issue a token, signed with the first of the keys.

    It does not contain the role's permissions: they are looked up together with the session.
    """
    key_id, secret = next(iter(settings.token_keys().items()))
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "typ": _ACCESS,
        "sub": token.user_id,
        "client": token.client,
        "role": token.role,
        "sid": token.session_id,
        "iat": issued,
        "exp": issued + minutes * 60,
    }
    if token.consumer_id:
        claims["consumer"] = token.consumer_id
    return jwt.encode(claims, secret, algorithm=_ALGORITHM, headers={"kid": key_id})


def verify_access_token(token: str, *, now: datetime) -> AccessToken:
    """Verify an access token and return its content. Any of the keys may have signed it.

    :raises Unauthenticated: for an expired token, and for any invalid one, without saying what is wrong with it.
    """
    refusal = Unauthenticated("bad-token", "this access token is not valid; sign in again")
    if len(token) > _MAX_TOKEN:
        raise refusal
    try:
        secret = settings.token_keys()[str(jwt.get_unverified_header(token).get("kid"))]
        claims = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            audience=_AUDIENCE,
            # The expiry is checked below, against the request's own clock.
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.PyJWTError, KeyError, ValueError):
        raise refusal from None
    texts = [claims["sub"], claims["client"], claims["role"], claims["sid"], claims.get("consumer") or ""]
    if claims["typ"] != _ACCESS or not all(isinstance(text, str) for text in texts):
        raise refusal
    if type(claims["iat"]) is not int or type(claims["exp"]) is not int or "nbf" in claims:
        raise refusal
    if not claims["iat"] - 60 <= now.timestamp() < claims["exp"]:
        raise Unauthenticated("token-expired", "this access token has expired; renew it, or sign in again")
    return AccessToken(claims["client"], claims["sub"], claims["role"], claims["sid"], claims.get("consumer"))


# Stored items by key; None for one that does not exist.
RawItems = Mapping[Key, Mapping[str, Any] | None]
# Checks a token's session, returns its actor with permissions, and reads other items in the same request.
SessionCheck = Callable[[AccessToken, datetime, tuple[Key, ...]], tuple[Actor, RawItems]]


def _nobody(token: AccessToken, now: datetime, also: tuple[Key, ...]) -> tuple[Actor, RawItems]:  # noqa: ARG001
    raise RuntimeError("no feature has said how sessions are checked (see check_sessions_by)")


_session_check: SessionCheck = _nobody


def check_sessions_by(check: SessionCheck) -> None:
    """Register the function that checks the session of each request; the identity feature provides it."""
    global _session_check  # noqa: PLW0603 - one process has one check
    _session_check = check


def check_session(token: AccessToken, now: datetime, also: tuple[Key, ...]) -> tuple[Actor, RawItems]:
    """Return the actor of a token whose session is still valid, and the items of `also`. One request.

    :raises Unauthenticated: if the session has ended.
    """
    return _session_check(token, now, also)


# Looks up the names of a client's users by their ids.
NameSearch = Callable[[str, Collection[str]], Mapping[str, str]]


def _no_names(client: str, ids: Collection[str]) -> Mapping[str, str]:  # noqa: ARG001
    raise RuntimeError("no feature has said how users are named (see name_users_by)")


_name_search: NameSearch = _no_names


def name_users_by(search: NameSearch) -> None:
    """Register the function that looks up users' names for answers; the identity feature provides it."""
    global _name_search  # noqa: PLW0603 - one process has one search
    _name_search = search


def user_names(client: str, ids: Iterable[str | None]) -> Mapping[str, str]:
    """Return the names of users by id, for answers. Ids that are not of users are left out.

    One request for up to 100 people, half a read unit each. Eventually consistent.
    """
    wanted = {each for each in ids if each}
    return _name_search(client, wanted) if wanted else {}
