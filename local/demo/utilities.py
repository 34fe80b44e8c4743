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
from local.demo.history import MeterReading, shown_before
from local.demo.loading import Loading, open_utility
from local.demo.people import AREAS, Household, area_code, households
from local.demo.rounds import Read, Turn
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
_NEW_UNIT = "110"  # connected today, and never read yet
# Each unit is read on a day of its own; 101 and 102 are to be read today.
_AVII_TURNS = {
    "101": Turn(0), "102": Turn(0), "103": Turn(1, "confirmed"), "104": Turn(2, "confirmed"), "105": Turn(4, "billed"),
    "106": Turn(7), "107": Turn(3, "billed"), "108": Turn(11), "109": Turn(15),
}  # fmt: skip
# This month and three before it. The reader of Poblacion and San Isidro is to read the latter today.
_BALILIHAN_MONTHS = 4
AREA_TURNS = {
    "Poblacion": Turn(4, "billed"), "San Isidro": Turn(0), "Santo Niño": Turn(7), "San Roque": Turn(10),
    "Haguilanan Grande": Turn(14), "Cabad": Turn(-3), "Magsija": Turn(2, "confirmed"), "Hanopol": Turn(1, "waiting"),
}  # fmt: skip


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
    since = month.shifted(1 - _BALILIHAN_MONTHS).first_day
    preset = onboarding.list_presets()["balilihan"]
    loading = open_utility(day, preset, presets.WATERWORKS, presets.WATERWORKS_TARIFFS, since=since)
    for name in AREAS:
        area_list.open_area(loading.step("area", name), code=area_code(name), name=name)
    staff = _register_staff(loading, BALILIHAN_STAFF, pause)
    neighbours: list[str] = []
    read: list[Read] = []
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
        days = _reading_days(loading, household)
        shown = _shown(household, days, month)
        connection = connections.register_connection(
            loading.step("connection", str(number)),
            consumer_id=consumer.id,
            account=None,
            consumer_class=household.consumer_class,
            meter_number=household.meter_number,
            area=area_code(household.area),
            initial_reading=shown[0],
        )
        read.append(_read(connection.account, household, days, shown))
        if number == 1:
            consumers.open_login(
                loading.step("login"), consumer_id=consumer.id, login=BALILIHAN_CONSUMER, password=PASSWORD
            )
    _fill_desk(loading, staff["manager"], neighbours, pause)
    loading.bring(read)


def _reading_days(loading: Loading, household: Household) -> list[date]:
    """Return the days on which a meter was read; each area has its own day."""
    turn = AREA_TURNS[household.area]
    return turn.reading_days(loading.today, months=_BALILIHAN_MONTHS, due_on=loading.due_on)


def _shown(household: Household, days: list[date], month: Period) -> list[Decimal]:
    """Return a meter's values before its first reading and at each reading; a new meter has fewer."""
    usage = household.reading - household.initial_reading
    this_month = [household.reading] if Period.of(days[-1]) == month else []
    before = len(days) - len(this_month)
    return [*shown_before(household.meter_number, household.initial_reading, usage, months=before), *this_month]


def _read(account: str, household: Household, days: list[date], shown: list[Decimal]) -> Read:
    readings = (
        MeterReading(
            account,
            household.meter_number,
            household.consumer_class,
            read_on,
            prior,
            current,
            area_code(household.area),
        )
        for read_on, (prior, current) in zip(days[1 + len(days) - len(shown) :], pairwise(shown), strict=True)
    )
    return Read(tuple(readings), AREA_TURNS[household.area].stage)


def _fill_desk(loading: Loading, manager: Actor, neighbours: list[str], pause: Callable[[], None]) -> None:
    """Let some consumers request connections and report issues; one of each is answered."""
    for at, (area, note) in enumerate(REQUESTS):
        pause()
        asked = desk.ask_for_connection(
            _minutes_later(loading.step_yesterday("request", str(at)), at),
            consumer_id=neighbours[at],
            project_id=presets.WATERWORKS,
            consumer_class="residential",
            address=f"{area}, Balilihan, Bohol",
            note=note,
        )
    desk.reject_request(
        loading.step_today("rejection"), request_id=asked.id, reason="There is no main in that street yet."
    )
    for at, (title, description) in enumerate(ISSUES):
        pause()
        reported = desk.report_issue(
            _minutes_later(loading.step_of(neighbours[at], "issue", str(at)), at),
            title=title,
            description=description,
            project_id=presets.WATERWORKS,
            account=None,
        )
    answering = replace(loading.step_today("answer"), actor=manager)
    desk.respond_to_issue(answering, issue_id=reported.issue.id, text="Somebody comes to look at it tomorrow.")
    desk.move_issue_on(
        replace(loading.step_today("action"), actor=manager), issue_id=reported.issue.id, status="taking_action"
    )


def _load_year(day: DemoDay, book: Book, pause: Callable[[], None]) -> None:
    """Open a small utility from its preset, with connections and a year of readings and bills."""
    preset = onboarding.list_presets()[book.preset]
    project = next(project for project in preset.projects if project.id == book.project)
    today = day.today(project.settings.timezone)
    sheet = onboarding.tariffs_of(project) or (presets.SMALL_WATER_TARIFF,)  # one source has no rates
    since = Period.of(today).shifted(1 - MONTHS).first_day
    loading = open_utility(day, preset, book.project, sheet, since=since)
    _register_staff(loading, SMALL_STAFF[preset.client.id], pause)  # idempotent: called again for a second book
    read: list[Read] = []
    for meter in book.meters():
        pause()
        read.append(meter.year_of(_connect(loading, book, meter), today, due_on=loading.due_on))
    loading.bring(read)


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
    since = Period.of(today).shifted(-MONTHS).first_day  # its first readings bill the month before
    preset = onboarding.list_presets()["water-bills"]
    loading = open_utility(day, preset, presets.WATER_BILLS, presets.WATER_BILLS_TARIFFS, since=since)
    _register_staff(loading, AVII_STAFF, pause)
    read: list[Read] = []
    for unit in _AVII_TURNS:
        pause()
        read.append(_connect_unit(loading, unit))
    loading.bring(read)
    _register_unit(loading.step_today("connection", _NEW_UNIT), _NEW_UNIT, Decimal(AVII_UNITS[_NEW_UNIT][0]))


def _connect_unit(loading: Loading, unit: str) -> Read:
    """Connect a unit's meter in the month before its first reading, and return its readings."""
    turn, (last, usage) = _AVII_TURNS[unit], AVII_UNITS[unit]
    days = turn.reading_days(loading.today, months=MONTHS, due_on=loading.due_on)
    shown = shown_before(unit, Decimal(last), Decimal(usage), months=len(days))
    days = days[1 + len(days) - len(shown) :]
    connected_on = Period.of(days[0]).shifted(-1).first_day
    _register_unit(loading.step_on(connected_on, "connection", unit), unit, shown[0])
    readings = (
        MeterReading(unit, f"WM-{unit}-2025", "unit", read_on, prior, current)
        for read_on, (prior, current) in zip(days, pairwise(shown), strict=True)
    )
    return Read(tuple(readings), turn.stage)


def _register_unit(ctx: ProjectContext, unit: str, initial: Decimal) -> None:
    connections.register_connection(
        ctx,
        consumer_id=None,
        account=unit,
        consumer_class="unit",
        meter_number=f"WM-{unit}-2025",
        area="Building A",
        initial_reading=initial,
    )


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
