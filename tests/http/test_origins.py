"""Which pages a browser lets read an answer (CORS), and whose address a request is counted under."""

import json
from collections.abc import Callable, Iterator

import pytest
from chalice.app import Chalice, Request

from chalicelib.platform import settings
from chalicelib.platform.auth import origin_key
from chalicelib.platform.request_parsing import caller_address
from local import origin_key as origin_key_command
from tests.support.engine import Engine
from tests.support.fixture_world import World
from tests.support.http import Api, Reply
from tests.support.utilities import PASSWORD

PORTAL, OFFICE = "https://portal.example.com", "https://office.example.com:8443"
Set = Callable[[str, str], None]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    """Sets what the stage is given."""

    def set_variable(name: str, value: str) -> None:
        monkeypatch.setenv(f"METERBOOK_{name}", value)
        settings.read_again()

    yield set_variable
    monkeypatch.undo()
    settings.read_again()


def ask(api: Api, method: str, path: str, origin: str | None) -> Reply:
    return api.send(method, path, headers={"Origin": origin} if origin else {})


def readers(reply: Reply) -> str | None:
    return reply.headers.get("access-control-allow-origin")


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/api/me", 401), ("GET", "/api/openapi.json", 200)])
@pytest.mark.parametrize("origin", [PORTAL, OFFICE])
def test_a18_each_of_several_origins_may_read_answers_and_refusals(
    api: Api, stage: Set, method: str, path: str, status: int, origin: str
) -> None:
    stage("ALLOWED_ORIGINS", f"{PORTAL},{OFFICE}")
    reply = ask(api, method, path, origin)
    assert (reply.status, readers(reply), reply.headers["vary"]) == (status, origin, "Origin")
    assert reply.headers["access-control-expose-headers"] == "Location,Retry-After"


@pytest.mark.parametrize("origin", [PORTAL, OFFICE])
def test_a18_each_of_several_origins_may_send_what_needs_a_preflight(api: Api, stage: Set, origin: str) -> None:
    stage("ALLOWED_ORIGINS", f"{PORTAL},{OFFICE}")
    reply = ask(api, "OPTIONS", "/api/clients/any/projects/any/connections", origin)
    assert (reply.status, readers(reply), reply.body) == (204, origin, b"")
    assert reply.headers["access-control-allow-methods"] == "GET,HEAD,OPTIONS,POST"


@pytest.mark.parametrize(
    "origin", [None, "null", "https://portal.example.com.evil.example", "http://portal.example.com", f"{PORTAL}:8443"]
)
def test_a18_another_origin_is_named_in_no_answer(api: Api, stage: Set, origin: str | None) -> None:
    stage("ALLOWED_ORIGINS", f"{PORTAL},{OFFICE}")
    for method in ("OPTIONS", "GET"):
        reply = ask(api, method, "/api/me", origin)
        assert (readers(reply), reply.headers["vary"]) == (None, "Origin")


def test_f15_a_stage_that_names_no_origin_lets_no_page_in(api: Api, stage: Set) -> None:
    stage("ALLOWED_ORIGINS", "")
    assert readers(ask(api, "OPTIONS", "/api/me", PORTAL)) is None


def test_every_path_answers_preflights_with_its_own_methods(app: Chalice, api: Api) -> None:
    for path, routes in app.routes.items():
        named = ask(api, "OPTIONS", path.replace("{", "").replace("}", ""), PORTAL)
        assert (named.status, named.headers["access-control-allow-methods"]) == (204, ",".join(sorted(routes))), path


def test_a17_the_stage_says_whether_hosts_below_are_bound_to_encryption(api: Api, stage: Set) -> None:
    for value in ("max-age=63072000", "max-age=63072000; includeSubDomains"):
        stage("HSTS", value)
        for path in ("/api/me", "/api/openapi.json", "/api/docs", "/api/nothing-here"):
            assert api.get(path).headers["strict-transport-security"] == value


@pytest.mark.parametrize(
    ("sent", "address"),
    [
        ("198.51.100.10:46532", "198.51.100.10"),
        ("2001:db8:85a3::8a2e:370:7334:46532", "2001:db8:85a3::8a2e:370:7334"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("somewhere", "192.0.2.1"),
        (None, "192.0.2.1"),
    ],
)
def test_a15_behind_cloudfront_a_caller_has_the_address_that_cloudfront_saw(
    engine: Engine, stage: Set, sent: str | None, address: str
) -> None:
    stage("BEHIND_CLOUDFRONT", "true")
    assert caller_address(_request(sent, origin_key())) == address


@pytest.mark.parametrize("key", [None, "", "guessed", "\xe9", "0" * 64])
def test_a15_who_goes_past_cloudfront_can_not_choose_an_address(engine: Engine, stage: Set, key: str | None) -> None:
    stage("BEHIND_CLOUDFRONT", "true")
    assert caller_address(_request("198.51.100.10:46532", key)) == "192.0.2.1"


def test_a15_the_key_of_a_distribution_outlives_a_new_root_key(engine: Engine, stage: Set) -> None:
    stage("BEHIND_CLOUDFRONT", "true")
    key = origin_key()
    stage("ROOT_KEYS", json.dumps({"new": "n" * 43, **settings.root_keys()}))
    assert key != origin_key()
    assert caller_address(_request("198.51.100.10:46532", key)) == "198.51.100.10"


def test_a15_the_operators_command_prints_the_key(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert origin_key_command.main([]) == 0
    assert capsys.readouterr().out.strip() == origin_key()


def test_a15_without_cloudfront_in_front_nobody_can_choose_an_address(engine: Engine, stage: Set) -> None:
    stage("BEHIND_CLOUDFRONT", "false")
    assert caller_address(_request("198.51.100.10:46532", origin_key())) == "192.0.2.1"
    assert settings.Environment.model_fields["behind_cloudfront"].default is False


def test_a15_the_log_of_logins_has_the_address_that_cloudfront_saw(world: World, api: Api, stage: Set) -> None:
    stage("BEHIND_CLOUDFRONT", "true")
    login = {"clientId": world.utility.client, "login": "admin", "password": PASSWORD}
    headers = {"CloudFront-Viewer-Address": "198.51.100.10:46532", "X-Origin-Key": origin_key()}
    reply = api.send("POST", "/api/auth/login", login, headers)
    reply.expect(200)
    seen = world.people["admin"].get(f"/api/clients/{world.utility.client}/logins").expect(200)["items"]
    assert "198.51.100.10" in {one["address"] for one in seen}


def _request(viewer: str | None, key: str | None) -> Request:
    sent = {"CloudFront-Viewer-Address": viewer, "X-Origin-Key": key}
    headers = {name: value for name, value in sent.items() if value is not None}
    return Request(
        {
            "multiValueQueryStringParameters": None,
            "headers": headers,
            "pathParameters": {},
            "requestContext": {"httpMethod": "GET", "resourcePath": "/", "identity": {"sourceIp": "192.0.2.1"}},
            "body": None,
            "stageVariables": None,
            "isBase64Encoded": False,
        }
    )
