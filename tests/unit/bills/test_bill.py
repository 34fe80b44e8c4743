"""A bill is made from a confirmed reading, a rating and the terms of a run."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.bills.domain import Balance, Bill, Consumption, IssueTerms, make_bill, parse_bill_id, usage_of
from chalicelib.bills.domain.bill import bill_id
from chalicelib.cycles.domain import DueOffset, DueRule
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.period import Period
from chalicelib.tariffs.domain import TariffBook
from chalicelib.tenancy.domain import Project
from tests.support.examples import (
    CONDOMINIUM,
    CONDOMINIUM_BOOK,
    FIFTH,
    NOVEMBER,
    NOW,
    WATERWORKS,
    WATERWORKS_BOOK,
    connection,
    due_of,
    reading,
)


def _bill(
    usage: str = "10",
    consumer_class: str = "residential",
    *,
    project: Project = WATERWORKS,
    book: TariffBook = WATERWORKS_BOOK,
    period: Period = NOVEMBER,
    read_on: date = FIFTH,
    billed_on: date | None = None,
    due_on: date | None = None,
    due: DueRule | None = None,
) -> Bill:
    of = connection(consumer_class=consumer_class)
    used = Consumption.of(reading(usage=Decimal(usage), value=140 + Decimal(usage), period=period, read_on=read_on))
    rating = book.rate(consumer_class, usage_of(project, used, of))
    return make_bill(project, used, of, rating, IssueTerms("run-1", NOW, billed_on, due_on, due or due_of(project)))


@pytest.mark.covers("S3-025", "S3-026", "S3-027", "S3-028", "S3-029", "S3-031", "S0-055")
@pytest.mark.parametrize(
    ("consumer_class", "usage", "lines", "total"),
    [
        ("residential", "10", ["225.00", "50.00"], "275.00"),
        ("commercial", "10", ["250.00", "50.00"], "300.00"),
        ("residential", "0", ["0.00", "50.00"], "50.00"),
        ("residential", "0.5", ["11.25", "50.00"], "61.25"),
    ],
)
def test_the_waterworks_bills_use_by_class_and_a_fixed_charge(
    consumer_class: str, usage: str, lines: list[str], total: str
) -> None:
    bill = _bill(usage, consumer_class)
    assert [str(line.amount) for line in bill.lines] == lines
    assert str(bill.total) == total
    assert (bill.billed_on, bill.due_on) == (FIFTH, date(2025, 11, 20))
    assert bill.period.label() == "November 2025"


@pytest.mark.covers("S1-008", "S1-009", "S1-010", "S1-039", "S1-040", "S1-041")
@pytest.mark.parametrize(
    ("usage", "charge", "total"),
    [
        ("0", "0.00", "25.00"),
        ("11", "0.06", "25.06"),
        ("1000", "5.50", "30.50"),
        ("10000", "55.00", "80.00"),
        ("100000", "550.00", "575.00"),
    ],
)
def test_the_condominium_bills_550_for_1000_gallons_and_2500_a_month(usage: str, charge: str, total: str) -> None:
    bill = _bill(
        usage,
        "unit",
        project=CONDOMINIUM,
        book=CONDOMINIUM_BOOK,
        period=Period(2025, 7),
        read_on=date(2025, 8, 1),
    )
    assert [str(line.amount) for line in bill.lines] == [charge, "25.00"]
    assert str(bill.total) == total
    assert (bill.period.label(), bill.due_on) == ("July 2025", date(2025, 8, 10))


def test_the_days_that_a_run_names_win_over_the_settings() -> None:
    bill = _bill(billed_on=date(2025, 11, 30), due_on=date(2025, 12, 15))
    assert (bill.billed_on, bill.due_on) == (date(2025, 11, 30), date(2025, 12, 15))


@pytest.mark.covers("S1-135")
@pytest.mark.covers("S2-293", "S2-312")
@pytest.mark.parametrize(
    ("days", "billed_on", "due"),
    [(15, date(2025, 8, 1), date(2025, 8, 16)), (0, date(2025, 8, 1), date(2025, 8, 1)), (90, FIFTH, date(2026, 2, 3))],
)
def test_a_cycles_days_count_from_the_day_on_the_bill(days: int, billed_on: date, due: date) -> None:
    assert _bill(read_on=billed_on, billed_on=billed_on, due=DueOffset(days)).due_on == due


@pytest.mark.parametrize("due_on", [FIFTH, date(2025, 11, 4)])
def test_a_due_day_that_is_not_after_the_bills_day_is_refused(due_on: date) -> None:
    with pytest.raises(Invalid, match="is not after the bill's day 2025-11-05"):
        _bill(due_on=due_on)


@pytest.mark.covers("S2-313", "S2-314")
def test_a_bill_names_its_reading_and_carries_its_values() -> None:
    bill = _bill()
    assert (bill.previous, bill.reading, bill.usage) == (Decimal(140), Decimal(150), Decimal(10))
    assert (bill.id, bill.reading_id) == ("2025-11.2025110001.1", "2025-11.2025110001")


def test_the_same_reading_gives_the_same_bill_again() -> None:
    assert _bill() == _bill()
    assert _bill().digest != _bill("11").digest


@pytest.mark.parametrize(
    ("today", "status"),
    [(date(2025, 11, 5), "open"), (date(2025, 11, 20), "open"), (date(2025, 11, 21), "overdue")],
)
def test_a_bill_is_overdue_from_the_day_after_its_due_day(today: date, status: str) -> None:
    assert _bill().status_on(today) == status


@pytest.mark.covers("S4-054")
def test_fifteen_days_to_pay_end_with_the_fifteenth() -> None:
    bill = _bill(read_on=date(2025, 3, 20), billed_on=date(2025, 3, 20), due=DueOffset(15))
    days = [date(2025, 4, day) for day in (4, 5)]
    assert [(bill.status_on(day), bill.days_overdue_on(day)) for day in days] == [("open", 0), ("overdue", 1)]
    assert [replace(bill, balance=Balance(paid=bill.total.minor)).days_overdue_on(day) for day in days] == [0, 0]


def test_a_bills_id_is_its_period_account_and_number() -> None:
    assert parse_bill_id("2025-11.a.b.12") == (NOVEMBER, "a.b", 12, 1)
    assert parse_bill_id("2025-11.a.b.12r2") == (NOVEMBER, "a.b", 12, 2)
    assert bill_id(NOVEMBER, "a.b", 12, 2) == "2025-11.a.b.12r2"


@pytest.mark.parametrize(
    "text",
    ["", "2025-11.1", "2025-11..1", "2025-13.1.1", "2025-11.1.x", "2025-11.1.-1", "2025-11.1.1111", "2025-11.#.1",
     "2025-11.1.１", "2025-11.1.", "2025-11.1.²", "2025-11.1.01",
     "2025-11.1.1r1", "2025-11.1.1r", "2025-11.1.1r02", "2025-11.1.1r100"],
)  # fmt: skip
def test_what_is_no_bills_id_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        parse_bill_id(text)
