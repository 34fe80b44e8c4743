"""Load the five demo utilities, one per source, through the very use cases that the API calls."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import boto3

from chalicelib.areas import service as area_list
from chalicelib.billing import service as billing
from chalicelib.connections import service as connections
from chalicelib.connections.domain import MeterDetails
from chalicelib.consumers import service as consumers
from chalicelib.files import service as files
from chalicelib.identity import service as identity
from chalicelib.identity.domain import CONSUMER, ROLES
from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.period import Period
from chalicelib.onboarding import service as onboarding
from chalicelib.platform import settings
from chalicelib.readings import service as readings
from chalicelib.service_desk import service as desk
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import Tariff
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Client, Project, ProjectContext, ProjectSettings
from local import presets
from local.demo.people import AREAS, area_code, households
from local.demo.years import BOOKS, FIRST, MONTHS, Book, Meter

PASSWORD = "Demo-2025"
BALILIHAN_STAFF = {"super": "superuser", "admin": "admin", "manager": "manager", "reader": "field_staff"}
BALILIHAN_CONSUMER = "juan"
READER_AREAS = ("Poblacion", "San-Isidro")
# The last of each is answered; Juan, the first consumer, has one of each that waits.
REQUESTS = (
    ("Poblacion", "For the store beside the house."),
    ("San Isidro", None),
    ("Hanopol", "The lot behind the school."),
)
ISSUES = (
    ("Meter hard to read", "The glass is clouded from inside."),
    ("Low pressure", "Only in the morning, since Monday."),
    ("Leaking pipe", "Water comes out beside the meter."),
)
# A login per role of the source, by client. The first consumer of each book can sign in too.
SMALL_STAFF = {
    "waterbilling": {
        "manager@waterbilling.example": "manager", "staff@waterbilling.example": "billing_officer",
    },
    "utility": {
        "admin@utility.example": "admin", "billing@utility.example": "billing_officer",
        "account@utility.example": "account_officer",
    },
    "electricity": {"admin@electricity.example": "admin", "employee@electricity.example": "billing_officer"},
}  # fmt: skip
SMALL_CONSUMERS = {
    "waterbilling": "asha.wb@waterbilling.example",
    "utility": "asha.el@utility.example",
    "electricity": "asha.srv@electricity.example",
}
AVII_STAFF = {"admin@avii.example": "admin", "manager@avii.example": "manager", "viewer@avii.example": "viewer"}
# What the units' meters show on 2025-07-01; 101 and 102 are the ones of the source's examples.
AVII_UNITS = {
    "101": 1774, "102": 30, "103": 512, "104": 90, "105": 1203,
    "106": 744, "107": 15, "108": 2051, "109": 333, "110": 8,
}  # fmt: skip
_LAST_UNIT = "110"


Setting = TypeVar("Setting", bound=Context)


@dataclass(frozen=True, slots=True)
class _Loading:
    """Where the loading is: each step has a name, so that a second try meets what the first one made."""

    context: ProjectContext

    def step(self, *names: str) -> ProjectContext:
        return _step(self.context, *names)

    def step_of(self, consumer_id: str, *names: str) -> ProjectContext:
        actor = Actor(id=consumer_id, role=CONSUMER, permissions=ROLES[CONSUMER], consumer_id=consumer_id)
        return replace(self.step(*names), actor=actor)


def is_loaded() -> bool:
    """Say whether the loading was completed: the last thing that it writes is there."""
    project = Project(presets.AVII.id, presets.WATER_BILLS, presets.WATER_BILLS_SETTINGS)
    return connections.find_by_number(project, account=_LAST_UNIT, meter_number=None) is not None


def load(pause: Callable[[], None]) -> None:
    """Load all utilities; repeated, it makes nothing new. `pause` is called between two steps."""
    _load_balilihan(pause)
    for book in BOOKS:
        _load_year(book, pause)
    _load_avii(pause)


def _load_balilihan(pause: Callable[[], None]) -> None:
    loading = _open(
        presets.BALILIHAN,
        presets.WATERWORKS,
        presets.WATERWORKS_SETTINGS,
        presets.WATERWORKS_TARIFFS,
        datetime(2025, 11, 1, 1, tzinfo=UTC),
    )
    for role in onboarding.list_presets()["balilihan"].roles:
        identity.begin_with_role(loading.step("role", role.name), role=role.as_role())
    for name in AREAS:
        area_list.open_area(loading.step("area", name), code=area_code(name), name=name)
    staff = _register_staff(loading, BALILIHAN_STAFF, pause)
    neighbours: list[str] = []
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
        neighbours.append(consumer.id)
        connections.register_connection(
            loading.step("connection", str(number)),
            consumer_id=consumer.id,
            account=None,
            consumer_class=household.consumer_class,
            meter_number=household.meter_number,
            area=area_code(household.area),
            initial_reading=household.initial_reading,
        )
        if number == 1:
            consumers.open_login(
                loading.step("login"), consumer_id=consumer.id, login=BALILIHAN_CONSUMER, password=PASSWORD
            )

    _fill_desk(loading, staff["manager"], neighbours, pause)


def _fill_desk(loading: _Loading, manager: Actor, neighbours: list[str], pause: Callable[[], None]) -> None:
    """Let some consumers ask for connections and report issues; one of each is answered."""
    for at, (area, note) in enumerate(REQUESTS):
        pause()
        asked = desk.ask_for_connection(
            _minutes_later(loading.step("request", str(at)), at),
            consumer_id=neighbours[at],
            project_id=presets.WATERWORKS,
            consumer_class="residential",
            address=f"{area}, Balilihan, Bohol",
            note=note,
        )
    desk.reject_request(loading.step("rejection"), request_id=asked.id, reason="There is no main in that street yet.")
    for at, (title, description) in enumerate(ISSUES):
        pause()
        reported = desk.report_issue(
            _minutes_later(loading.step_of(neighbours[at], "issue", str(at)), at),
            title=title,
            description=description,
            project_id=presets.WATERWORKS,
            account=None,
        )
    answering = replace(loading.step("answer"), actor=manager)
    desk.respond_to_issue(answering, issue_id=reported.issue.id, text="Somebody comes to look at it tomorrow.")
    desk.move_issue_on(
        replace(loading.step("action"), actor=manager), issue_id=reported.issue.id, status="taking_action"
    )


def _load_year(book: Book, pause: Callable[[], None]) -> None:
    """Open a small utility by its preset, connect its meters, and read and bill them for a year."""
    client = onboarding.list_presets()[book.preset].client
    actor = Actor(id="demo", role="superuser", permissions=ROLES["superuser"])
    opened = datetime(FIRST.year, FIRST.month, 1, 6, tzinfo=UTC)
    ctx = Context(client.id, actor, opened, derived_ids(client.id), book.project)
    onboarding.open_client(_step(ctx, "client"), preset_id=book.preset, name=None)
    loading = _Loading(tenancy.enter_project(ctx))
    if book.prefix == "WB":  # the source names no rates
        tariffs.open_tariff(loading.step("tariff"), tariff=presets.SMALL_WATER_TARIFF)
    _register_staff(loading, SMALL_STAFF[client.id], pause)  # again for a second book, it makes nothing new
    for meter in book.meters():
        pause()
        _load_meter(loading, book, meter)
    _load_readings(loading, book)
    for at in range(MONTHS - book.billed_months, MONTHS):
        pause()
        period = FIRST.shifted(at)
        at_work = _in_month(loading.step("run", book.project, str(period)), period)
        run = billing.start_run(at_work, period=period, billed_on=None, due_on=None)
        billing.plan_run(at_work, run_id=run.id)
        billing.generate_chunk(at_work, run_id=run.id, shard=0)


def _load_readings(loading: _Loading, book: Book) -> None:
    """Bring a year of readings in as one file, the way a utility would."""
    ctx = replace(loading.step("readings", book.project), now=datetime(FIRST.year + 1, 1, 5, 6, tzinfo=UTC))
    name = f"{book.project}-{FIRST.year}.csv"
    record, form = files.ask_for_upload(ctx, kind="readings", file_name=name, period=None)
    file = book.file().encode()
    boto3.client("s3").put_object(Bucket=settings.bucket_name(), Key=form.fields["key"], Body=file)
    readings.run_import(ctx, import_id=record.id)


def _load_meter(loading: _Loading, book: Book, meter: Meter) -> None:
    client = loading.context.client
    email = f"{meter.first_name}.{meter.last_name}.{book.prefix}@example.com".lower()
    step = (book.project, meter.number)
    consumer = consumers.register_consumer(
        loading.step("consumer", *step),
        first_name=meter.first_name,
        last_name=meter.last_name,
        email=email,
        phone=None,
        address=None,
    )
    given = book.preset == "electricity"  # a service number
    connections.register_connection(
        loading.step("connection", *step),
        consumer_id=consumer.id,
        account=meter.number if given else None,
        consumer_class=meter.consumer_class,
        meter_number=meter.number,
        area="",
        initial_reading=meter.initial,
        details=MeterDetails(tariff_id="flat" if book.preset == "utility-billing-system" else None),
    )
    if meter.number.endswith("-001"):
        login = f"{meter.first_name}.{book.prefix}@{client}.example".lower()
        consumers.open_login(loading.step("login", *step), consumer_id=consumer.id, login=login, password=PASSWORD)


def _step(ctx: Setting, *names: str) -> Setting:
    key = " ".join(("demo", *names))
    return replace(ctx, new_id=derived_ids(ctx.client, key), request_key=key)


def _in_month(ctx: ProjectContext, month: Period) -> ProjectContext:
    """Give the setting on the fifth of a month, when its readings are in."""
    return replace(ctx, now=datetime(month.year, month.month, 5, 6, tzinfo=UTC))


def _minutes_later(ctx: Context, minutes: int) -> Context:
    return replace(ctx, now=ctx.now + timedelta(minutes=minutes))


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
        connections.register_connection(
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
    project = tenancy.open_project(client_id=client.id, project_id=project_id, settings=settings)
    actor = Actor(id="demo", role="superuser", permissions=ROLES["superuser"])
    ctx = ProjectContext.of(Context(client.id, actor, now, derived_ids(client.id)), project)
    for tariff in sheet:
        tariffs.open_tariff(ctx, tariff=tariff)
    return _Loading(ctx)


def _register_staff(loading: _Loading, staff: dict[str, str], pause: Callable[[], None]) -> dict[str, Actor]:
    actors: dict[str, Actor] = {}
    for login, role in staff.items():
        pause()
        name = f"Demo {role.replace('_', ' ')}"
        areas = READER_AREAS if role == "field_staff" else ()
        user = identity.register_staff(
            loading.step("user", login), login=login, name=name, password=PASSWORD, role=role, areas=areas
        )
        actors[login] = Actor(user.id, user.role, ROLES[user.role])
    return actors
