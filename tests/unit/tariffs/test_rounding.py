"""The four ways to round, at the places where they differ."""

from decimal import Decimal

import pytest

from chalicelib.tariffs.domain.rounding import Rounding, RoundingMode, round_ratio, round_to_step

HALVES = (-5, -3, -1, 1, 3, 5)


@pytest.mark.parametrize(
    ("mode", "rounded"),
    [
        ("half-up", (-3, -2, -1, 1, 2, 3)),
        ("half-even", (-2, -2, 0, 0, 2, 2)),
        ("floor", (-3, -2, -1, 0, 1, 2)),
        ("ceiling", (-2, -1, 0, 1, 2, 3)),
    ],
)
def test_halves_go_where_the_mode_sends_them(mode: RoundingMode, rounded: tuple[int, ...]) -> None:
    assert tuple(round_ratio(half, 2, mode) for half in HALVES) == rounded


@pytest.mark.parametrize("mode", ["half-up", "half-even"])
def test_what_is_not_a_half_goes_to_the_nearest(mode: RoundingMode) -> None:
    assert [round_ratio(thirds, 3, mode) for thirds in (-5, -4, -2, -1, 1, 2, 4, 5)] == [-2, -1, -1, 0, 0, 1, 1, 2]


def test_a_step_may_be_finer_or_coarser_than_one() -> None:
    assert round_to_step(28725, 1000, Rounding("floor", Decimal("0.05"))) == (574, 20)
    assert round_to_step(745, 1, Rounding("half-up", Decimal(10))) == (750, 1)
    assert round_to_step(1, 3, Rounding("ceiling", Decimal("0.001"))) == (334, 1000)
