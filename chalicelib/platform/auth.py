"""Passwords and access tokens."""

import base64
import hashlib
import hmac
import os
from datetime import datetime
from typing import Any

import bcrypt
import jwt

from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Unauthenticated
from chalicelib.platform import settings

_ISSUER = "meterbook"
_AUDIENCE = "meterbook-api"
_ALGORITHM = "HS256"
_MAX_TOKEN = 8_000
_ACCESS = "access"


def hash_password(password: str) -> str:
    """This function will hash a password for storage, slowly on purpose (cost 12 unless set)."""
    cost = int(os.environ.get("METERBOOK_BCRYPT_COST", "12"))
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(cost)).decode()


def password_matches(password: str, stored_hash: str) -> bool:
    """This function will compare a password with a stored hash."""
    return bcrypt.checkpw(_digest(password), stored_hash.encode())


def _digest(password: str) -> bytes:
    # bcrypt reads 72 bytes only and stops at a zero byte; a digest in base64 lets every byte of the password count.
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


def derived_key(purpose: str, *names: str, key_id: str | None = None) -> tuple[str, bytes]:
    """This function will give a key of its own for a purpose and a thing, and the id of the root key it comes from.

    HKDF's expanding step (RFC 5869) for one block: the same names give the same key, and nothing of it is stored.

    :raises KeyError: for a root key that is no longer known.
    """
    roots = settings.root_keys()
    chosen = key_id or next(iter(roots))
    info = "\x1f".join(["meterbook", purpose, *names]).encode() + b"\x01"
    return chosen, hmac.digest(roots[chosen].encode(), info, "sha256")


def issue_access_token(actor: Actor, *, client: str, now: datetime, minutes: int) -> str:
    """This function will sign a token that says who the actor is, for which client, with which permissions.

    The permissions travel in the standard `scope` claim, so that checking a request costs no database call.
    """
    key_id, secret = next(iter(settings.token_keys().items()))
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "typ": _ACCESS,
        "sub": actor.id,
        "client": client,
        "role": actor.role,
        "scope": " ".join(sorted(actor.permissions)),
        "iat": issued,
        "exp": issued + minutes * 60,
    }
    if actor.consumer_id:
        claims["consumer"] = actor.consumer_id
    return jwt.encode(claims, secret, algorithm=_ALGORITHM, headers={"kid": key_id})


def verify_access_token(token: str, *, now: datetime) -> tuple[str, Actor]:
    """This function will give the client and the actor that a token of ours was issued to.

    :raises Unauthenticated: for any other token, without saying what is wrong with it, and for an expired one.
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
            # The time is compared below, with the clock that the request was given.
            options={
                "require": ["iss", "aud", "sub", "iat", "exp", "typ", "client", "role", "scope"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.PyJWTError, KeyError, ValueError):
        raise refusal from None
    texts = [claims["sub"], claims["client"], claims["role"], claims["scope"], claims.get("consumer") or ""]
    if claims["typ"] != _ACCESS or not all(isinstance(text, str) for text in texts):
        raise refusal
    if type(claims["iat"]) is not int or type(claims["exp"]) is not int or "nbf" in claims:
        raise refusal
    if not claims["iat"] - 60 <= now.timestamp() < claims["exp"]:
        raise Unauthenticated("token-expired", "this access token has expired; sign in again")
    actor = Actor(claims["sub"], claims["role"], frozenset(claims["scope"].split()), claims.get("consumer"))
    return claims["client"], actor
