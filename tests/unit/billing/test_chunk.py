"""What a chunk of a run makes of its readings."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain import BillingRun, Chunk, ChunkPlan, Tally, completed, plan_chunk, tally_of
from chalicelib.bills.domain import Bill, Consumption, UsualTotals, check_days, make_bill, usage_of
from chalicelib.connections.domain import Connection
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.reading import Reading
from chalicelib.tariffs.domain import TariffBook
from tests.support.examples import NOW, RUN, WATERWORKS, WATERWORKS_BOOK, connection, reading

_TALLIES = st.builds(Tally, *[st.integers(0, 10**6)] * 4)


def _readings(*usages: str) -> list[Reading]:
    return [
        reading(account=f"{number:03}", usage=Decimal(usage), value=140 + Decimal(usage))
        for number, usage in enumerate(usages, 1)
    ]


def _connections(readings: list[Reading], consumer_class: str = "residential") -> dict[str, Connection]:
    return {one.account: connection(account=one.account, consumer_class=consumer_class) for one in readings}


def _bill(of: Reading, run_id: str) -> Bill:
    used = Consumption.of(of)
    rating = WATERWORKS_BOOK.rate("residential", usage_of(WATERWORKS, used, connection(account=of.account)))
    return make_bill(WATERWORKS, used, connection(account=of.account), rating, replace(RUN, id=run_id).terms)


def _plan(
    readings: list[Reading],
    connections: dict[str, Connection] | None = None,
    billed: dict[str, list[Bill]] | None = None,
    book: TariffBook = WATERWORKS_BOOK,
    run: BillingRun = RUN,
) -> ChunkPlan:
    return plan_chunk(
        WATERWORKS, run, readings, _connections(readings) if connections is None else connections, billed or {}, book
    )


@pytest.mark.covers("S3-029", "S0-026")
def test_every_confirmed_reading_gets_one_bill_in_the_order_of_accounts() -> None:
    plan = _plan(_readings("10", "0", "20")[::-1])
    assert [(bill.account, str(bill.total)) for bill in plan.bills] == [
        ("001", "275.00"),
        ("002", "50.00"),
        ("003", "500.00"),
    ]
    assert plan.exceptions == ()
    assert plan.tally == Tally(readings=3, bills=3, exceptions=0, total_minor=82500)


@pytest.mark.covers("S3-019")
def test_a_pending_reading_is_not_billed() -> None:
    assert _plan([reading(state="pending")]).tally == Tally()


def test_a_billed_reading_is_not_billed_again() -> None:
    readings = _readings("10", "20")
    plan = _plan(readings, billed={"001": [_bill(readings[0], "run-1")]})
    assert [bill.account for bill in plan.bills] == ["002"]
    assert plan.tally == Tally(readings=1, bills=1, total_minor=50000)


def test_what_this_run_billed_before_an_interruption_counts_into_its_tally() -> None:
    readings = _readings("10", "20")
    whole = _plan(readings)
    rest = _plan(readings, billed={"001": [_bill(readings[0], RUN.id)]})
    assert [bill.account for bill in rest.bills] == ["002"]
    assert rest.tally == whole.tally


@pytest.mark.covers("S2-057")
def test_what_can_not_be_billed_is_named_and_stops_nobody() -> None:
    readings = _readings("10", "10", "10")
    connections = _connections(readings)
    del connections["001"]
    connections["002"] = connection(account="002", consumer_class="industrial")
    plan = _plan(readings, connections)
    assert [(one.account, one.code) for one in plan.exceptions] == [("001", "no-connection"), ("002", "no-tariff")]
    assert [bill.account for bill in plan.bills] == ["003"]
    assert plan.tally == Tally(readings=3, bills=1, exceptions=2, total_minor=27500)


def test_a_due_day_before_a_readings_own_day_is_an_exception_of_that_reading() -> None:
    early, late = replace(reading(account="001"), read_on=date(2025, 11, 1)), reading(account="002")
    plan = _plan([early, late], run=replace(RUN, due_on=date(2025, 11, 5)))
    assert [bill.account for bill in plan.bills] == ["001"]
    assert [(one.account, one.code) for one in plan.exceptions] == [("002", "due-too-early")]


def test_a_reading_that_brings_the_arithmetic_down_stops_nobody() -> None:
    readings = _readings("10", "10")
    readings[0] = replace(readings[0], usage=Decimal("Infinity"))
    plan = _plan(readings)
    assert [one.account for one in plan.exceptions] == ["001"]
    assert [bill.account for bill in plan.bills] == ["002"]


@given(st.lists(st.integers(0, 5000), max_size=8), st.data())
def test_the_tally_is_the_same_wherever_the_work_was_interrupted(usages: list[int], data: st.DataObject) -> None:
    readings = _readings(*map(str, usages))
    whole = _plan(readings)
    written = data.draw(st.integers(0, len(readings)))
    rest = _plan(readings, billed={bill.account: [bill] for bill in whole.bills[:written]})
    assert rest.tally == whole.tally
    so_far = whole.tally_so_far.with_bills(whole.bills[:written])
    assert (so_far.bills, so_far.readings) == (written, len(readings))
    assert so_far.with_bills(whole.bills[written:]) == whole.tally
    assert [bill.account for bill in rest.bills] == [bill.account for bill in whole.bills[written:]]


@given(st.lists(_TALLIES, max_size=6), _TALLIES)
def test_tallies_add_up_in_any_order(tallies: list[Tally], one: Tally) -> None:
    chunks = [Chunk(shard, "done", tally, None, None) for shard, tally in enumerate(tallies)]
    assert tally_of(chunks) == tally_of(chunks[::-1])
    assert one + Tally() == Tally() + one == one
    assert completed(RUN, chunks, NOW).tally == tally_of(chunks)


@pytest.mark.covers("S1-135")
@pytest.mark.parametrize(
    ("billed_on", "due_on", "refused"),
    [
        (None, None, ""),
        (date(2025, 11, 1), date(2025, 11, 2), ""),
        (date(2025, 10, 31), None, "billedOn"),
        (date(2025, 11, 5), date(2025, 11, 5), "dueOn"),
        (None, date(2025, 11, 1), "dueOn"),
        (None, date(2025, 11, 2), ""),
        (date(2025, 12, 12), date(2026, 3, 12), ""),  # 31 days after the 11th, and 90 days after that
        (date(2025, 12, 13), None, "billedOn"),
        (date(2199, 1, 1), date(2199, 2, 1), "billedOn"),
        (date(2025, 12, 12), date(2026, 3, 13), "dueOn"),
        (None, date(2026, 2, 9), ""),
        (None, date(2026, 2, 10), "dueOn"),
        (None, date(2199, 1, 1), "dueOn"),
    ],
)
def test_d7_the_days_that_a_run_names_must_fit_its_period(
    billed_on: date | None, due_on: date | None, refused: str
) -> None:
    if refused:
        with pytest.raises(Invalid) as refusal:
            check_days(WATERWORKS, Period(2025, 11), billed_on, due_on, today=date(2025, 11, 11))
        assert [fault.field for fault in refusal.value.faults] == [refused]
    else:
        check_days(WATERWORKS, Period(2025, 11), billed_on, due_on, today=date(2025, 11, 11))


@pytest.mark.parametrize(
    ("period", "today", "refused"),
    [
        (Period(2025, 12), date(2025, 11, 30), True),
        (Period(2025, 12), date(2025, 12, 1), False),
        (Period(2199, 1), date(2025, 12, 1), True),
        (Period(2025, 11), date(2025, 12, 1), False),
    ],
)
def test_d7_a_period_that_has_not_begun_is_not_billed(period: Period, today: date, *, refused: bool) -> None:
    if refused:
        with pytest.raises(Invalid, match="begins on"):
            check_days(WATERWORKS, period, None, None, today=today)
    else:
        check_days(WATERWORKS, period, None, None, today=today)


def test_d7_a_bill_is_not_dated_before_its_reading() -> None:
    early, late = replace(reading(account="001"), read_on=date(2025, 11, 4)), reading(account="002")
    plan = _plan([early, late], run=replace(RUN, billed_on=date(2025, 11, 4)))
    assert [bill.account for bill in plan.bills] == ["001"]
    assert [(one.account, one.code) for one in plan.exceptions] == [("002", "bad-day")]


@pytest.mark.parametrize(
    ("before", "held"),
    [
        ([], []),  # nothing is known
        ([("001", "residential", 5000)], ["001"]),
        ([("001", "residential", 7249), ("002", "residential", 7249)], ["001"]),
        ([("001", "residential", 7250)], []),  # ten times as much is issued
        ([("001", "commercial", 5000), ("002", "residential", 9501), ("003", "residential", 5000)], []),  # by its class
        ([("001", "residential", -5000)], []),
        ([("002", "residential", 5000)], ["001"]),  # its first bill
    ],
)
def test_f6_a_bill_far_above_the_last_one_and_its_class_is_held_for_a_person(
    before: list[tuple[str, str, int]], held: list[str]
) -> None:
    readings = _readings("30")  # 675.00 and 50.00
    plan = plan_chunk(WATERWORKS, RUN, readings, _connections(readings), {}, WATERWORKS_BOOK, UsualTotals.of(before))
    assert [one.account for one in plan.exceptions if one.code == "implausible-amount"] == held
    assert len(plan.bills) == 1 - len(held)
    assert all("(0.00)" not in one.reason for one in plan.exceptions)  # a first bill is compared with its class alone


def test_what_is_held_says_what_it_was_compared_with() -> None:
    readings = _readings("30")
    usual = UsualTotals.of([("001", "residential", 5000), ("002", "residential", 6000)])
    (held,) = plan_chunk(WATERWORKS, RUN, readings, _connections(readings), {}, WATERWORKS_BOOK, usual).exceptions
    assert held.reason == (
        "725.00 PHP is more than 10 times the connection's last bill (50.00) and the average of its class then "
        "(55.00); correct the reading, or bill it on its own"
    )
