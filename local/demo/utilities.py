"""Load the five demo utilities, one per source. Their year ends on the day they are loaded."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from chalicelib.areas import service as area_list
from chalicelib.connections import service as connections
from chalicelib.connections.domain import MeterDetails
from chalicelib.consumers import service as consumers
from chalicelib.identity import service as identity
from chalicelib.identity.domain import ROLES
from chalicelib.kernel.context import Actor
from chalicelib.kernel.period import Period
from chalicelib.onboarding import service as onboarding
from chalicelib.service_desk import service as desk
from chalicelib.tenancy.domain import Project, ProjectContext
from local import presets
from local.demo.day import DemoDay
from local.demo.history import MeterReading, reading_days, shown_before
from local.demo.loading import Loading, open_utility
from local.demo.people import AREAS, Household, area_code, households
from local.demo.years import BOOKS, MONTHS, Book, Meter

PASSWORD = "Demo-2025"
BALILIHAN_STAFF = {"super": "superuser", "admin": "admin", "manager": "manager", "reader": "field_staff"}
BALILIHAN_CONSUMER = "juan"
READER_AREAS = ("Poblacion", "San-Isidro")
# The last of each is answered; Juan, the first consumer, has a pending one of each.
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
        "admin@waterbilling.example": "admin", "manager@waterbilling.example": "manager",
        "staff@waterbilling.example": "billing_officer",
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
# The units' last readings and their use in a month; 101 and 102 are the source's examples.
AVII_UNITS = {
    "101": (1774, 11), "102": (30, 5), "103": (512, 38), "104": (90, 14), "105": (1203, 55),
    "106": (744, 22), "107": (15, 3), "108": (2051, 61), "109": (333, 19), "110": (8, 0),
}  # fmt: skip
_NEW_UNIT = "110"  # connected, and never read yet
_BALILIHAN_MONTHS = 3


def is_loaded() -> bool:
    """Return whether the demo was loaded completely: the last thing that loading writes exists."""
    project = Project(presets.AVII.id, presets.WATER_BILLS, presets.WATER_BILLS_SETTINGS)
    return connections.find_by_number(project, account=_NEW_UNIT, meter_number=None) is not None


def load(day: DemoDay, pause: Callable[[], None]) -> None:
    """Load all utilities. Idempotent for the same day. `pause` is called between steps."""
    _load_balilihan(day, households(), pause)
    for book in BOOKS:
        _load_year(day, book, pause)
    _load_avii(day, pause)


def _load_balilihan(day: DemoDay, people: Sequence[Household], pause: Callable[[], None]) -> None:
    month = day.month(presets.WATERWORKS_SETTINGS.timezone)
    since = month.shifted(-_BALILIHAN_MONTHS).first_day
    preset = onboarding.list_presets()["balilihan"]
    loading = open_utility(day, preset, presets.WATERWORKS, presets.WATERWORKS_TARIFFS, since=since)
    for name in AREAS:
        area_list.open_area(loading.step("area", name), code=area_code(name), name=name)
    staff = _register_staff(loading, BALILIHAN_STAFF, pause)
    neighbours: list[str] = []
    read: list[MeterReading] = []
    for number, household in enumerate(people, start=1):
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
        shown = _shown(household)
        connection = connections.register_connection(
            loading.step("connection", str(number)),
            consumer_id=consumer.id,
            account=None,
            consumer_class=household.consumer_class,
            meter_number=household.meter_number,
            area=area_code(household.area),
            initial_reading=shown[0],
        )
        read += _readings(connection.account, household, shown, loading.today)
        if number == 1:
            consumers.open_login(
                loading.step("login"), consumer_id=consumer.id, login=BALILIHAN_CONSUMER, password=PASSWORD
            )
    _fill_desk(loading, staff["manager"], neighbours, pause)
    last_read_on = max(one.read_on for one in read)
    waiting = [one for one in read if one.read_on == last_read_on >= month.first_day]
    loading.bring_history(one for one in read if one not in waiting)
    if waiting:
        loading.bring_readings(waiting)


def _shown(household: Household) -> list[Decimal]:
    """Return a meter's values at each reading, this month's last."""
    usage = household.reading - household.initial_reading
    return [
        *shown_before(household.meter_number, household.initial_reading, usage, months=_BALILIHAN_MONTHS),
        household.reading,
    ]


def _readings(account: str, household: Household, shown: list[Decimal], today: date) -> list[MeterReading]:
    """Return a meter's readings up to yesterday; each area is read on a day of its own."""
    days = reading_days(Period.of(today).day(household.reading_day), len(shown) - 1)
    return [
        MeterReading(account, household.meter_number, household.consumer_class, read_on, prior, current)
        for read_on, (prior, current) in zip(days, pairwise(shown), strict=True)
        if read_on < today
    ]


