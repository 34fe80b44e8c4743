"""Taking, confirming and correcting readings."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connections.domain import Connection, PastUse
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.period import Period
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.flags import HIGH_USE, LATE, NO_USE, ROLLOVER
from chalicelib.readings.domain.reading import MeterValue, Reading, parse_reading_id
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
    reading,
    with_settings,
)

_VALUES = st.decimals(min_value=0, max_value=10**9, places=3, allow_nan=False, allow_infinity=False)


def _take(
    value: str = "150",
    read_on: date = FIFTH,
    *,
    project: Project = WATERWORKS,
    of: Connection | None = None,
    today: date = FIFTH,
) -> Reading:
    return rules.record_reading(
        project, of or connection(), MeterValue(Decimal(value), read_on), today=today, entry=ENTRY
    )


@pytest.mark.covers("S3-019", "S3-024", "S2-387")
def test_a_reading_of_150_after_140_is_a_use_of_10_that_waits() -> None:
    taken = _take()
    assert (taken.previous, taken.usage) == (Decimal(140), Decimal(10))
    assert (taken.state, taken.period) == ("pending", NOVEMBER)
    assert (taken.confirmed_by, taken.confirmed_at) == (None, None)


@pytest.mark.covers("S1-032")
def test_where_nobody_confirms_a_reading_counts_at_once() -> None:
    taken = _take(project=CONDOMINIUM, of=connection(last_period=Period(2025, 9)))
    assert (taken.state, taken.confirmed_by, taken.confirmed_at) == ("confirmed", "officer", NOW)
    assert taken.period == OCTOBER


@pytest.mark.covers("S1-132", "S1-133", "S2-039", "S4-017")
@pytest.mark.parametrize(("value", "usage"), [("140", 0), ("140.001", Decimal("0.001"))])
def test_a_reading_equal_to_the_one_before_is_a_use_of_nothing(value: str, usage: Decimal) -> None:
    assert _take(value).usage == usage


@pytest.mark.covers("S1-132", "S1-133", "S2-039", "S4-017")
def test_a_reading_below_the_one_before_is_refused_with_both() -> None:
    with pytest.raises(Invalid, match=r"139\.999 is below the previous reading 140"):
        _take("139.999")


@pytest.mark.covers("S3-100", "S4-002")
def test_the_first_reading_counts_from_the_initial_one() -> None:
    new = connection(
        initial_reading=Decimal(100), last_value=Decimal(100), last_read_on=None, last_period=None, uses=()
    )
    assert _take("110", of=new).usage == 10


@pytest.mark.covers("S2-307")
def test_a_reading_of_tomorrow_is_refused() -> None:
    with pytest.raises(Invalid, match="2025-11-06 is in the future; today is 2025-11-05"):
        _take(read_on=date(2025, 11, 6))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last_period": Period(2025, 12), "last_read_on": date(2025, 12, 1)}, "already-read"),
        ({"status": "closed"}, "not-active"),
        ({"status": "disconnected"}, "not-active"),
        ({"last_read_on": FIFTH}, "not-after-last"),
    ],
)
def test_a_connection_that_takes_no_reading_refuses_it(changes: dict[str, Any], code: str) -> None:
    with pytest.raises((Invalid, Conflict)) as refusal:
        _take(of=connection(**changes))
    assert refusal.value.code == code


@pytest.mark.covers("S3-022", "S3-017")
@pytest.mark.parametrize(
    ("value", "read_on", "flags"),
    [
        ("160", date(2025, 11, 10), ()),  # twice the use before, on the last reading day
        ("160.001", FIFTH, (HIGH_USE,)),
        ("150", date(2025, 11, 11), (LATE,)),
        ("140", FIFTH, (NO_USE,)),
        ("200", date(2025, 11, 30), (LATE, HIGH_USE)),
    ],
)
def test_what_a_person_should_look_at_is_flagged_and_taken(value: str, read_on: date, flags: tuple[str, ...]) -> None:
    assert _take(value, read_on, today=date(2025, 11, 30)).flags == flags


@pytest.mark.parametrize("uses", [(), (PastUse(OCTOBER, Decimal(0), 30),)])
def test_without_a_use_to_compare_with_nothing_is_called_high(uses: tuple[PastUse, ...]) -> None:
    assert _take("1139", of=connection(uses=uses)).flags == ()


def test_a_project_without_a_window_flags_no_day_as_late() -> None:
    assert _take(read_on=FIFTH, project=with_settings(WATERWORKS, reading_window=None)).flags == ()


@given(_VALUES, _VALUES)
def test_a_use_is_never_negative_and_adds_up(before: Decimal, value: Decimal) -> None:
    of = connection(last_value=before)
    if value < before:
        with pytest.raises(Invalid):
            _take(str(value), of=of)
    else:
        taken = _take(str(value), of=of)
        assert taken.usage >= 0
        assert taken.previous + taken.usage == taken.value


@pytest.mark.covers("S3-021", "S3-022")
def test_confirming_counts_the_use_anew_from_the_last_confirmed_reading() -> None:
    pending = _take("165")
    confirmed = rules.confirm(WATERWORKS, pending, connection(last_value=Decimal(155)), by="admin", at=NOW)
    assert (confirmed.previous, confirmed.usage) == (Decimal(155), Decimal(10))
    assert confirmed.state == "confirmed"
    assert (confirmed.confirmed_by, confirmed.confirmed_at) == ("admin", NOW)
    assert (pending.flags, confirmed.flags) == ((HIGH_USE,), ())
    assert confirmed.version == pending.version + 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last_value": Decimal(151)}, "below-previous"),
        ({"last_period": Period(2025, 12)}, "already-read"),
        ({"status": "closed"}, "not-active"),
    ],
)
def test_a_reading_that_its_connection_has_outrun_is_not_confirmed(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Conflict) as refusal:
        rules.confirm(WATERWORKS, _take(), connection(**changes), by="admin", at=NOW)
    assert refusal.value.code == code


_LAST = {"last_period": NOVEMBER, "last_read_on": FIFTH}


def _correct(what: Reading, value: str, read_on: date = FIFTH, **changes: Any) -> Reading:  # noqa: ANN401
    return rules.correct(
        WATERWORKS,
        what,
        connection(**changes),
        MeterValue(Decimal(value), read_on),
        today=date(2025, 11, 30),
        entry=ENTRY,
    )


@pytest.mark.covers("S1-067")
def test_a_corrected_pending_reading_still_waits_with_its_use_counted_anew() -> None:
    corrected = _correct(_take(), "156", date(2025, 11, 6))
    assert corrected.state == "pending"
    assert (corrected.value, corrected.usage) == (Decimal(156), Decimal(16))
    assert (corrected.read_on, corrected.version) == (date(2025, 11, 6), 1)


@pytest.mark.covers("S1-067")
def test_a_corrected_confirmed_reading_keeps_the_reading_before_it() -> None:
    corrected = _correct(reading(), "145", last_value=Decimal(150), last_period=NOVEMBER, last_read_on=FIFTH)
    assert corrected.state == "confirmed"
    assert (corrected.previous, corrected.usage) == (Decimal(140), Decimal(5))
    assert corrected.confirmed_by == "officer"


@pytest.mark.parametrize(
    ("what", "value", "read_on", "changes", "code"),
    [
        (reading(state="pending"), "139", FIFTH, {}, "below-previous"),
        (reading(), "139", FIFTH, _LAST, "below-previous"),
        (reading(), "150", date(2025, 12, 1), _LAST, "future-date"),
        (reading(), "150", date(2025, 10, 31), _LAST, "other-period"),
        (reading(), "150", FIFTH, {"last_period": Period(2025, 12)}, "later-reading"),
    ],
)
def test_a_correction_that_can_not_be_is_refused(
    what: Reading, value: str, read_on: date, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises((Invalid, Conflict)) as refusal:
        _correct(what, value, read_on, **changes)
    assert refusal.value.code == code


def test_a_readings_id_is_its_period_and_account() -> None:
    assert reading().id == "2025-11.2025110001"
    assert parse_reading_id("2025-11.a.b") == (NOVEMBER, "a.b", 1)
    assert reading(number=2).id == "2025-11.2025110001:2"
    assert parse_reading_id("2025-11.a.b:2") == (NOVEMBER, "a.b", 2)


@pytest.mark.parametrize(
    "text",
    ["", ".", "2025-11", "2025-11.", "2025-13.1", "2025-11.#", "x.1", "2025-11.1\n", "2025-11./", "2025-11.1:",
     "2025-11.1:0", "2025-11.1:1", "2025-11.1:02", "2025-11.1:1000", "2025-11.1:２", "2025-11.1:2\n", "2025-11.:2"],
)  # fmt: skip
def test_what_is_no_readings_id_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        parse_reading_id(text)


_FULL = {"last_value": Decimal("9990.5"), "meter_digits": 4}


def test_a_register_that_ran_over_counts_on_from_zero_and_is_flagged() -> None:
    taken = _take("4.25", of=connection(**_FULL))
    assert (taken.previous, taken.usage, taken.flags) == (Decimal("9990.5"), Decimal("13.75"), (ROLLOVER,))
    assert _take("9991", of=connection(**_FULL)).flags == ()
    assert _take("0", of=connection(**_FULL, use_brought_forward=Decimal(3))).usage == Decimal("12.5")


def test_a_register_that_counted_far_is_only_taken_as_run_over_if_somebody_says_so() -> None:
    full = connection(last_value=Decimal(8000), meter_digits=4)
    with pytest.raises(Invalid, match="say rolledOver"):
        _take("100", of=full)
    taken = rules.record_reading(
        WATERWORKS, full, MeterValue(Decimal(100), FIFTH, rolled_over=True), today=FIFTH, entry=ENTRY
    )
    assert (taken.usage, taken.flags) == (Decimal(2100), (HIGH_USE, ROLLOVER))


def test_a_rollover_is_looked_at_anew_when_the_reading_is_confirmed() -> None:
    pending = _take("4.25", of=connection(**_FULL))
    confirmed = rules.confirm(WATERWORKS, pending, connection(**_FULL), by="admin", at=NOW)
    assert (confirmed.usage, confirmed.flags) == (Decimal("13.75"), (ROLLOVER,))
    after_another = connection(last_value=Decimal(1), meter_digits=4)  # which ran over itself
    assert rules.confirm(WATERWORKS, pending, after_another, by="admin", at=NOW).flags == ()
    with pytest.raises(Conflict, match="must be corrected first") as refusal:
        rules.confirm(WATERWORKS, pending, connection(last_value=Decimal(50), meter_digits=4), by="admin", at=NOW)
    assert refusal.value.code == "below-previous"


def test_a_rollover_that_somebody_said_holds_when_it_is_confirmed_from_the_same_value() -> None:
    full = connection(last_value=Decimal(8000), meter_digits=4)
    said = rules.record_reading(
        WATERWORKS, full, MeterValue(Decimal(100), FIFTH, rolled_over=True), today=FIFTH, entry=ENTRY
    )
    assert rules.confirm(WATERWORKS, said, full, by="admin", at=NOW).usage == Decimal(2100)
    with pytest.raises(Conflict):
        rules.confirm(WATERWORKS, said, connection(last_value=Decimal(7000), meter_digits=4), by="admin", at=NOW)


def test_a_correction_makes_a_rollover_and_takes_it_back() -> None:
    last: dict[str, Any] = {
        "last_value": Decimal(9999),
        "last_period": NOVEMBER,
        "last_read_on": FIFTH,
        "meter_digits": 4,
    }
    typed = reading(previous=Decimal(9990), value=Decimal(9999), usage=Decimal(9))
    corrected = _correct(typed, "9", **last)
    assert (corrected.previous, corrected.usage, ROLLOVER in corrected.flags) == (Decimal(9990), Decimal(19), True)
    back = _correct(corrected, "9999", **(last | {"last_value": Decimal(9)}))
    assert (back.usage, ROLLOVER in back.flags) == (Decimal(9), False)


def test_a_value_that_the_register_has_no_digits_for_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        _take("10000", of=connection(**_FULL))
    assert refusal.value.code == "impossible-reading"
