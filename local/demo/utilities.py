"""Load the two demo utilities through the very use cases that the API calls."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from chalicelib.consumers import service as consumers
from chalicelib.identity import service as identity
from chalicelib.identity.domain import ROLES
from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.ids import derived_ids
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import Tariff
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Client, Project, ProjectSettings
from local import presets
from local.demo.people import households

PASSWORD = "Demo-2025"
BALILIHAN_STAFF = {"super": "superuser", "admin": "admin", "reader": "field_staff"}
BALILIHAN_CONSUMER = "juan"
AVII_STAFF = {"admin@avii.example": "admin", "manager@avii.example": "manager", "viewer@avii.example": "viewer"}
# What the units' meters show on 2025-07-01; 101 and 102 are the ones of the source's examples.
AVII_UNITS = {
    "101": 1774, "102": 30, "103": 512, "104": 90, "105": 1203,
    "106": 744, "107": 15, "108": 2051, "109": 333, "110": 8,
}  # fmt: skip
_LAST_UNIT = "110"


@dataclass(frozen=True, slots=True)
class _Loading:
    """Where the loading is: each step has a name, so that a second try meets what the first one made."""

    context: Context

    def step(self, *names: str) -> Context:
        key = " ".join(("demo", *names))
        return replace(self.context, new_id=derived_ids(self.context.client, key), request_key=key)


def is_loaded() -> bool:
    """This function will say whether the loading was completed: the last thing that it writes is there."""
    project = Project(presets.AVII.id, presets.WATER_BILLS, presets.WATER_BILLS_SETTINGS)
    return consumers.find_by_number(project, account=_LAST_UNIT, meter_number=None) is not None


def load(pause: Callable[[], None]) -> None:
    """This function will load both utilities; repeated, it makes nothing new. `pause` is called between two steps."""
    _load_balilihan(pause)
    _load_avii(pause)


def _load_balilihan(pause: Callable[[], None]) -> None:
    loading = _open(
        presets.BALILIHAN,
        presets.WATERWORKS,
        presets.WATERWORKS_SETTINGS,
        presets.WATERWORKS_TARIFFS,
        datetime(2025, 11, 1, 1, tzinfo=UTC),
    )
    _register_staff(loading, BALILIHAN_STAFF, pause)
    for number, household in enumerate(households(), start=1):
        pause()
        consumer = consumers.register_consumer(
            loading.step("consumer", str(number)),
            first_name=household.first_name,
            last_name=household.last_name,
            email=None,
            phone=household.phone,
            address=f"{household.area}, Balilihan, Bohol",
        )
        consumers.register_connection(
            loading.step("connection", str(number)),
            consumer_id=consumer.id,
            account=None,
            consumer_class=household.consumer_class,
            meter_number=household.meter_number,
            area=household.area,
            initial_reading=household.initial_reading,
        )
        if number == 1:
            consumers.open_login(
                loading.step("login"), consumer_id=consumer.id, login=BALILIHAN_CONSUMER, password=PASSWORD
            )


def _load_avii(pause: Callable[[], None]) -> None:
    loading = _open(
        presets.AVII,
        presets.WATER_BILLS,
        presets.WATER_BILLS_SETTINGS,
        presets.WATER_BILLS_TARIFFS,
        datetime(2025, 7, 1, 15, tzinfo=UTC),
    )
    _register_staff(loading, AVII_STAFF, pause)
    for unit, initial in AVII_UNITS.items():
        pause()
        consumers.register_connection(
            loading.step("connection", unit),
            consumer_id=None,
            account=unit,
            consumer_class="unit",
            meter_number=f"WM-{unit}-2025",
            area="Building A",
            initial_reading=Decimal(initial),
        )


def _open(
    client: Client, project_id: str, settings: ProjectSettings, sheet: tuple[Tariff, ...], now: datetime
) -> _Loading:
    tenancy.open_client(client=client)
    tenancy.open_project(client_id=client.id, project_id=project_id, settings=settings)
    actor = Actor(id="demo", role="superuser", permissions=ROLES["superuser"])
    ctx = Context(client=client.id, project=project_id, actor=actor, now=now, new_id=derived_ids(client.id))
    for tariff in sheet:
        tariffs.open_tariff(ctx, tariff=tariff)
    return _Loading(ctx)


def _register_staff(loading: _Loading, staff: dict[str, str], pause: Callable[[], None]) -> None:
    for login, role in staff.items():
        pause()
        name = f"Demo {role.replace('_', ' ')}"
        identity.register_staff(loading.step("user", login), login=login, name=name, password=PASSWORD, role=role)