def _fill_desk(loading: Loading, manager: Actor, neighbours: list[str], pause: Callable[[], None]) -> None:
    """Let some consumers request connections and report issues; one of each is answered."""
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


def _load_year(day: DemoDay, book: Book, pause: Callable[[], None]) -> None:
    """Open a small utility from its preset, with connections and a year of readings and bills.

    Eleven months come from a history, and the last one is billed here: nothing of it is due or paid yet.
    """
    preset = onboarding.list_presets()[book.preset]
    project = next(project for project in preset.projects if project.id == book.project)
    today = day.today(project.settings.timezone)
    sheet = onboarding.tariffs_of(project) or (presets.SMALL_WATER_TARIFF,)  # one source has no rates
    since = book.first_reading_day(today).replace(day=1)
    loading = open_utility(day, preset, book.project, sheet, since=since)
    _register_staff(loading, SMALL_STAFF[preset.client.id], pause)  # idempotent: called again for a second book
    read: list[MeterReading] = []
    for meter in book.meters():
        pause()
        read += book.year_of(meter, _connect(loading, book, meter), today)
    last_read_on = max(one.read_on for one in read)
    loading.bring_history(one for one in read if one.read_on < last_read_on)
    loading.bring_readings(one for one in read if one.read_on == last_read_on)
    loading.bill(Period.of(last_read_on))


def _connect(loading: Loading, book: Book, meter: Meter) -> str:
    """Register a connection and return its account number."""
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
    connection = connections.register_connection(
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
        login = f"{meter.first_name}.{book.prefix}@{loading.context.client}.example".lower()
        consumers.open_login(loading.step("login", *step), consumer_id=consumer.id, login=login, password=PASSWORD)
    return connection.account


def _load_avii(day: DemoDay, pause: Callable[[], None]) -> None:
    today = day.today(presets.WATER_BILLS_SETTINGS.timezone)
    read_on = reading_days((today - timedelta(days=1)).replace(day=1), MONTHS)
    since = Period.of(read_on[0]).shifted(-1).first_day
    preset = onboarding.list_presets()["water-bills"]
    loading = open_utility(day, preset, presets.WATER_BILLS, presets.WATER_BILLS_TARIFFS, since=since)
    _register_staff(loading, AVII_STAFF, pause)
    read: list[MeterReading] = []
    for unit, (last, usage) in AVII_UNITS.items():
        if unit == _NEW_UNIT:
            loading.bring_history(read)
        pause()
        shown = shown_before(unit, Decimal(last), Decimal(usage), months=0 if unit == _NEW_UNIT else MONTHS)
        connections.register_connection(
            loading.step("connection", unit),
            consumer_id=None,
            account=unit,
            consumer_class="unit",
            meter_number=f"WM-{unit}-2025",
            area="Building A",
            initial_reading=shown[0],
        )
        read += [
            MeterReading(unit, f"WM-{unit}-2025", "unit", on, prior, current)
            for on, (prior, current) in zip(read_on[MONTHS + 1 - len(shown) :], pairwise(shown), strict=True)
        ]


def _minutes_later(ctx: ProjectContext, minutes: int) -> ProjectContext:
    return replace(ctx, now=ctx.now + timedelta(minutes=minutes))


def _register_staff(loading: Loading, staff: dict[str, str], pause: Callable[[], None]) -> dict[str, Actor]:
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
