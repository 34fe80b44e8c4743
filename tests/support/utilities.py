"""Utilities to test with: each call opens a client of its own, so that tests can't meet in the table."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

from chalicelib.identity import service as identity
from chalicelib.identity.domain import ROLES
from chalicelib.imports import service as imports
from chalicelib.kernel.context import Actor, Context
from chalicelib.platform import clock, storage
from chalicelib.platform import settings as platform_settings
from chalicelib.readings import service as readings
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import FixedCharge, Tariff, UsageCharge
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Client, ProjectContext, ProjectSettings
from local import presets
from tests.support import table
from tests.support.http import Api

PASSWORD = "Correct-horse-1"
NOVEMBER = datetime(2025, 11, 11, 1, 0, tzinfo=UTC)

_number = count(1001)  # four digits from the start: a longer name would make every item longer


@dataclass(frozen=True, slots=True)
class _Opened:
    """What opening a client wrote."""

    client: str
    items: table.Items


_opened: dict[str, _Opened] = {}


@dataclass(frozen=True, slots=True)
class Utility:
    """A client with one project, and how its staff see the API."""

    api: Api
    client: str
    project: str

    @property
    def base(self) -> str:
        return f"/api/clients/{self.client}/projects/{self.project}"

    @property
    def consumers(self) -> str:
        return f"/api/clients/{self.client}/consumers"

    def as_staff(self, role: str = "admin") -> Api:
        """Sign somebody of that role in."""
        login = role if self.project == presets.WATERWORKS else f"{role}@example.com"
        return self.api.sign_in(self.client, login, PASSWORD)

    def context(self, *, now: datetime | None = None, new_id: Callable[[], str] = clock.fresh_id) -> ProjectContext:
        """Return a Context of the admin in the project as it is now, for calling use cases directly."""
        return tenancy.enter_project(self.client_context(now=now, new_id=new_id))

    def client_context(self, *, now: datetime | None = None, new_id: Callable[[], str] = clock.fresh_id) -> Context:
        """Return a Context of the admin for what lies in no project."""
        actor = Actor(id="tester", role="superuser", permissions=ROLES["superuser"])
        return Context(self.client, actor, now or clock.now(), new_id, self.project, request_id="test")


def open_waterworks(
    api: Api,
    *,
    settings: ProjectSettings = presets.WATERWORKS_SETTINGS,
    rates: Mapping[str, str] = {"residential": "22.50", "commercial": "25.00"},
    area_levels: tuple[str, ...] = (),
) -> Utility:
    """Open a rural waterworks as S3 has it: confirmation, 22.50 and 25.00 per m3, 50.00 fixed.

    It keeps a list of areas only if their levels are named; else a connection may carry any word.
    """
    model = replace(presets.BALILIHAN, area_levels=area_levels)
    by_class = tuple(_TariffFacts(name, name, fixed="50.00", rate=rate, per="1") for name, rate in rates.items())
    return _open(api, model, presets.WATERWORKS, settings, by_class)


def open_condominium(api: Api, *, settings: ProjectSettings = presets.WATER_BILLS_SETTINGS) -> Utility:
    """Open a condominium as S1 has it: no confirmation, 5.50 per 1000 gal, 25.00 a month."""
    standard = _TariffFacts("standard", None, fixed="25.00", rate="5.50", per="1000")
    return _open(api, presets.AVII, presets.WATER_BILLS, settings, (standard,))


def register_connection(
    staff: Api,
    utility: Utility,
    meter: str,
    *,
    initial: str = "0",
    area: str = "Poblacion",
    consumer_class: str = "residential",
) -> dict[str, str]:
    """Register a consumer with one connection over HTTP and give the connection."""
    consumer = staff.post(utility.consumers, {"firstName": "Juan", "lastName": f"Dela Cruz {meter}"}).expect(201)
    body = {
        "consumerId": consumer["id"],
        "consumerClass": consumer_class,
        "meterNumber": meter,
        "area": area,
        "initialReading": initial,
    }
    made: dict[str, str] = staff.post(f"{utility.base}/connections", body).expect(201)
    return made


def bring_history(utility: Utility, staff: Api, months: object) -> str:
    """Bring a former system's history in, as of 11 November 2025, and give the import's id."""
    return bring_file(utility, staff, "history", json.dumps({"months": months}).encode())


def bring_file(utility: Utility, staff: Api, kind: str, file: bytes, *, now: datetime = NOVEMBER) -> str:
    """Import a file of a kind, as of 11 November 2025 or of another moment, and give the import's id."""
    announced = staff.post(f"{utility.base}/{kind}/imports", {"fileName": f"{kind}.file"}).expect(201)
    key = announced["upload"]["fields"]["key"]
    storage._client().put_object(Bucket=platform_settings.bucket_name(), Key=key, Body=file)
    run = {
        "readings": readings.run_import,
        "registry": imports.run_registry_import,
        "history": imports.run_history_import,
        "bank": imports.run_bank_import,
    }
    run[kind](utility.context(now=now), import_id=announced["id"])
    return str(announced["id"])


@dataclass(frozen=True, slots=True)
class _TariffFacts:
    name: str
    consumer_class: str | None
    fixed: str
    rate: str
    per: str


def _open(
    api: Api, model: Client, project: str, settings: ProjectSettings, tariff_facts: tuple[_TariffFacts, ...]
) -> Utility:
    """Open a client, or copy one that was opened the same way: its items are the same but for names, ids and times."""
    utility = Utility(api, f"{model.id}-{next(_number)}", project)
    is_today = abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    like = repr((model, project, settings, tariff_facts, None if is_today else clock.now()))
    if like in _opened:
        table.write(table.copy_for(_opened[like].items, client=_opened[like].client, other=utility.client))
        return utility
    tenancy.open_client(client=replace(model, id=utility.client))
    tenancy.open_project(client_id=utility.client, project_id=project, settings=settings)
    for role in ("superuser", "admin", "manager", "viewer", "field_staff"):
        login = role if model.login_names == "username" else f"{role}@example.com"
        areas = ("Poblacion",) if role == "field_staff" and not model.area_levels else ()
        identity.register_staff(
            utility.client_context(), login=login, name=role, password=PASSWORD, role=role, areas=areas
        )
    for facts in tariff_facts:
        _open_tariff(utility, facts, settings)
    _opened[like] = _Opened(utility.client, table.items_about(utility.client))
    return utility


def _open_tariff(utility: Utility, facts: _TariffFacts, settings: ProjectSettings) -> None:
    tariff = Tariff(
        id=facts.name,
        version=1,
        name=facts.name,
        currency=settings.currency,
        unit=settings.unit,
        valid_from=date(2020, 1, 1),
        consumer_class=facts.consumer_class,
        charges=(
            UsageCharge(code="usage", label="Water", rate=Decimal(facts.rate), per=Decimal(facts.per)),
            FixedCharge(code="fixed", label="Fixed charge", amount=Decimal(facts.fixed)),
        ),
    )
    tariffs.open_tariff(utility.context(), tariff=tariff)
