"""A forgotten password is set anew by a token that is mailed: good once, not for long, and telling nobody anything."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from botocore.exceptions import ClientError
from chalice.app import Chalice

from chalicelib.identity import service
from chalicelib.identity.domain.lockout import PER_NETWORK
from chalicelib.identity.domain.resets import FEW_OF_NETWORK
from chalicelib.kernel.errors import TooMany
from chalicelib.platform import settings
from local import events
from tests.support.faults import MODES, Death, Mode, faults, just_before_writing, mails_refused
from tests.support.http import Api, Reply
from tests.support.mails import mails_to, token_in
from tests.support.queues import drain
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_waterworks

At = Callable[[datetime], None]
NEW = "Battery-staple-2"

_number = count(1)


@pytest.fixture
def utility(app: Chalice, api: Api, at: At) -> Utility:
    drain(app, "meterbook-mails")
    at(NOVEMBER)
    return open_waterworks(api)


@pytest.fixture
def ana(utility: Utility) -> str:
    """The e-mail address of a viewer who signs in as ana."""
    address = f"ana{next(_number)}@example.com"
    service.register_staff(
        utility.client_context(), login="ana", name="Ana", password=PASSWORD, role="viewer", email=address, phone=None
    )
    return address


def _ask(utility: Utility, login: str = "ana") -> Reply:
    return utility.api.post("/api/auth/password-reset", {"clientId": utility.client, "login": login})


def _mailed(app: Chalice, utility: Utility, address: str, login: str = "ana") -> str:
    """Ask for a token, have it mailed, and look into the mailbox."""
    _ask(utility, login).expect(202)
    drain(app, "meterbook-mails")
    return token_in(mails_to(address)[-1])


def _confirm(utility: Utility, token: str, password: str = NEW) -> Reply:
    return utility.api.post("/api/auth/password-reset/confirmation", {"token": token, "password": password})


def _signs_in(utility: Utility, password: str, login: str = "ana") -> bool:
    body = {"clientId": utility.client, "login": login, "password": password}
    return utility.api.post("/api/auth/login", body).status == 200


@pytest.mark.covers("S3-112")
def test_a_forgotten_password_is_set_by_a_token_that_is_good_once(app: Chalice, utility: Utility, ana: str) -> None:
    session = utility.as_staff("ana")
    token = _mailed(app, utility, ana)

    assert _confirm(utility, token).expect(200) == {"sessions": 1}
    assert session.get("/api/me").expect(401)["code"] == "session-ended"
    assert (_signs_in(utility, PASSWORD), _signs_in(utility, NEW)) == (False, True)
    assert _confirm(utility, token, "Another-one-3").expect(400)["code"] == "bad-reset"
    assert _signs_in(utility, NEW)


def test_a_reset_is_on_record_as_the_users_own_deed(app: Chalice, utility: Utility, ana: str) -> None:
    _confirm(utility, _mailed(app, utility, ana)).expect(200)
    me = utility.api.sign_in(utility.client, "ana", NEW).get("/api/me").expect(200)["id"]
    log = utility.as_staff().get(f"/api/clients/{utility.client}/audit-log", subjectKind="user", subjectId=me)
    said = {(entry["action"], entry["actorId"]) for entry in log.expect(200)["items"]}
    assert said >= {("user.password-reset", me), ("user.reset-mailed", "job:send_mails")}


@pytest.mark.covers("S3-112")
def test_nobody_learns_from_asking_who_there_is(app: Chalice, utility: Utility, ana: str) -> None:
    admin = utility.as_staff()
    disabled = admin.get("/api/clients/" + utility.client + "/users", q="manager").expect(200)["items"][0]["id"]
    admin.put(f"/api/clients/{utility.client}/users/{disabled}/status", {"status": "disabled"}).expect(200)
    before = len(items_of(utility.client))
    elsewhere = replace(utility, client="no-such-tenant")
    answers = []
    for there, login in (
        (utility, "ana"),
        (utility, "nobody"),
        (utility, "manager"),  # disabled
        (utility, "viewer"),  # has no e-mail address
        (utility, "a#b \u202e"),
        (elsewhere, "ana"),
    ):
        with faults() as watched:
            reply = _ask(there, login)
        answers.append((reply.status, reply.body, tuple(watched.calls)))
    assert set(answers) == {(202, b'{"goodMinutes":60}', ("UpdateItem", "TransactWriteItems", "SendMessage"))}
    assert items_of("no-such-tenant", sessions=True) == {}
    drain(app, "meterbook-mails")
    assert len(mails_to(ana)) == 1
    assert len(items_of(utility.client)) == before + 2  # one reset, and its entry of the audit log
    assert items_of("no-such-tenant") == {}


def test_what_is_stored_and_queued_is_of_no_use_to_a_thief(app: Chalice, utility: Utility, ana: str) -> None:
    _ask(utility).expect(202)
    url = events.queue_url("meterbook-mails")
    (waiting,) = events.receive(url, at_most=10, wait_seconds=0)
    assert set(json.loads(waiting["Body"])) == {"kind", "client", "login", "order"}
    events.sqs().change_message_visibility(QueueUrl=url, ReceiptHandle=waiting["ReceiptHandle"], VisibilityTimeout=0)
    drain(app, "meterbook-mails")
    secret = token_in(mails_to(ana)[-1]).rpartition(".")[2]
    assert len(secret) >= 43
    assert secret not in str(items_of(utility.client, sessions=True))


def test_a_token_is_good_for_an_hour_and_then_dropped(app: Chalice, utility: Utility, ana: str, at: At) -> None:
    token = _mailed(app, utility, ana)
    (kept,) = [item for key, item in items_of(utility.client).items() if "#RESET#" in key]
    assert int(kept["ttl"]["N"]) == int((NOVEMBER + timedelta(days=1)).timestamp())
    at(NOVEMBER + timedelta(hours=1))
    assert _confirm(utility, token).expect(400)["code"] == "bad-reset"
    at(NOVEMBER + timedelta(minutes=59, seconds=59))
    _confirm(utility, token).expect(200)


@pytest.mark.covers("S3-112")
def test_of_two_who_use_one_token_at_the_same_moment_one_sets_the_password(
    app: Chalice, utility: Utility, ana: str
) -> None:
    token = _mailed(app, utility, ana)
    passwords = [f"Battery-staple-{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(lambda password: _confirm(utility, token, password), passwords))
    assert sorted(reply.status for reply in replies) == [200, 400, 400, 400]
    winner = next(at for at, reply in enumerate(replies) if reply.status == 200)
    assert [_signs_in(utility, password) for password in passwords] == [at == winner for at in range(4)]


def test_who_resets_by_mail_gets_in_from_a_network_that_others_have_used_up(
    app: Chalice, utility: Utility, ana: str
) -> None:
    """F2: others' thirty wrong passwords kept out who never signed in there, and the advised reset didn't help."""
    body = {"clientId": utility.client, "password": "wrong"}
    for number in range(PER_NETWORK):
        utility.api.post("/api/auth/login", body | {"login": f"name-{number}"}).expect(401)
    refused = utility.api.post("/api/auth/login", body | {"login": "ana", "password": PASSWORD}).expect(429)
    assert "reset the password by mail" in refused["detail"]
    _confirm(utility, _mailed(app, utility, ana)).expect(200)
    assert utility.api.post("/api/auth/login", body | {"login": "ana"}).status == 429
    assert _signs_in(utility, NEW)


def test_a_second_use_between_reading_and_writing_is_refused(app: Chalice, utility: Utility, ana: str) -> None:
    token = _mailed(app, utility, ana)
    with just_before_writing(lambda: _confirm(utility, token).expect(200)):
        assert _confirm(utility, token, "Another-one-3").expect(400)["code"] == "bad-reset"
    assert _signs_in(utility, NEW)


def test_a_sign_in_at_the_same_moment_does_not_lose_the_reset(app: Chalice, utility: Utility, ana: str) -> None:
    token = _mailed(app, utility, ana)
    with just_before_writing(lambda: utility.as_staff("ana")):
        assert _confirm(utility, token).expect(200) == {"sessions": 1}
    assert (_signs_in(utility, PASSWORD), _signs_in(utility, NEW)) == (False, True)


def test_requests_from_one_network_are_few_an_hour_whomever_they_name(
    app: Chalice, utility: Utility, ana: str, at: At
) -> None:
    """F12: 600 requests delayed everybody's mails."""
    ctx = replace(utility.client_context(now=NOVEMBER), address="192.0.2.66")
    answers = []
    for number in range(60):
        client = utility.client if number % 2 else f"no-such-tenant-{number}"
        try:
            service.ask_for_reset(ctx, client_id=client, login=f"name-{number}")
        except TooMany as refusal:
            answers.append((refusal.code, refusal.retry_after_seconds))
    assert answers == [("too-many-resets", 3600)] * 30
    _mailed(app, utility, ana)  # from elsewhere
    service.ask_for_reset(replace(ctx, now=NOVEMBER + timedelta(hours=1)), client_id=utility.client, login="ana")


