"""The demo ends its year on the day it is loaded, whichever day that is: leap days, new year, ends of long months."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.billing import service as billing
from chalicelib.billing.domain import BillingRun
from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill, BillStatus
from chalicelib.connections import service as connections
from chalicelib.cycles.domain import DueDay, due_on
from chalicelib.identity.domain import ROLES
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.period import Period
from chalicelib.payments import service as payments
from chalicelib.platform import clock
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import Reading
from chalicelib.tenancy import service as tenancy
from local.demo import utilities
from local.demo.day import DemoDay, began_at, move_clock
from local.demo.people import AREAS, households
from local.demo.rounds import DueOn, Turn
from local.demo.years import BOOKS, TURNS
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

        self.created = {one.account: one.created_at for one in connections.all_connections(found)}

    def shares(self) -> Counter[BillStatus]:
        return Counter(bill.status_on(self.today) for bill in self.bills)

    def runs(self) -> list[BillingRun]:
        found = billing.list_runs(self.context, limit=10, cursor=None).items
        return [run for run in found if run.state == "complete" and run.tally.bills]

    def pending(self) -> list[Reading]:
        return [one for one in self.readings if one.state == "pending"]

    def unbilled(self) -> list[Reading]:
        billed = {bill.reading_id for bill in self.bills}
        return [one for one in self.readings if one.state == "confirmed" and one.id not in billed]

    def unread(self) -> set[str]:
        month = self.context.project.period_of(self.today)
        accounts = {one.account for one in self.readings}
        return accounts - {one.account for one in self.readings if one.period == month}

    def due_on(self, reading: Reading) -> date:
        return due_on(tenancy.due_rule(self.context.project), reading.period, reading.read_on)

    def is_due_within_a_week(self) -> list[Bill]:
        week = (self.today, self.today + timedelta(days=7))
        return [one for one in self.bills if one.status_on(self.today) == "open" and week[0] <= one.due_on <= week[1]]

    def flags(self) -> set[str]:
        return {flag for one in [*self.pending(), *self.unbilled()] for flag in one.flags}

    def is_true_to_its_day(self) -> bool:
        days = [one.read_on for one in self.readings] + [one.billed_on for one in self.bills]
        paid = [
            one.paid_on
            for at in range(MONTHS_BACK)
            for one in payments.list_payments(
                self.context, month=Period.of(self.today).shifted(-at), receipt_number=None, limit=1000, cursor=None
            ).items
        ]
        return bool(paid) and max(*days, *paid) < self.today


def load_small(day: DemoDay) -> None:
    clock.use_time(lambda: day.now)
    for book in BOOKS:
        utilities._load_year(day, book, lambda: None)
    utilities._load_avii(day, lambda: None)


@pytest.mark.slow
@pytest.mark.parametrize(
    "today", ["2026-01-01", "2025-09-05", "2026-04-15", "2026-11-21", "2026-11-29", "2025-03-31", "2024-02-29"]
)
def test_on_any_day_bills_are_paid_open_and_overdue_and_a_clerk_has_work(engine: Engine, today: str) -> None:
    day = DemoDay.on(date.fromisoformat(today))
    load_small(day)
    utilities._load_balilihan(day, households()[:60], lambda: None)

    for place in (BALILIHAN, AVII, *SMALL):
        books = Books(day, *place)
        shares, count = books.shares(), len(books.bills)
        assert books.is_true_to_its_day(), place
        assert shares["paid"] >= 0.7 * count, (place, shares)
        assert 0 < shares["overdue"] <= 0.15 * count, (place, shares)
        assert 0.01 * count < shares["open"] <= 0.2 * count, (place, shares)
        assert books.unread(), place
        assert {one.period for one in books.runs()} >= {one.period for one in books.bills if not one.migrated} != set()
        assert books.unbilled(), place
        assert min(map(books.due_on, [*books.unbilled(), *books.pending()])) >= books.today, place
        assert all(local_day(books.created[one.account], place[2]) <= one.read_on for one in books.readings), place
    for place in SMALL:
        assert Books(day, *place).is_due_within_a_week(), place

    waterworks = Books(day, *BALILIHAN)
    assert {one.area for one in waterworks.pending()} == {"Hanopol"}
    assert {one.area for one in waterworks.unbilled()} == {"Magsija"}
    assert waterworks.flags() <= {"late"}
    assert 3 <= len({one.period for one in waterworks.bills}) <= 4
    first = Period.of(waterworks.today).shifted(-3)
    assert {account[:6] for account in waterworks.created} == {f"{first.year}{first.month:02}"}
    avii = Books(day, *AVII)
    assert {bill.account for bill in avii.bills} == utilities.AVII_UNITS.keys() - {"110"}
    assert local_day(avii.created["110"], AVII[2]) == avii.today


@pytest.mark.slow
def test_a_loading_that_is_repeated_confirms_and_bills_nothing_more(engine: Engine) -> None:
    day = DemoDay.on(date(2026, 11, 29))
    clock.use_time(lambda: day.now)
    found = []
    for _ in range(2):
        utilities._load_balilihan(day, households()[:30], lambda: None)
        books = Books(day, *BALILIHAN)
        found.append((books.bills, books.readings, books.runs(), books.created))

    assert found[0] == found[1]
    assert books.pending()
    assert books.unbilled()


ANY_DAY = [date(2024, 1, 1) + timedelta(days=at) for at in range(4 * 365 + 1)]


def balilihans_due_day(read_on: date) -> date:
    return due_on(DueDay(20, "period"), Period.of(read_on), read_on)


def aviis_due_day(read_on: date) -> date:
    return due_on(DueDay(10, "reading"), Period.of(read_on).shifted(-1), read_on)


@pytest.mark.parametrize("due", [balilihans_due_day, aviis_due_day])
def test_what_is_to_be_billed_is_never_overdue_at_once(due: DueOn) -> None:
    for today in ANY_DAY:
        for turn in (Turn(1, "waiting"), Turn(2, "confirmed"), Turn(4, "billed")):
            last = turn.reading_days(today, months=4, due_on=due)[-1]
            assert last < today <= due(last)
            assert today - last <= timedelta(days=turn.days_ago)


def test_a_meter_is_read_once_a_month_so_many_days_ago_or_not_yet() -> None:
    for today in ANY_DAY:
        for turn in {*utilities.AREA_TURNS.values(), *TURNS}:
            days = turn.reading_days(today, months=12, due_on=lambda read_on: read_on + timedelta(days=28))
            months = [Period.of(on) for on in days]
            if turn.days_ago > 0:
                assert days[-1] == today - timedelta(days=turn.days_ago)
            else:
                assert months[-1] == Period.of(today).shifted(-1)
            assert months == [months[-1].shifted(-back) for back in reversed(range(len(days)))]


@pytest.mark.parametrize(
    ("today", "turn", "days"),
    [
        # Yesterday, and the same day of the months before; the last one of a month that is too short.
        ("2024-03-01", Turn(1), ["2023-12-29", "2024-01-29", "2024-02-29"]),
        ("2025-03-31", Turn(1), ["2024-12-30", "2025-01-30", "2025-02-28", "2025-03-30"]),
        ("2026-01-01", Turn(4), ["2025-10-28", "2025-11-28", "2025-12-28"]),
        # To be read today, or in three days, but this month.
        ("2025-03-31", Turn(0), ["2024-12-31", "2025-01-31", "2025-02-28"]),
        ("2026-11-29", Turn(-3), ["2026-08-30", "2026-09-30", "2026-10-30"]),
        # Bills are due on the 20th: one of the 17th would be overdue already.
        ("2026-11-21", Turn(4, "billed"), ["2026-08-20", "2026-09-20", "2026-10-20", "2026-11-20"]),
        ("2026-11-20", Turn(4, "billed"), ["2026-08-16", "2026-09-16", "2026-10-16", "2026-11-16"]),
        ("2026-11-21", Turn(4), ["2026-08-17", "2026-09-17", "2026-10-17", "2026-11-17"]),
    ],
)
def test_when_a_meter_was_read(today: str, turn: Turn, days: list[str]) -> None:
    read_on = turn.reading_days(date.fromisoformat(today), months=4, due_on=balilihans_due_day)
    assert [str(on) for on in read_on] == days


def test_the_reader_of_two_areas_has_one_to_read_and_each_area_has_its_turn() -> None:
    assert utilities.AREA_TURNS.keys() == set(AREAS)
    assert utilities.AREA_TURNS["San Isidro"].days_ago == 0
    assert "San-Isidro" in utilities.READER_AREAS


def test_each_utility_ends_its_year_by_its_own_calendar() -> None:
    day = DemoDay(datetime(2025, 12, 31, 17, 30, tzinfo=UTC))

    assert [str(day.today(zone)) for *_, zone in (AVII, SMALL[0], BALILIHAN)] == [
        "2025-12-31",
        "2025-12-31",
        "2026-01-01",
    ]
    assert day.month("Asia/Manila") == Period(2026, 1)
    assert began_at(date(2026, 1, 1), "Asia/Manila") == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert began_at(date(2025, 12, 1), "America/Cancun") == datetime(2025, 12, 1, 5, tzinfo=UTC)


def test_the_clock_of_a_day_goes_on_where_the_last_run_left_it() -> None:
    noon = datetime(2025, 11, 1, 12, tzinfo=UTC)
    move_clock(date(2025, 11, 1), last_moment=None)
    assert noon <= clock.now() < noon + timedelta(minutes=1)
    for left in (noon + timedelta(hours=1), noon + timedelta(hours=20)):
        move_clock(date(2025, 11, 1), last_moment=left)
        assert left < clock.now() < left + timedelta(minutes=1)
