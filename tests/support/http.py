"""The API in process: requests go through the same local gateway that `make run` serves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlencode

from chalicelib.platform.http import ENDPOINTS
from chalicelib.platform.problems import statuses_of
from local.gateway import Answer, Gateway

# What the gateway in front of every operation answers, so that no operation declares it.
_OF_THE_GATEWAY = {(400, "bad-path"), (413, "too-large"), (429, "busy")}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the API as a test reads it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, answer: Answer) -> Self:
        return cls(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body)

    @property
    def json(self) -> Any:  # noqa: ANN401
        """The body. Numbers in it are whole or text: a float is a defect, so it fails here."""
        return json.loads(self.body, parse_float=_no_float)

    def expect(self, status: int) -> Any:  # noqa: ANN401
        """Insist on a status and give the body."""
        assert self.status == status, f"{self.status} instead of {status}: {self.body.decode(errors='replace')}"
        return self.json if self.body else None


@dataclass(frozen=True, slots=True)
class Api:
    """Somebody who sends requests; signed in, if there is a token."""

    gateway: Gateway
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def sign_in(self, client: str, login: str, password: str) -> Self:
        """Sign in over HTTP and give the same API as that user sees it."""
        body = {"clientId": client, "login": login, "password": password}
        session = self.post("/api/auth/login", body).expect(200)
        return self.with_token(session["accessToken"])

    def with_token(self, token: str) -> Self:
        """Return the same API with that token sent along."""
        return replace(self, token=token)

    def get(self, path: str, **query: object) -> Reply:
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: object = None, *, key: str | None = None) -> Reply:
        return self.send("POST", path, body, {"Idempotency-Key": key} if key else {})

    def put(self, path: str, body: object = None) -> Reply:
        return self.send("PUT", path, body)

    def patch(self, path: str, body: object = None) -> Reply:
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> Reply:
        return self.send("DELETE", path)

    def send(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send anything at all: `body` may be bytes, to be sent as they are."""
        sent = {**self.headers, **(headers or {})}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body:
            sent.setdefault("Content-Type", "application/json")
        raw = body if isinstance(body, bytes) else b""
        reply = Reply.of(self.gateway.answer(method, path, sent, raw))
        _check_declared(method, self.gateway.route_of(path), reply)
        return reply


def _check_declared(method: str, route: str | None, reply: Reply) -> None:
    """Check that an operation answers with its status, or with an error whose code it declares."""
    operation = next((one for one in ENDPOINTS if (one.method, one.path) == (method, route)), None)
    if operation is None:
        return
    if reply.status < 400:
        assert reply.status == operation.status, f"{operation.name} answered {reply.status}, not {operation.status}"
        return
    code = reply.json["code"]
    if (reply.status, code) not in _OF_THE_GATEWAY:
        assert code in operation.error_codes, f"{operation.name} answered {code}, which it does not declare"
        assert reply.status in statuses_of(code), f"{operation.name} answered {code} with {reply.status}"


def _no_float(text: str) -> float:
    raise AssertionError(f"the answer holds the float {text}")


def whole_bills(api: "Api", base: str, period: str) -> list[dict[str, Any]]:
    """Read each bill of a period by its id: a list shows them in short."""
    listed = api.get(f"{base}/bills", period=period).expect(200)["items"]
    return [api.get(f"{base}/bills/{one['id']}").expect(200) for one in listed]
