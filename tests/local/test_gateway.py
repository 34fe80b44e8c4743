"""Unknown paths, methods and broken requests get a clear refusal before the app is asked."""

import gzip

import pytest
from chalice.app import Chalice

from local import aws
from local.gateway import AddressLimit, Throttle, open_gateway
from tests.support.http import Api, Reply

_PROBLEM = "application/problem+json"


def test_an_unknown_path_is_a_404_that_points_to_the_document(api: Api) -> None:
    reply = api.get("/api/nothing-here")

    problem = reply.expect(404)
    assert reply.headers["content-type"] == _PROBLEM
    assert problem["code"] == "not-found"
    assert "/api/docs" in problem["detail"]


def test_a_wrong_method_is_a_405_that_names_the_right_ones(api: Api) -> None:
    reply = api.send("PUT", "/api/auth/login")

    assert reply.expect(405)["code"] == "method-not-allowed"
    assert reply.headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("method", ["TRACE", "HEAD", "BREW"])
def test_odd_methods_are_refused_like_wrong_ones(api: Api, method: str) -> None:
    assert api.send(method, "/api/auth/login").status == 405


@pytest.mark.parametrize("path", ["/api/%zz", "/api/me?limit=%", "no-slash"])
def test_a_broken_percent_in_a_path_is_a_400(api: Api, path: str) -> None:
    assert api.get(path).expect(400)["code"] == "bad-path"


@pytest.mark.parametrize(
    "path",
    [
        "/api/clients/balilihan/projects//bills",
        "/api/clients//users",
        "//[",
        "//api/me",
        "/api/auth/login/more",
        "/",
        "/api/%00",
    ],
)
def test_no_path_makes_the_gateway_fall_over(api: Api, path: str) -> None:
    assert api.get(path).status == 404


def test_a_body_over_the_gateways_limit_is_a_413(api: Api) -> None:
    assert api.send("POST", "/api/auth/login", b"x" * 10_000_001).expect(413)["code"] == "too-large"


def test_a_browser_may_ask_before_it_sends(api: Api) -> None:
    reply = api.send("OPTIONS", "/api/auth/login")

    assert reply.status == 204
    assert reply.headers["access-control-allow-methods"] == "OPTIONS,POST"
    assert reply.headers["access-control-allow-headers"] == "Authorization,Content-Type,Idempotency-Key"
    assert reply.headers["access-control-max-age"] == "600"


def test_a_request_reaches_the_app_and_its_refusal_comes_back_whole(api: Api) -> None:
    refusal = api.get("/api/me").expect(401)

    assert refusal["code"] == "no-token"


def test_more_requests_than_the_gateway_takes_get_a_429_that_says_when_to_come_again(app: Chalice) -> None:
    now = 0.0
    api = Api(open_gateway(app, Throttle(2, 3, lambda: now)))
    assert [api.get("/api/openapi.json").status for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = api.get("/api/me")
    assert (refused.expect(429)["code"], refused.headers["retry-after"]) == ("busy", "2")
    assert refused.headers["content-type"] == _PROBLEM
    assert "Retry-After" in refused.headers["access-control-expose-headers"]
    now = 1.0
    assert [api.get("/api/openapi.json").status for _ in range(3)] == [200, 200, 429]
    now = 60.0
    assert [api.get("/api/openapi.json").status for _ in range(4)] == [200, 200, 200, 429]


def test_one_address_that_sends_too_much_is_refused_and_no_other(app: Chalice) -> None:
    """F11: one address could use up what all callers have together."""
    now = 0.0
    gateway = open_gateway(app, address_limit=AddressLimit(3, lambda: now))

    def ask(address: str) -> int:
        return gateway.answer("GET", "/api/me", {}, b"", address).status

    assert [ask("192.0.2.66") for _ in range(5)] == [401, 401, 401, 429, 429]
    assert ask("203.0.113.7") == 401
    refused = Reply.of(gateway.answer("GET", "/api/me", {}, b"", "192.0.2.66"))
    assert (refused.expect(429)["code"], refused.headers["retry-after"]) == ("busy", "300")
    now = 299.0
    assert ask("192.0.2.66") == 429
    now = 700.0
    assert ask("192.0.2.66") == 401


def test_the_laptop_limits_an_address_as_the_deployment_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws.requests_per_address() == 6000
    monkeypatch.setenv("METERBOOK_REQUESTS_PER_ADDRESS", "0")
    assert aws.requests_per_address() == 0


def test_the_laptop_lets_through_and_compresses_what_the_deployed_gateway_does() -> None:
    assert aws.throttle() == (200, 400)
    assert aws.compressed_from() == 1024


@pytest.mark.parametrize(
    ("asked", "coded"),
    [
        ("gzip", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("*", True),
        ("deflate, gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("br", False),
        ("", False),
    ],
)
def test_a_long_answer_is_compressed_for_who_accepts_it(app: Chalice, asked: str, coded: bool) -> None:
    whole = Api(open_gateway(app)).get("/api/openapi.json")
    api = Api(open_gateway(app, compressed_from=1024))
    reply = api.send("GET", "/api/openapi.json", headers={"Accept-Encoding": asked})
    assert reply.headers.get("content-encoding") == ("gzip" if coded else None)
    assert (gzip.decompress(reply.body) if coded else reply.body) == whole.body
    assert coded == (len(reply.body) * 5 < len(whole.body))
    assert reply.headers.get("vary") == ("Accept-Encoding" if coded else None)


def test_a_short_answer_is_not_compressed(app: Chalice) -> None:
    api = Api(open_gateway(app, compressed_from=1024))
    refused = api.send("GET", "/api/me", headers={"Accept-Encoding": "gzip"})
    assert refused.expect(401)["code"] == "no-token"
    assert "content-encoding" not in refused.headers


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/nothing-here"), ("PUT", "/api/auth/login"), ("GET", "/api/%zz")]
)
def test_the_gateways_own_answers_carry_every_security_header(api: Api, method: str, path: str) -> None:
    reply = api.send(method, path)
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "max-age=" in reply.headers["strict-transport-security"]
    assert reply.headers["access-control-allow-origin"]
