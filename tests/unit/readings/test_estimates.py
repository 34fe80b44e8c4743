"""Readings that nobody took: estimated by the last uses, settled by what the meter really shows later."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.connections.domain import Connection, PastUse
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.period import Period
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.flags import NO_USE, ROLLOVER
from chalicelib.readings.domain.reading import MeterValue, Reading
from chalicelib.tenancy.domain import Project
from tests.support.examples import (
    CONDOMINIUM,
    ENTRY,
    FIFTH,
    NOVEMBER,
    NOW,
    OCTOBER,
    WATERWORKS,
    connection,
    with_settings,
)

_ENTRY = replace(ENTRY, source="estimated")
_AT_ONCE = with_settings(WATERWORKS, confirmation="none")
_DECEMBER = Period(2025, 12)


def _estimate(
    of: Connection, period: Period = NOVEMBER, *, project: Project = WATERWORKS, today: date = date(2026, 3, 1)
) -> Reading:
    return rules.take_estimate(project, of, period=period, today=today, entry=_ENTRY)


def _real(of: Connection, value: str, read_on: date) -> Reading:
    entry = replace(ENTRY, source="manual")
    return rules.record_reading(_AT_ONCE, of, MeterValue(Decimal(value), read_on), today=read_on, entry=entry)


@pytest.mark.parametrize(
    ("uses", "estimated"),
    [
        ((), "10"),  # the last use alone
        (("12",), "11"),
        (("7", "15"), "11"),  # 32 / 3 = 10.67
        (("0", "0"), "3"),  # 10 / 3 = 3.33
        (("0", "10.5"), "7"),  # 20.5 / 3 = 6.83
        (("0.25", "0.25"), "4"),  # 10.5 / 3 = 3.5: half up
    ],
)
def test_an_estimate_is_the_average_of_the_last_three_uses_in_whole_units(
    uses: tuple[str, ...], estimated: str
) -> None:
    months = [OCTOBER.shifted(-len(uses) + at) for at in range(len(uses))]
    earlier = tuple(PastUse(month, Decimal(use)) for month, use in zip(months, uses, strict=True))
    made = _estimate(connection(uses=(*earlier, PastUse(OCTOBER, Decimal(10)))))
    assert (made.source, made.estimated, made.state) == ("estimated", True, "pending")
    assert (made.previous, made.usage, made.value) == (Decimal(140), Decimal(estimated), 140 + Decimal(estimated))
    assert made.flags == ()


def test_of_an_estimate_no_day_is_late_and_it_is_of_whole_months_after_the_last_reading() -> None:
    on_the_20th = _estimate(connection(last_read_on=date(2025, 10, 20)))
    assert (on_the_20th.read_on, on_the_20th.flags) == (date(2025, 11, 20), ())
    assert _estimate(connection(), _DECEMBER).read_on == date(2025, 12, 5)
    assert _estimate(connection(last_read_on=date(2025, 10, 31))).read_on == date(2025, 11, 30)
    assert _estimate(connection(), today=date(2025, 11, 3)).read_on == date(2025, 11, 3)
    september = Period(2025, 9)
    used = (PastUse(september, Decimal(10), 30),)
    condominium = _estimate(connection(last_period=september, uses=used), OCTOBER, project=CONDOMINIUM)
    assert (condominium.read_on, condominium.state, condominium.confirmed_by) == (FIFTH, "confirmed", "officer")


def test_an_estimate_of_a_round_whose_usual_day_lies_in_another_one_is_of_its_last_reading_day() -> None:
    """The round of October was read late, on 2 November: a month later is a day of December."""
    late = connection(last_read_on=date(2025, 11, 2))
    assert _estimate(late).read_on == date(2025, 11, 30)


@pytest.mark.parametrize(
    ("changes", "period", "code"),
    [
        ({"uses": (), "last_period": None, "last_read_on": None}, NOVEMBER, "nothing-to-estimate-by"),
        ({"last_period": _DECEMBER}, NOVEMBER, "already-read"),
        ({"meter_number": ""}, NOVEMBER, "no-meter"),
        ({"status": "disconnected"}, NOVEMBER, "not-active"),
        ({}, Period(2026, 4), "future-date"),
    ],
)
def test_what_can_not_be_estimated_is_refused(changes: dict[str, Any], period: Period, code: str) -> None:
    with pytest.raises((Invalid, Conflict)) as refusal:
        _estimate(connection(**changes), period)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("shown", "usage", "use_carried_forward"),
    [
        ("158", "8", None),  # 18 since the last real reading, 10 of them billed
        ("150", "0", None),
        ("145", "0", "-5"),  # below what was estimated: 5 more were billed than used
        ("140", "0", "-10"),
    ],
)
def test_a_real_reading_bills_what_is_left_of_what_the_meter_showed_since_the_last_real_one(
    shown: str, usage: str, use_carried_forward: str | None
) -> None:
    after = rules.advanced(connection(), _estimate(connection(), project=_AT_ONCE))
    assert (after.last_value, after.estimated, after.use_brought_forward) == (Decimal(140), Decimal(10), Decimal(-10))
    real = _real(after, shown, date(2025, 12, 5))
    assert (real.previous, real.use_brought_forward, real.usage) == (Decimal(140), Decimal(-10), Decimal(usage))
    assert real.use_carried_forward == (Decimal(use_carried_forward) if use_carried_forward else None)
    settled = rules.advanced(after, real)
    assert (settled.last_value, settled.estimated, settled.use_brought_forward) == (
        Decimal(shown),
        None,
        real.use_carried_forward,
    )


def test_less_than_the_estimate_is_no_rollover_and_less_than_the_last_real_reading_is_refused() -> None:
    after = rules.advanced(connection(meter_digits=5), _estimate(connection(), project=_AT_ONCE))
    assert _real(after, "145", date(2025, 12, 5)).flags == (NO_USE,)
    with pytest.raises(Invalid) as refusal:
        _real(after, "139", date(2025, 12, 5))
    assert refusal.value.code == "below-previous"


def test_estimates_follow_each_other_and_a_rest_of_the_last_real_reading_comes_off_first() -> None:
    first = rules.advanced(connection(), _estimate(connection(), project=_AT_ONCE))
    second = _estimate(first, _DECEMBER, project=_AT_ONCE)
    assert (second.value, second.usage) == (Decimal(160), Decimal(10))
    behind = connection(use_brought_forward=Decimal(-4))  # 4 more billed than the 140 that were really read
    third = _estimate(behind, project=_AT_ONCE)
    assert (third.value, third.usage) == (Decimal(150), Decimal(6))
    far_behind = connection(use_brought_forward=Decimal(-25))
    fourth = _estimate(far_behind, project=_AT_ONCE)
    assert (fourth.value, fourth.usage, fourth.use_carried_forward) == (Decimal(150), Decimal(0), Decimal(-15))
    assert (rules.advanced(far_behind, fourth).use_brought_forward, rules.advanced(far_behind, fourth).estimated) == (
        Decimal(-25),
        Decimal(10),
    )


def test_what_an_exchanged_meter_showed_is_part_of_the_estimated_use() -> None:
    some = _estimate(connection(last_value=Decimal(5), use_brought_forward=Decimal(4)), project=_AT_ONCE)
    assert (some.value, some.usage) == (Decimal(11), Decimal(10))
    more = _estimate(connection(last_value=Decimal(5), use_brought_forward=Decimal(30)), project=_AT_ONCE)
    assert (more.value, more.usage) == (Decimal(5), Decimal(30))


def test_an_estimated_register_runs_over_too_and_is_settled_on_either_side_of_its_end() -> None:
    full = connection(last_value=Decimal(9995), meter_digits=4)
    made = _estimate(full, project=_AT_ONCE)
    assert (made.value, made.usage, made.flags) == (Decimal(5), Decimal(10), (ROLLOVER,))
    after = rules.advanced(full, made)
    beyond = _real(after, "20", date(2025, 12, 5))
    assert (beyond.usage, beyond.rolled_over) == (Decimal(15), True)
    short = _real(after, "9999", date(2025, 12, 5))
    assert (short.usage, short.use_carried_forward, short.rolled_over) == (Decimal(0), Decimal(-6), False)


def test_an_estimate_is_counted_anew_when_it_is_confirmed() -> None:
    pending = _estimate(connection(), _DECEMBER)
    later = connection(
        last_value=Decimal(156),
        uses=(PastUse(OCTOBER, Decimal(10), 30), PastUse(NOVEMBER, Decimal(16), 31)),
        last_period=NOVEMBER,
        last_read_on=FIFTH,
    )
    confirmed = rules.confirm(WATERWORKS, pending, later, by="admin", at=NOW)
    assert (confirmed.previous, confirmed.value, confirmed.usage) == (Decimal(156), Decimal(169), Decimal(13))


def test_a_real_reading_takes_the_place_of_its_periods_estimate_while_nobody_has_billed_it() -> None:
    shown = MeterValue(Decimal(147), FIFTH)
    said: dict[str, Any] = {"today": FIFTH, "entry": ENTRY}
    pending = _estimate(connection())
    taken = rules.replace_estimate(WATERWORKS, pending, connection(), shown, **said)
    assert (taken.source, taken.state, taken.usage, taken.version) == ("manual", "pending", Decimal(7), 1)
    counted = _estimate(connection(), project=_AT_ONCE)
    after = rules.advanced(connection(), counted)
    replaced = rules.replace_estimate(_AT_ONCE, counted, after, shown, **said)
    assert (replaced.source, replaced.state, replaced.usage, replaced.use_brought_forward) == (
        "manual",
        "confirmed",
        Decimal(7),
        None,
    )
    assert rules.advanced(after, replaced, replaced=counted).uses == (
        PastUse(OCTOBER, Decimal(10), 30),
        PastUse(NOVEMBER, Decimal(7), 31),
    )
    confirmed = rules.confirm(WATERWORKS, pending, connection(), by="admin", at=NOW)
    with pytest.raises(Conflict, match=r"is confirmed: correct 2025-11\.2025110001 instead"):
        rules.replace_estimate(WATERWORKS, confirmed, rules.advanced(connection(), confirmed), shown, **said)
    corrected = rules.correct(WATERWORKS, confirmed, rules.advanced(connection(), confirmed), shown, **said)
    assert (corrected.estimated, corrected.state, corrected.usage) == (False, "confirmed", Decimal(7))


@pytest.mark.parametrize(
    ("changes", "awaited"),
    [
        ({}, True),
        ({"last_period": NOVEMBER}, False),
        ({"last_period": _DECEMBER}, False),
        ({"status": "disconnected"}, False),
        ({"last_period": None}, True),
        ({"last_period": None, "created_at": NOW.replace(month=12)}, False),  # it was not there yet
        ({"created_at": NOW.replace(month=12)}, True),
    ],
)
def test_a_connection_awaits_a_reading_until_the_period_is_confirmed(changes: dict[str, Any], awaited: bool) -> None:
    assert rules.awaits(WATERWORKS, connection(**changes), NOVEMBER) is awaited
