"""The rounds that readings are taken for: one, several or none since the last reading."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.connections.domain import Connection, PastUse
from chalicelib.connections.domain.connection import FormerConsumer
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.period import Period
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import MAX_NUMBER, MeterValue, Reading, in_order, next_number
from chalicelib.readings.domain.rounds import months_between, round_of, rounds_since
from chalicelib.tenancy.domain import BillingGroup, Project
from tests.support.examples import (
    CONDOMINIUM,
    ENTRY,
    FIFTH,
    NOVEMBER,
    NOW,
    OCTOBER,
    WATERWORKS,
    connection,
    reading,
    with_settings,
)

_AT_ONCE = with_settings(WATERWORKS, confirmation="none")
_EVEN_MONTHS = BillingGroup(id="town", name="Town", areas=("Poblacion",), months=2, first_month=1)
_BY_TWO = with_settings(WATERWORKS, billing_groups=(_EVEN_MONTHS,))
_DECEMBER = Period(2025, 12)
_LAST_DAY = date(2025, 12, 31)


def _take(
    of: Connection,
    value: str,
    read_on: date,
    *taken: Reading,
    project: Project = _AT_ONCE,
    named: Period | None = None,
) -> Reading:
    shown = MeterValue(Decimal(value), read_on, period=named)
    return rules.record_reading(project, of, shown, today=_LAST_DAY, entry=ENTRY, taken=taken)


@pytest.mark.parametrize(
    ("project", "read_on", "named", "expected"),
    [
        (WATERWORKS, FIFTH, None, NOVEMBER),
        (WATERWORKS, FIFTH, NOVEMBER, NOVEMBER),
        (WATERWORKS, date(2025, 10, 31), NOVEMBER, NOVEMBER),  # a day early
        (WATERWORKS, date(2025, 12, 2), NOVEMBER, NOVEMBER),  # two days late
        (CONDOMINIUM, FIFTH, None, OCTOBER),
        (CONDOMINIUM, FIFTH, NOVEMBER, NOVEMBER),
        (_BY_TWO, FIFTH, None, _DECEMBER),
        (_BY_TWO, FIFTH, OCTOBER, OCTOBER),
        (_BY_TWO, FIFTH, Period(2026, 2), Period(2026, 2)),
    ],
)
def test_a_reading_is_of_the_round_of_its_day_or_of_one_beside_it(
    project: Project, read_on: date, named: Period | None, expected: Period
) -> None:
    assert round_of(project, connection(), read_on, named=named) == expected


@pytest.mark.parametrize(
    ("project", "named"),
    [
        (WATERWORKS, Period(2025, 9)),
        (WATERWORKS, Period(2026, 1)),
        (_BY_TWO, NOVEMBER),  # the town is billed in even months
        (_BY_TWO, Period(2025, 8)),
    ],
)
def test_a_round_that_can_not_be_meant_is_refused(project: Project, named: Period) -> None:
    with pytest.raises(Invalid) as refusal:
        round_of(project, connection(), FIFTH, named=named)
    assert (refusal.value.code, [fault.field for fault in refusal.value.faults]) == ("other-period", ["period"])


_HANDED_OVER = (FormerConsumer("consumer-0", "Eva Luna", date(2025, 11, 8)),)


@pytest.mark.parametrize(
    ("of", "period", "day", "rounds"),
    [
        (connection(), NOVEMBER, "2025-11-05", 1),
        (connection(), _DECEMBER, "2025-12-05", 2),
        (connection(last_period=NOVEMBER, last_read_on=FIFTH), NOVEMBER, "2025-11-20", 0),  # read for it before
        # A new holder's first use is of one round at least.
        (connection(last_period=NOVEMBER, last_read_on=FIFTH, former=_HANDED_OVER), NOVEMBER, "2025-11-20", 1),
        (connection(last_period=NOVEMBER, last_read_on=FIFTH, former=_HANDED_OVER), _DECEMBER, "2025-12-05", 1),
        (connection(last_period=None, last_read_on=None), NOVEMBER, "2025-11-05", 1),  # nobody knows since when
        # The first use of all is of as many rounds as its days are nearest to.
        (connection(last_period=None, last_read_on=None, installed_on=FIFTH), NOVEMBER, "2025-11-20", 1),
        (connection(last_period=None, last_read_on=None, installed_on=date(2025, 10, 20)), _DECEMBER, "2025-12-01", 1),
        (connection(last_period=None, last_read_on=None, installed_on=date(2025, 10, 1)), NOVEMBER, "2025-11-30", 2),
    ],
)
def test_a_reading_is_of_as_many_rounds_as_have_passed_since_the_one_before(
    of: Connection, period: Period, day: str, rounds: int
) -> None:
    assert rounds_since(WATERWORKS, of, period, date.fromisoformat(day)) == rounds


def test_rounds_of_two_months_are_counted_as_such() -> None:
    assert rounds_since(_BY_TWO, connection(last_period=Period(2025, 8)), _DECEMBER, date(2025, 12, 5)) == 2
    assert (months_between(NOVEMBER, Period(2026, 2)), months_between(NOVEMBER, OCTOBER)) == (3, -1)


def test_several_readings_of_a_round_each_count_from_the_one_before() -> None:
    """B32: 100, then 101, 112 and 125."""
    of = connection(last_value=Decimal(100))
    taken: list[Reading] = []
    for value, day in (("101", 1), ("112", 15), ("125", 30)):
        taken.append(_take(of, value, date(2025, 11, day), *taken))
        of = rules.advanced(of, taken[-1])
    assert [each.id for each in taken] == ["2025-11.2025110001", "2025-11.2025110001:2", "2025-11.2025110001:3"]
    assert [each.usage for each in taken] == [Decimal(1), Decimal(11), Decimal(13)]
    assert [each.rounds for each in taken] == [1, 0, 0]
    assert [each.days for each in taken] == [27, 14, 15]
    assert of.uses[-1] == PastUse(NOVEMBER, Decimal(25), 56)
    assert (of.last_value, of.last_read_on, of.last_period) == (Decimal(125), date(2025, 11, 30), NOVEMBER)


def test_several_pending_readings_of_a_round_are_counted_anew_as_they_are_confirmed() -> None:
    of = connection(last_value=Decimal(100))
    pending = [
        _take(of, value, date(2025, 11, day), *(reading(number=n + 1) for n in range(at)), project=WATERWORKS)
        for at, (value, day) in enumerate((("101", 1), ("112", 15)))
    ]
    assert [(each.number, each.usage, each.rounds) for each in pending] == [(1, Decimal(1), 1), (2, Decimal(12), 1)]
    for each in pending:
        confirmed = rules.confirm(WATERWORKS, each, of, by="admin", at=NOW)
        of = rules.advanced(of, confirmed)
    assert (confirmed.previous, confirmed.usage, confirmed.rounds) == (Decimal(101), Decimal(11), 0)


def test_an_earlier_day_or_round_than_that_of_the_last_reading_is_refused() -> None:
    of = connection(last_period=NOVEMBER, last_read_on=FIFTH, last_value=Decimal(150))
    for day in (FIFTH, date(2025, 11, 4)):
        with pytest.raises(Invalid) as refusal:
            _take(of, "160", day)
        assert refusal.value.code == "not-after-last"
    with pytest.raises(Conflict) as refused:
        _take(of, "160", date(2025, 11, 6), named=OCTOBER)
    assert refused.value.code == "already-read"


def test_a_reading_before_its_meter_was_put_on_is_refused() -> None:
    """B39: the new meter's reading, ten days before the exchange."""
    of = connection(installed_on=FIFTH)
    with pytest.raises(Invalid, match="meter SM-1 was put on on 2025-11-05; it was not read before") as refusal:
        _take(of, "148", date(2025, 11, 4))
    assert refusal.value.code == "before-installed"
    assert _take(of, "148", FIFTH).usage == Decimal(8)


