"""Quantities are exact, days are the client's own, instants are UTC."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import epoch_ms, from_epoch_ms, iso, local_day, parse_day
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import Quantity, divided, median_of, parse_decimal, plain
from tests.support.strategies import INSTANTS

_DECIMALS = st.decimals(min_value=-(10**12) + 1, max_value=10**12 - 1, places=6, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    "text",
    [
        "1e9", "1E+2", "NaN", "Infinity", "-Infinity", "1,200", "1 200", "1_000", "１２", "٣", "+1", ".5", "5.", "",
        "-", "--1", "0x1F", "1\n", " 1", "−1", "½", "1'000",
    ],
)  # fmt: skip
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="write it like 1785"):
        parse_decimal(text)


@pytest.mark.parametrize("text", ["1.0000001", "1234567890123", "-1234567890123.5"])
def test_a_number_that_is_too_long_is_told_how_long_it_may_be(text: str) -> None:
    with pytest.raises(Invalid, match="12 before the point and 6 after it at the most"):
        parse_decimal(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1785", "1785"), ("12.375", "12.375"), ("007", "7"), ("-3.50", "-3.5"), ("0.000001", "0.000001")],
)
def test_a_plain_decimal_is_read_exactly(text: str, value: str) -> None:
    assert parse_decimal(text) == Decimal(value)


def test_minus_nothing_is_nothing() -> None:
    assert str(parse_decimal("-0")) == "0"
    assert not parse_decimal("-0.00").is_signed()


@given(_DECIMALS)
def test_a_printed_decimal_reads_back_the_same(value: Decimal) -> None:
    assert parse_decimal(plain(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.50", "1.5"), ("1E+2", "100"), ("100", "100"), ("0.000", "0"), ("10.0", "10"), ("0.06", "0.06")],
)
def test_a_decimal_is_printed_without_exponent_or_trailing_zeros(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


def test_a_quantity_is_printed_with_its_unit() -> None:
    assert str(Quantity(Decimal("10.50"), "m3")) == "10.5 m3"


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        (datetime(2025, 11, 4, 16, 0, tzinfo=UTC), "Asia/Manila", date(2025, 11, 5)),
        (datetime(2025, 11, 4, 15, 59, tzinfo=UTC), "Asia/Manila", date(2025, 11, 4)),
        (datetime(2025, 8, 1, 4, 59, tzinfo=UTC), "America/Cancun", date(2025, 7, 31)),
        (datetime(2025, 8, 1, 5, 0, tzinfo=UTC), "America/Cancun", date(2025, 8, 1)),
    ],
)
def test_the_day_is_the_one_that_the_client_has(instant: datetime, zone: str, day: date) -> None:
    assert local_day(instant, zone) == day


def test_an_instant_is_printed_in_utc_to_the_millisecond() -> None:
    instant = datetime(2025, 11, 5, 10, 30, 0, 1999, tzinfo=timezone(timedelta(hours=8)))
    assert iso(instant) == "2025-11-05T02:30:00.001Z"


@given(INSTANTS)
def test_an_instant_is_kept_to_the_millisecond(instant: datetime) -> None:
    kept = from_epoch_ms(epoch_ms(instant))
    assert kept == instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    assert iso(kept) == iso(instant)


@pytest.mark.parametrize("text", ["2025-11-05", "1990-01-01", "2199-12-31", "2024-02-29"])
def test_a_day_is_written_in_one_way(text: str) -> None:
    assert str(parse_day(text)) == text


@pytest.mark.parametrize(
    "text",
    ["2025-W45-3", "20251105", "2025-11-5", "05/11/2025", "11/05/2025", "2025-02-29", "2025-13-01", "2025-11-05T00:00",
     "２０２５-11-05", "2025-11-05\n", " 2025-11-05", "0000-00-00", "1989-12-31", "2200-01-01", ""],
)  # fmt: skip
def test_a_day_in_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_day(text)


def test_a_decimal_is_divided_exactly_where_it_comes_out_even() -> None:
    assert (divided(Decimal(20), 8), divided(Decimal("0.3"), Decimal("0.1"))) == (Decimal("2.5"), Decimal(3))
    assert str(divided(Decimal(1), 3)) == "0." + "3" * 28


@pytest.mark.parametrize(
    ("values", "middle"),
    [([], None), (["10"], "10"), (["10", "60", "12"], "12"), (["60", "10"], "35"), (["4", "1", "3", "2"], "2.5")],
)
def test_half_of_the_values_lie_on_either_side_of_their_median(values: list[str], middle: str | None) -> None:
    assert median_of(map(Decimal, values)) == (None if middle is None else Decimal(middle))
