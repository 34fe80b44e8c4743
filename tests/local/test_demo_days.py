"""The demo ends its year on the day it is loaded, whichever day that is: leap days, new year, ends of long months."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill, BillStatus
from chalicelib.identity.domain import ROLES
from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.period import Period
from chalicelib.payments import service as payments
from chalicelib.platform import clock
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import Reading
from chalicelib.tenancy import service as tenancy
from local.demo import utilities
from local.demo.day import DemoDay
from local.demo.history import reading_days
from local.demo.people import AREAS, Household, households
from local.demo.years import BOOKS
from tests.support.engine import Engine

BALILIHAN = ("balilihan", "waterworks", "Asia/Manila")
AVII = ("avii", "waterBills", "America/Cancun")
SMALL = (
    ("waterbilling", "water", "UTC"),
    ("utility", "electricity", "Asia/Kolkata"),
    ("utility", "water", "Asia/Kolkata"),
    ("electricity", "electricity", "Asia/Kolkata"),
)
MONTHS_BACK = 14  # two more than the demo has


@pytest.fixture(autouse=True)
def _fresh(engine: Engine) -> Iterator[None]:
    """An empty table for each day, and the clock as it was afterwards."""
    yield
    clock.use_time(None)
    engine.forget_messages()
    engine.forget_items()


class Books:
    """What one demo utility has on record on its own today."""

    def __init__(self, day: DemoDay, client: str, project: str, timezone: str) -> None:
        self.today = day.today(timezone)
        actor = Actor(id="auditor", role="superuser", permissions=ROLES["superuser"])
        self.context = tenancy.enter_project(Context(client, actor, day.now, clock.fresh_id, project))
        found = self.context.project
        periods = [Period.of(self.today).shifted(-at) for at in range(MONTHS_BACK)]
        self.bills: list[Bill] = [bill for one in periods for bill in bills.shard_bills(found, one, 0)]
        self.readings: list[Reading] = [read for one in periods for read in readings.shard_readings(found, one, 0)]

    def shares(self) -> Counter[BillStatus]:
        return Counter(bill.status_on(self.today) for bill in self.bills)

    def is_true_to_its_day(self) -> bool:
        days = [one.read_on for one in self.readings] + [one.billed_on for one in self.bills]
        paid = [
            one.paid_on
            for at in range(MONTHS_BACK)
            for one in payments.list_payments(
                self.context, month=Period.of(self.today).shifted(-at), limit=1000, cursor=None
            ).items
        ]
        return bool(paid) and max(*days, *paid) < self.today


def load_small(day: DemoDay) -> None:
    clock.use_time(lambda: day.now)
    for book in BOOKS:
        utilities._load_year(day, book, lambda: None)
    utilities._load_avii(day, lambda: None)


@pytest.mark.slow
@pytest.mark.parametrize("today", ["2024-02-29", "2026-01-01", "2025-03-31"])
def test_a_year_of_bills_ends_on_any_day(engine: Engine, today: str) -> None:
    day = DemoDay.on(date.fromisoformat(today))
    load_small(day)

    for place in SMALL:
        books = Books(day, *place)
        meters = {bill.account for bill in books.bills}
        assert len(books.bills) == 12 * len(meters)
        assert books.is_true_to_its_day()
        assert books.shares()["open"] == len(meters), "this month's, none of them due yet"
        assert books.shares()["paid"] >= 0.8 * 11 * len(meters)
        assert min(bill.due_on for bill in books.bills if not bill.migrated) >= books.today
    assert sum(Books(day, *place).shares()["overdue"] for place in SMALL) >= 4
    avii = Books(day, *AVII)
    assert avii.is_true_to_its_day()
    assert max(bill.read_on for bill in avii.bills) == (avii.today - timedelta(days=1)).replace(day=1)
    assert {bill.account for bill in avii.bills} == utilities.AVII_UNITS.keys() - {"110"}


@pytest.mark.slow
def test_bills_of_the_waterworks_are_open_before_they_are_due_and_some_overdue_after(engine: Engine) -> None:
    day = DemoDay.on(date(2024, 2, 29))
    clock.use_time(lambda: day.now)
    utilities._load_balilihan(day, households()[:60], lambda: None)

    books = Books(day, *BALILIHAN)
    before = [bill for bill in books.bills if bill.period == Period(2024, 1)]
    shares = Counter(bill.status_on(date(2024, 2, 29)) for bill in before)
    assert books.is_true_to_its_day()
    assert 0.02 < shares["overdue"] / len(before) < 0.15
    assert shares["paid"] + shares["overdue"] == len(before) > 50
    waiting = [one for one in books.readings if one.state == "pending"]
    assert {one.area for one in waiting} == {"Hanopol"}
    assert {one.period for one in waiting} == {Period(2024, 2)}
    assert not any(one.flags for one in waiting)


def in_february(day: int) -> dict[str, list[Household]]:
    """Return whose meters the waterworks has read in February by a day, by area."""
    read: dict[str, list[Household]] = {}
    for one in households():
        taken = utilities._readings("1", one, utilities._shown(one), date(2024, 2, day))
        if taken and taken[-1].read_on >= date(2024, 2, 1):
            read.setdefault(one.area, []).append(one)
    return read


def test_the_waterworks_reads_one_area_a_day_from_the_first_on() -> None:
    assert in_february(1) == {}
    assert in_february(2).keys() == set(AREAS[:1])
    assert in_february(5).keys() == set(AREAS[:4])
    assert in_february(9).keys() == in_february(29).keys() == set(AREAS)
    assert sum(len(there) for there in in_february(29).values()) == 300


@pytest.mark.parametrize(
    ("last", "days"),
    [
        ("2024-02-29", ["2023-12-29", "2024-01-29", "2024-02-29"]),
        ("2025-03-31", ["2025-01-31", "2025-02-28", "2025-03-31"]),
        ("2026-01-01", ["2025-11-01", "2025-12-01", "2026-01-01"]),
    ],
)
def test_a_meter_is_read_on_the_same_day_of_each_month_or_its_last(last: str, days: list[str]) -> None:
    assert [str(day) for day in reading_days(date.fromisoformat(last), 3)] == days


def test_each_utility_ends_its_year_by_its_own_calendar() -> None:
    day = DemoDay(datetime(2025, 12, 31, 17, 30, tzinfo=UTC))

    assert [str(day.today(zone)) for *_, zone in (AVII, SMALL[0], BALILIHAN)] == [
        "2025-12-31",
        "2025-12-31",
        "2026-01-01",
    ]
    assert day.month("Asia/Manila") == Period(2026, 1)
    assert day.month_began_at("Asia/Manila") == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert day.month_began_at("America/Cancun") == datetime(2025, 12, 1, 5, tzinfo=UTC)