def test_a_late_reading_of_a_round_leaves_the_next_one_to_be_read() -> None:
    of = connection()
    late = _take(of, "150", date(2025, 12, 2), named=NOVEMBER)
    after = rules.advanced(of, late)
    assert (late.period, after.last_period) == (NOVEMBER, NOVEMBER)
    assert rules.awaits(WATERWORKS, after, _DECEMBER)
    assert _take(after, "160", date(2025, 12, 30)).rounds == 1


def test_a_check_reading_is_recorded_and_counts_nothing() -> None:
    of = connection()
    check = rules.record_reading(_AT_ONCE, of, MeterValue(Decimal(145), FIFTH, kind="check"), today=FIFTH, entry=ENTRY)
    assert (check.kind, check.state, check.counts) == ("check", "confirmed", False)
    assert _take(of, "150", FIFTH, check).id == "2025-11.2025110001:2"


def test_a_connection_without_a_meter_is_not_read() -> None:
    with pytest.raises(Conflict) as refusal:
        _take(connection(meter_number=""), "150", FIFTH)
    assert refusal.value.code == "no-meter"


def test_a_round_has_four_hundred_readings_of_a_connection_at_most() -> None:
    assert next_number([reading(number=MAX_NUMBER - 1)]) == MAX_NUMBER
    with pytest.raises(Conflict) as refusal:
        next_number([reading(number=MAX_NUMBER)])
    assert refusal.value.code == "too-many-readings"


def test_readings_are_in_the_order_of_their_days() -> None:
    later, earlier = reading(read_on=date(2025, 11, 20)), reading(number=2)
    assert in_order([later, earlier]) == [earlier, later]
    assert in_order([replace(earlier, number=3), earlier])[0] == earlier
