"""Plays API Gateway in front of the app, for the laptop and for tests: paths, methods, limits and compression."""

import base64
import gzip
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import CustomLocalChalice, LocalChalice, LocalGateway, RouteMatcher

from chalicelib.platform import clock, settings
from chalicelib.platform.headers import EXPOSED
from chalicelib.platform.problems import problem_json
from local import simulated_gateway

MAX_BODY_BYTES = 10_000_000  # API Gateway's own limit
_REFUSAL_HEADERS = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it is sent. Header names are as the app wrote them."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Throttle:
    """API Gateway's token bucket: `burst` requests at once, and then `rate` a second."""

    def __init__(self, rate: int, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left, self._seen = burst, clock()
        self._lock = threading.Lock()

    def lets_through(self) -> bool:
        """Take one request from the bucket; return False if it is empty."""
        with self._lock:
            filled = int((self._clock() - self._seen) * self._rate)
            if filled:
                self._left, self._seen = min(self._burst, self._left + filled), self._clock()
            if self._left < 1:
                return False
            self._left -= 1
            return True


class AddressLimit:
    """AWS WAF's rate rule: a number of requests of one address in five minutes. Refused ones count too."""

    _SLOTS, _SLOT_SECONDS = 30, 10

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._counts: dict[str, Counter[int]] = {}
        self._lock = threading.Lock()

    def lets_through(self, address: str) -> bool:
        """Count one more request of an address, and return whether it is within the limit."""
        with self._lock:
            slot = int(self._clock() // self._SLOT_SECONDS)
            counts = self._counts.setdefault(address, Counter())
            counts[slot] += 1
            for old in [one for one in counts if one <= slot - self._SLOTS]:
                del counts[old]
            return counts.total() <= self._limit


@dataclass(frozen=True, slots=True)
class Gateway:
    """The app behind the local gateway."""

    app: Chalice
    local: LocalGateway
    routes: RouteMatcher
    throttle: Throttle | None = None
    compressed_from: int | None = None  # bytes
    address_limit: AddressLimit | None = None

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes, address: str = "") -> Answer:
        """Answer one request; `target` is the path with its query, as it was sent, `address` the sender's."""
        if self.address_limit and not self.address_limit.lets_through(address):
            words = "too many requests from your network address; try again in some minutes"
            return problem(429, "busy", words, {"Retry-After": "300"})
        answer = self._answer(method, target, headers, body)
        if self.compressed_from is None or len(answer.body) < self.compressed_from or not _accepts_gzip(headers):
            return answer
        varies = ", ".join(filter(None, [answer.headers.get("Vary"), "Accept-Encoding"]))
        coded = {"Content-Encoding": "gzip", "Vary": varies}
        return Answer(answer.status, gzip.compress(answer.body, mtime=0), {**answer.headers, **coded})

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.throttle and not self.throttle.lets_through():
            return problem(429, "busy", "too many requests at once; try again in a moment", {"Retry-After": "2"})
        if broken := _broken(target, body):
            return broken
        if target.startswith(f"{simulated_gateway.PATH}/"):
            return self._simulated(method, target, body)
        path = self.route_of(target)
        if path is None:
            return problem(404, "not-found", "there is no such path; /api/docs lists them")
        allowed = self.app.routes[path].keys()
        if method not in allowed:
            named = ", ".join(sorted(allowed))
            return problem(405, "method-not-allowed", f"this address answers {named}", {"Allow": named})
        response = self.local.handle_request(method, target, dict(headers), body)
        return Answer(response["statusCode"], _body_of(response), _headers_of(response))

    def _simulated(self, method: str, target: str, body: bytes) -> Answer:
        """Let the simulated payment gateway answer, whose callbacks come in here."""

        def send(method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
            told = self._answer(method, target, headers, body)
            return told.status, told.body

        status, kind, text = simulated_gateway.answer(method, target, body, send)
        return Answer(status, text, {"Content-Type": kind})

    def route_of(self, target: str) -> str | None:
        """Return the path template that a target is routed to, or None if there is none."""
        try:
            found = self.routes.match_route(target)
        except ValueError:
            return None
        return found.route if all(found.captured.values()) else None  # API Gateway refuses empty path parameters


def open_gateway(
    app: Chalice,
    throttle: Throttle | None = None,
    *,
    compressed_from: int | None = None,
    address_limit: AddressLimit | None = None,
) -> Gateway:
    """Put the local gateway in front of an app, with one current request for each thread."""
    if not isinstance(app, LocalChalice):
        CustomLocalChalice.__bases__ = (LocalChalice, app.__class__)
        app.__class__ = CustomLocalChalice
    config = Config.create(chalice_app=app, config_from_disk={})
    routes = RouteMatcher(list(app.routes))
    return Gateway(app, LocalGateway(app, config), routes, throttle, compressed_from, address_limit)


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return a problem in the same form as the API's."""
    text = problem_json(status, code, detail, clock.fresh_id())
    # Without these headers a browser hides why it was refused and when to retry. Such an answer has no private data.
    common = {
        "Strict-Transport-Security": settings.environment().hsts,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": EXPOSED,
    }
    return Answer(status, text.encode(), {**_REFUSAL_HEADERS, **common, **(headers or {})})


def _accepts_gzip(headers: Mapping[str, str]) -> bool:
    """Return whether a caller accepts gzip, by name or by `*`, and not with a weight of zero."""
    asked = next((value for name, value in headers.items() if name.lower() == "accept-encoding"), "")
    weights = {
        name.strip().lower(): weight.replace(" ", "")
        for name, _, weight in (part.partition(";") for part in asked.split(","))
    }
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return not re.fullmatch(r"q=0(\.0*)?", weight)


def _broken(target: str, body: bytes) -> Answer | None:
    """Return the refusal of a request that can't be routed, or None."""
    if len(body) > MAX_BODY_BYTES:
        return problem(413, "too-large", "the body is larger than 10 MB")
    if not target.startswith("/"):
        return problem(400, "bad-path", "a request names a path, such as /api/me")
    if _BAD_PERCENT.search(target):
        return problem(400, "bad-path", "the path or query holds a % that two hex digits do not follow")
    return None


def _body_of(response: dict[str, Any]) -> bytes:
    body = response.get("body") or b""
    if response.get("isBase64Encoded"):
        return base64.b64decode(body)
    return body.encode() if isinstance(body, str) else body


def _headers_of(response: dict[str, Any]) -> dict[str, str]:
    several = {name: ", ".join(values) for name, values in response.get("multiValueHeaders", {}).items()}
    return {**response["headers"], **several}
