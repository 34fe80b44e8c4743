"""Tenants opened by a preset, as each of the five sources has it, and driven over HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any, Self

from chalice.app import Chalice

from chalicelib.identity import service as identity
from chalicelib.identity.domain import ROLES
from chalicelib.kernel.context import Actor, Context
from chalicelib.onboarding import service as onboarding
from chalicelib.platform import clock
from chalicelib.tenancy import service as tenancy
from tests.support.http import Api, whole_bills
from tests.support.queues import drain

PASSWORD = "Abcdef1!"
_number = count(5001)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A client opened by a preset, and its administrator signed in."""

    app: Chalice
    api: Api
    client: str
    admin: Api

    def on(self, day: str) -> Self:
        """Move the clock to noon of a day, and sign the administrator in anew."""
        _move_clock(day)
        return replace(self, admin=self.sign_in("admin"))

    def sign_in(self, name: str) -> Api:
        """Sign in a user whose login name is that name, or the e-mail address with it."""
        return self.api.sign_in(self.client, _login(self.client, name), PASSWORD)

    def register(self, role: str, areas: Sequence[str] = ()) -> Api:
        """Make a user of a role without the API, where the administrator may not, and sign them in."""
        ctx = _context(self.client)
        login = _login(self.client, role)
        identity.register_staff(ctx, login=login, name=role, password=PASSWORD, role=role, areas=tuple(areas))
        return self.sign_in(role)

    def base(self, project: str) -> str:
        return f"/api/clients/{self.client}/projects/{project}"

    def person(self, name: str) -> str:
        """Register a consumer."""
        body = {"firstName": "Ana", "lastName": f"Reyes {name}"}
        made: str = self.admin.post(f"/api/clients/{self.client}/consumers", body).expect(201)["id"]
        return made

    def staff(self, role: str) -> Api:
        """Make a user of a role and sign them in. The client goes by e-mail addresses."""
        login = f"{role}@example.com"
        body = {"login": login, "name": role, "password": PASSWORD, "role": role}
        self.admin.post(f"/api/clients/{self.client}/users", body).expect(201)
        return self.api.sign_in(self.client, login, PASSWORD)

    def consumer(self, name: str) -> Api:
        """Register a consumer with a login and sign them in. The client goes by e-mail addresses."""
        body = {"login": f"{name.lower()}@example.com", "password": PASSWORD}
        self.admin.post(f"/api/clients/{self.client}/consumers/{self.person(name)}/login", body).expect(201)
        return self.api.sign_in(self.client, body["login"], PASSWORD)

    def connect(self, project: str, **facts: Any) -> str:  # noqa: ANN401
        """Register a consumer, unless one is given or none is wanted, and a connection of theirs."""
        if facts.get("consumerId", "") == "":
            facts["consumerId"] = self.person(facts["meterNumber"])
        account: str = self.admin.post(f"{self.base(project)}/connections", facts).expect(201)["accountNumber"]
        return account

    def read(self, project: str, meter: str, value: str, read_on: str) -> dict[str, Any]:
        body = {"meterNumber": meter, "reading": value, "readOn": read_on}
        reading: dict[str, Any] = self.admin.post(f"{self.base(project)}/readings", body).expect(201)
        return reading

    def bill(self, project: str, period: str, **days: str) -> dict[str, dict[str, Any]]:
        """Run a period and give its bills by account."""
        self.admin.post(f"{self.base(project)}/billing-runs", {"period": period, **days}).expect(202)
        drain(self.app, "meterbook-billing")
        bills = whole_bills(self.admin, self.base(project), period)
        return {bill["accountNumber"]: bill for bill in bills}


def open_tenant(app: Chalice, api: Api, preset: str, day: str) -> Tenant:
    """Open a client by a preset, at noon of a day, with somebody who administers it."""
    _move_clock(day)
    client = f"t{next(_number)}"
    ctx = _context(client)
    opened = onboarding.open_client(ctx, preset_id=preset, name=None)
    assert onboarding.open_client(ctx, preset_id=preset, name=None) == opened  # again, it makes nothing new
    login = _login(client, "admin")
    identity.register_staff(ctx, login=login, name="Admin", password=PASSWORD, role="admin")
    return Tenant(app, api, client, api.sign_in(client, login, PASSWORD))


def _move_clock(day: str) -> None:
    instant = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    clock.use_time(lambda: instant)


def _context(client: str) -> Context:
    return Context(
        client, Actor("operator", "superuser", ROLES["superuser"]), clock.now(), clock.fresh_id, request_id="test"
    )


def _login(client: str, name: str) -> str:
    return name if tenancy.get_client(_context(client)).login_names == "username" else f"{name}@example.com"
