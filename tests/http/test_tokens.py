"""Tokens as attackers make them: each is a 401 at every kind of route, and a good one is not."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.platform import clock
from tests.support.contract import check_answer
from tests.support.engine import TOKEN_KEYS
from tests.support.fixture_world import PERIOD, World
from tests.support.http import Api

_KEY_ID, _SECRET = next(iter(TOKEN_KEYS.items()))
_ROUTES = [
    ("GET", "/api/me", ""),
    ("GET", "/api/clients/{clientId}/projects/{projectId}/bills", f"?period={PERIOD}"),
    ("POST", "/api/clients/{clientId}/consumers", ""),
]

Claims = dict[str, Any]


def _claims(world: World, **changes: Any) -> Claims:  # noqa: ANN401
    now = int(clock.now().timestamp())
    usual: Claims = jwt.decode(str(world.people["admin"].token), options={"verify_signature": False})
    changed = usual | {"iat": now, "exp": now + 600} | changes
    return {name: value for name, value in changed.items() if value is not ...}


def _signed(claims: Claims, header: Claims | None = None, *, secret: str = _SECRET) -> str:
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": _KEY_ID, **(header or {})})


def _by_hand(header: Claims, claims: Claims, secret: bytes = b"", digest: str = "sha256") -> str:
    text = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return f"{text}.{_base64(hmac.digest(secret, text.encode(), digest)) if secret else ''}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _tampered(world: World) -> str:
    head, _, signature = _signed(_claims(world, role="viewer")).split(".")
    return f"{head}.{_base64(json.dumps(_claims(world)).encode())}.{signature}"


def _public_key_as_secret(world: World) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _by_hand({"alg": "HS256", "typ": "JWT", "kid": "rsa"}, _claims(world), pem)


def _own_key_in_header(world: World) -> str:
    key = {"kty": "oct", "k": _base64(b"x" * 32)}
    return _signed(_claims(world), {"jwk": key, "kid": "mine"}, secret="x" * 32)


_HOUR = timedelta(hours=1)
_ATTACKS: dict[str, Callable[[World], str]] = {
    "alg none": lambda w: _by_hand({"alg": "none", "typ": "JWT", "kid": _KEY_ID}, _claims(w)),
    "alg nOnE": lambda w: _by_hand({"alg": "nOnE", "typ": "JWT", "kid": _KEY_ID}, _claims(w)),
    "signature stripped": lambda w: _signed(_claims(w)).rpartition(".")[0] + ".",
    "public key as secret": _public_key_as_secret,
    "wrong key": lambda w: _signed(_claims(w), secret="another-secret-of-at-least-32-characters"),
    "empty key": lambda w: _by_hand({"alg": "HS256", "kid": _KEY_ID}, _claims(w), b"\0"),
    "expired": lambda w: _signed(_claims(w, exp=int(clock.now().timestamp()))),
    "no exp": lambda w: _signed(_claims(w, exp=...)),
    "exp as text": lambda w: _signed(_claims(w, exp=str(_claims(w)["exp"]))),
    "exp as fraction": lambda w: _signed(_claims(w, exp=_claims(w)["exp"] + 0.5)),
    "exp true": lambda w: _signed(_claims(w, exp=True)),
    "exp infinite": lambda w: _signed(_claims(w, exp=float("inf"))),
    "not yet": lambda w: _signed(_claims(w, nbf=int((clock.now() + _HOUR).timestamp()))),
    "issued tomorrow": lambda w: _signed(_claims(w, iat=int((clock.now() + 24 * _HOUR).timestamp()))),
    "no iss": lambda w: _signed(_claims(w, iss=...)),
    "wrong iss": lambda w: _signed(_claims(w, iss="somebody")),
    "no aud": lambda w: _signed(_claims(w, aud=...)),
    "wrong aud": lambda w: _signed(_claims(w, aud="another-api")),
    "refresh used as access": lambda w: _signed(_claims(w, typ="refresh")),
    "no typ": lambda w: _signed(_claims(w, typ=...)),
    "no sub": lambda w: _signed(_claims(w, sub=...)),
    "sub a list": lambda w: _signed(_claims(w, sub=["admin"])),
    "sid a list": lambda w: _signed(_claims(w, sid=["x"])),
    "no sid": lambda w: _signed(_claims(w, sid=...)),
    "another session": lambda w: _signed(_claims(w, sid="01ARYZ6S410000000000000000")),
    "another user": lambda w: _signed(_claims(w, sub=w.ids["userId"])),
    "client a number": lambda w: _signed(_claims(w, client=1)),
    "consumer an object": lambda w: _signed(_claims(w, consumer={"id": 1})),
    "kid traversal": lambda w: _signed(_claims(w), {"kid": "../../dev/null"}, secret=" " * 32),
    "kid missing": lambda w: _by_hand({"alg": "HS256", "typ": "JWT"}, _claims(w), _SECRET.encode()),
    "kid a list": lambda w: _by_hand({"alg": "HS256", "kid": [_KEY_ID]}, _claims(w), _SECRET.encode()),
    "jku": lambda w: _signed(_claims(w), {"jku": "http://127.0.0.1/keys", "kid": "k"}, secret="x" * 32),
    "embedded jwk": _own_key_in_header,
    "crit": lambda w: _by_hand({"alg": "HS256", "kid": _KEY_ID, "crit": ["x"], "x": 1}, _claims(w), _SECRET.encode()),
    "HS512": lambda w: _by_hand({"alg": "HS512", "kid": _KEY_ID}, _claims(w), _SECRET.encode(), "sha512"),
    "tampered role": _tampered,
    "one megabyte": lambda w: _signed(_claims(w, more="x" * 1_000_000)),
    "padding": lambda w: _signed(_claims(w)) + "==",
    "deep header": lambda _: _base64(b"[" * 5_000) + ".e30.e30",
    "claims no object": lambda _: _by_hand({"alg": "HS256", "kid": _KEY_ID}, [1], _SECRET.encode()),  # type: ignore[arg-type]
    "garbage": lambda _: "a.b.c",
    "four parts": lambda w: _signed(_claims(w)) + ".x",
    "other letters": lambda _: "é" * 20,
}


@pytest.mark.covers("S0-043", "S2-002", "S2-008", "S3-115")
@pytest.mark.parametrize("attack", _ATTACKS)
@pytest.mark.parametrize(("method", "path", "query"), _ROUTES)
def test_a_forged_or_broken_token_is_a_401(
    world: World, document: dict[str, Any], api: Api, attack: str, method: str, path: str, query: str
) -> None:
    thief = api.with_token(_ATTACKS[attack](world))
    reply = thief.send(method, world.fill(path) + query, b"{}" if method == "POST" else None)
    assert reply.status == 401
    assert reply.json["code"] in {"bad-token", "token-expired", "session-ended"}
    check_answer(document, method, path, reply)


@pytest.mark.parametrize(("method", "path", "query"), _ROUTES)
def test_the_very_claims_that_the_attacks_change_are_let_in_unchanged(
    world: World, api: Api, method: str, path: str, query: str
) -> None:
    for token in (
        _signed(_claims(world)),
        _by_hand({"alg": "HS256", "kid": _KEY_ID}, _claims(world), _SECRET.encode()),
    ):
        reply = api.with_token(token).send(method, world.fill(path) + query, b"{}" if method == "POST" else None)
        assert reply.status == (400 if method == "POST" else 200)


@pytest.mark.covers("S3-115")
def test_a_session_ends_after_its_hour(world: World, api: Api) -> None:
    started = clock.now()
    session = world.utility.as_staff()
    for minutes, status in ((59, 200), (60, 401), (61, 401)):
        clock.use_time(lambda: started + timedelta(minutes=minutes))  # noqa: B023 - read at once
        try:
            assert session.get("/api/me").status == status
        finally:
            clock.use_time(lambda: started)


@pytest.mark.covers("S0-048", "S2-003", "S2-007", "S2-010")
def test_a_token_says_who_for_whom_and_until_when(world: World) -> None:
    claims = jwt.decode(str(world.people["owner"].token), options={"verify_signature": False})
    assert (claims["client"], claims["role"], claims["consumer"]) == (
        world.utility.client,
        "consumer",
        world.ids["consumerId"],
    )
    assert claims["exp"] - claims["iat"] == 3600
    assert claims.keys() == {"iss", "aud", "typ", "sub", "client", "role", "sid", "iat", "exp", "consumer"}
