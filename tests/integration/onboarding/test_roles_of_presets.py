"""A client that is opened by a preset has the roles of its source, with what they may not do there."""

from typing import Any

import pytest

from chalicelib.identity import service as identity
from chalicelib.onboarding import service as onboarding
from chalicelib.platform.jobs import job_context
from tests.support.http import Api
from tests.support.utilities import PASSWORD, Utility


def _opened(api: Api, preset: str, client: str, mail: str, *roles: str) -> dict[str, Api]:
    """Open a client by a preset and sign somebody of each role in, made by its first superuser."""
    onboarding.open_client(job_context("open_client", client=client, project=""), preset_id=preset, name=None)
    identity.register_first_superuser(
        Utility(api, client, "").client_context(), login=f"super{mail}", name="Super", password=PASSWORD
    )
    people = {"superuser": api.sign_in(client, f"super{mail}", PASSWORD)}
    for role in roles:
        people["superuser"].post(_users(client), _user(f"{role}{mail}", role)).expect(201)
        people[role] = api.sign_in(client, f"{role}{mail}", PASSWORD)
    return people


def _users(client: str) -> str:
    return f"/api/clients/{client}/users"


def _user(login: str, role: str) -> dict[str, Any]:
    return {"login": login, "name": role, "password": PASSWORD, "role": role}


@pytest.mark.covers("S3-004", "S3-005", "S3-006", "S3-011")
def test_at_balilihan_only_superusers_manage_users_and_settings(api: Api) -> None:
    people = _opened(api, "balilihan", "by-roles-s3", "", "admin", "field_staff")
    client = "/api/clients/by-roles-s3"
    settings = people["superuser"].get(f"{client}/settings").expect(200)
    for role, status in (("superuser", 200), ("admin", 403), ("field_staff", 403)):
        changed = people[role].patch(f"{client}/settings", {"version": 0, "settings": settings["settings"]})
        assert changed.status == status
        made = people[role].post(_users("by-roles-s3"), _user(f"n{role[:5]}", "field_staff"))
        assert made.status == (201 if status == 200 else status)
    for role in ("superuser", "admin"):
        people[role].get(f"{client}/logins").expect(200)
        people[role].get(f"{client}/audit-log").expect(200)
    people["admin"].post(f"{client}/consumers", {"firstName": "Ana", "lastName": "Cruz"}).expect(201)
    people["field_staff"].get(f"{client}/logins").expect(403)


@pytest.mark.covers("S2-012", "S2-020")
def test_at_the_utility_billing_system_only_admins_manage_what_bills_are_made_of(api: Api) -> None:
    people = _opened(
        api, "utility-billing-system", "by-roles-s2", "@x.example", "admin", "billing_officer", "account_officer"
    )
    client = "/api/clients/by-roles-s2"
    project = f"{client}/projects/{people['admin'].get(f'{client}/projects').expect(200)['items'][0]['id']}"
    writes = (
        _users("by-roles-s2"),
        f"{client}/projects",
        f"{project}/tariffs",
        f"{client}/billing-cycles",
        f"{project}/connections",
    )
    for path in writes:
        assert people["admin"].post(path, {}).status == 400
        for role in ("billing_officer", "account_officer"):
            people[role].post(path, {}).expect(403)
    assert people["billing_officer"].post(f"{project}/readings", {}).status == 400
    people["account_officer"].post(f"{project}/readings", {}).expect(403)


@pytest.mark.covers("S0-008")
def test_at_the_water_billing_backend_processors_are_staff_or_managers(api: Api) -> None:
    people = _opened(api, "water-billing-backend", "by-roles-s0", "@x.example", "billing_officer", "manager")
    assert people.keys() == {"superuser", "billing_officer", "manager"}
    refused = people["superuser"].post(_users("by-roles-s0"), _user("boss@x.example", "boss")).expect(400)
    assert refused["code"] == "unknown-role"