def test_requests_for_one_client_are_bounded_wherever_they_come_from(utility: Utility) -> None:
    ctx = utility.client_context(now=NOVEMBER)
    for number in range(300):
        service.ask_for_reset(replace(ctx, address=f"198.51.{number}.1"), client_id=utility.client, login="ana")
    # Each network has a few of its own, so that a stranger with many addresses keeps no other network out.
    elsewhere = replace(ctx, address="203.0.113.1")
    for _ in range(FEW_OF_NETWORK):
        service.ask_for_reset(elsewhere, client_id=utility.client, login="ana")
    with pytest.raises(TooMany):
        service.ask_for_reset(elsewhere, client_id=utility.client, login="ana")
    other = open_waterworks(utility.api)
    service.ask_for_reset(replace(ctx, address="203.0.113.1"), client_id=other.client, login="ana")


def test_only_the_newest_token_counts(app: Chalice, utility: Utility, ana: str, at: At) -> None:
    first = _mailed(app, utility, ana)
    at(NOVEMBER + timedelta(minutes=2))
    second = _mailed(app, utility, ana)
    assert second != first
    assert _confirm(utility, first).expect(400)["code"] == "bad-reset"
    _confirm(utility, second).expect(200)


def test_nobodys_mailbox_is_flooded_and_nobody_is_kept_from_a_good_token(
    app: Chalice, utility: Utility, ana: str, at: At
) -> None:
    for minute in range(0, 126, 2):
        ctx = utility.client_context(now=NOVEMBER + timedelta(minutes=minute))
        service.mail_reset(ctx, login="ana", order=str(minute))
    assert len(mails_to(ana)) == 7  # after 0, 2, 6, 14, 30, 62 and 122 minutes, and then one an hour
    at(NOVEMBER + timedelta(minutes=124))
    _confirm(utility, token_in(mails_to(ana)[-1])).expect(200)


