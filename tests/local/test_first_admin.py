"""The operator's command makes a client's first administrator, once, with a password that is shown and never given."""

import pytest
from chalice.app import Chalice
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.identity.domain import PERMISSIONS, check_password
from chalicelib.onboarding import service as onboarding
from chalicelib.tenancy.domain import PasswordRule
from local import first_admin, open_client
from tests.support.http import Api
from tests.support.mails import mails_to, token_in
from tests.support.queues import drain
from tests.support.table import items_of


@pytest.mark.parametrize("preset", sorted(onboarding.list_presets()))
def test_the_first_administrator_may_do_everything_and_make_the_others(
    api: Api, capsys: pytest.CaptureFixture[str], preset: str
) -> None:
    client = f"first-{preset[:20]}"
    by_name = onboarding.list_presets()[preset].client.login_names == "username"
    login = "ana" if by_name else "ana@example.com"
    assert open_client.main([preset, client]) == 0
    capsys.readouterr()
    assert first_admin.main([client, login, "--name", "Ana Reyes"]) == 0
    said, password = capsys.readouterr().out.splitlines()
    assert f"Ana Reyes can sign in to {client} as {login}." in said

    ana = api.sign_in(client, login, password)
    assert set(ana.get("/api/me").expect(200)["permissions"]) == set(PERMISSIONS)
    other = {"login": "eva" if by_name else "eva@example.com", "name": "Eva", "password": password, "role": "admin"}
    ana.post(f"/api/clients/{client}/users", other).expect(201)
    assert password not in str(items_of(client, sessions=True))


def test_there_is_one_first_administrator_and_none_of_no_client(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert open_client.main(["balilihan", "one-first"]) == 0
    assert first_admin.main(["one-first", "ana", "--name", "Ana"]) == 0
    before = items_of("one-first")
    capsys.readouterr()
    for arguments, reason in (
        (["one-first", "eva"], "this client already has a superuser, who can create other users"),
        (["no-such-client", "eva"], "there is no such client"),
        (["one-first", "a@b"], "sign-in here is by user name"),
    ):
        assert first_admin.main([*arguments, "--name", "Eva"]) == 1
        told = capsys.readouterr()
        assert (told.out, reason in told.err) == ("", True)
    assert items_of("one-first") == before


def test_who_lost_the_shown_password_has_another_one_mailed(
    app: Chalice, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    assert open_client.main(["balilihan", "lost-first"]) == 0
    address = "ana.lost@example.com"
    assert first_admin.main(["lost-first", "ana", "--name", "Ana", "--email", address]) == 0
    api.post("/api/auth/password-reset", {"clientId": "lost-first", "login": "ana"}).expect(202)
    drain(app, "meterbook-mails")
    body = {"token": token_in(mails_to(address)[-1]), "password": "Battery-staple-2"}
    api.post("/api/auth/password-reset/confirmation", body).expect(200)
    api.sign_in("lost-first", "ana", "Battery-staple-2")


@given(st.builds(PasswordRule, st.integers(1, 72), st.booleans(), st.booleans(), st.booleans(), st.booleans()))
def test_the_password_fits_any_rule_and_is_never_short(rule: PasswordRule) -> None:
    password = first_admin.new_password(rule)
    check_password(password, rule)
    assert len(password) >= 20
    assert password != first_admin.new_password(rule)