def test_many_who_ask_at_once_get_one_mail(app: Chalice, utility: Utility, ana: str) -> None:
    def ask(number: int) -> bool:
        return service.mail_reset(utility.client_context(), login="ana", order=str(number))

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(ask, range(6))) == 1
    (text,) = mails_to(ana)
    _confirm(utility, token_in(text)).expect(200)


def test_a_password_that_is_too_weak_leaves_the_token_good(app: Chalice, utility: Utility, ana: str) -> None:
    token = _mailed(app, utility, ana)
    assert _confirm(utility, token, "password123").expect(400)["code"] == "weak-password"
    _confirm(utility, token).expect(200)


@pytest.mark.parametrize(
    ("method", "end", "body"),
    [
        ("PUT", "/password", {"password": "Set-by-admin-1"}),
        ("PUT", "/status", {"status": "disabled"}),
        ("PATCH", "", {"email": "other@example.com"}),
        ("DELETE", "", None),
    ],
)
def test_a_token_ends_with_the_password_the_address_or_the_user_it_was_for(
    app: Chalice, utility: Utility, ana: str, method: str, end: str, body: object
) -> None:
    token = _mailed(app, utility, ana)
    user = utility.as_staff("ana").get("/api/me").expect(200)["id"]
    utility.as_staff().send(method, f"/api/clients/{utility.client}/users/{user}{end}", body).expect(200)
    assert _confirm(utility, token).expect(400)["code"] == "bad-reset"


def test_invented_tokens_are_refused_and_harm_nobody(app: Chalice, utility: Utility, ana: str) -> None:
    token = _mailed(app, utility, ana)
    client, user, secret = token.split(".")
    for invented in (
        f"{client}.{user}.{secret}x",
        f"{client}.{user}.",
        f"other.{user}.{secret}",
        f"{client}.01ARYZ6S410000000000000000.{secret}",
        f"a#b.{user}.{secret}",
        f"{client}.{user}#.{secret}",
        secret,
        "..",
        "x" * 200,
    ):
        assert _confirm(utility, invented).expect(400)["code"] == "bad-reset"
    _confirm(utility, token).expect(200)


def test_a_reset_ends_the_wait_after_wrong_passwords(app: Chalice, utility: Utility, ana: str) -> None:
    for _ in range(10):
        assert not _signs_in(utility, "wrong")
    body = {"clientId": utility.client, "login": "ana", "password": PASSWORD}
    utility.api.post("/api/auth/login", body).expect(429)
    _confirm(utility, _mailed(app, utility, ana)).expect(200)
    assert _signs_in(utility, NEW)


def test_a_consumer_gets_the_mail_at_the_address_that_the_utility_knows(app: Chalice, utility: Utility) -> None:
    admin, address = utility.as_staff(), f"juan{next(_number)}@example.com"
    body = {"firstName": "Juan", "lastName": "Cruz", "email": address}
    consumer = admin.post(utility.consumers, body).expect(201)["id"]
    admin.post(f"{utility.consumers}/{consumer}/login", {"login": "juan", "password": PASSWORD}).expect(201)
    _confirm(utility, _mailed(app, utility, address, "juan")).expect(200)
    assert _signs_in(utility, NEW, "juan")


@pytest.mark.parametrize("mode", MODES)
def test_a_mail_whose_sending_was_interrupted_anywhere_is_sent_when_the_message_comes_again(
    utility: Utility, mode: Mode
) -> None:
    struck, at = True, 0
    while struck:
        login, order = f"eva{at}", str(next(_number))
        address = f"{login}.{order}@example.com"
        service.register_staff(
            utility.client_context(), login=login, name="Eva", password=PASSWORD, role="viewer", email=address
        )
        with faults(strike_at=at, mode=mode) as fault, suppress(Death, Exception):
            service.mail_reset(utility.client_context(), login=login, order=order)
        service.mail_reset(utility.client_context(), login=login, order=order)
        _confirm(utility, token_in(mails_to(address)[-1])).expect(200)
        assert _signs_in(utility, NEW, login)
        struck, at = fault.struck, at + 1
    assert at == 5  # two reads, a transaction, a mail, and once without a fault


def test_a_mail_to_an_address_that_nobody_can_have_is_dropped_and_any_other_comes_again(
    app: Chalice, utility: Utility, ana: str
) -> None:
    ctx = utility.client_context()
    with mails_refused("BadRequestException"):
        assert service.mail_reset(ctx, login="ana", order="1") is False
    with mails_refused("MessageRejected"), pytest.raises(ClientError, match="MessageRejected"):
        service.mail_reset(ctx, login="ana", order="1")
    assert mails_to(ana) == []
    assert service.mail_reset(ctx, login="ana", order="1") is True
    _confirm(utility, token_in(mails_to(ana)[-1])).expect(200)


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a portal, as the environment names it during a test."""
    address = "https://portal.example"
    monkeypatch.setenv("METERBOOK_PORTAL", address)
    settings.read_again()
    yield address
    settings.read_again()


def test_where_there_is_a_portal_the_mail_leads_to_it(utility: Utility, ana: str, portal: str) -> None:
    service.mail_reset(utility.client_context(), login="ana", order="1")
    assert f"\n{portal}/reset-password#{utility.client}." in mails_to(ana)[-1]
