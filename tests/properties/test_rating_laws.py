"""What must hold of any tariff and any use."""

import ast
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chalicelib.tariffs
from chalicelib.kernel.money import Money
from chalicelib.tariffs.domain import (
    Block,
    BlockCharge,
    Charge,
    Condition,
    Factor,
    FixedCharge,
    LimitPart,
    MaximumCharge,
    Measure,
    MinimumCharge,
    PercentCharge,
    PercentRow,
    PercentSteps,
    PercentTable,
    Rounding,
    RoundingPlan,
    SubtotalCharge,
    Tariff,
    Usage,
    UsageCharge,
    compile_tariff,
    explain,
    pack_lines,
    rate,
    rate_over,
    replay,
    unpack_lines,
)
from chalicelib.tariffs.domain.charges.shares import percentage
from chalicelib.tariffs.domain.checks import check_tariff
from chalicelib.tariffs.domain.late_charges import LateChargeRule, late_charge
from chalicelib.tariffs.domain.metering import Segment, use_of
from chalicelib.tariffs.domain.model import Inside
from chalicelib.tariffs.domain.proration import split_quantity
from chalicelib.tariffs.domain.rounding import TO_WHOLE, RoundingMode, round_ratio, split_by_weights

CENT = Rounding("half-up", Decimal("0.01"))
MODES: list[RoundingMode] = list(TO_WHOLE)


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=places, allow_nan=False, allow_infinity=False)


uses = decimals("0", "5000", 3)
flats = st.sampled_from([Decimal(0), Decimal(3)])
rates = decimals("0", "99", 4)
roundings = st.builds(
    Rounding, st.sampled_from(MODES), st.sampled_from([Decimal(s) for s in ("0.01", "0.05", "1", "10")])
)


@st.composite
def block_lists(draw: st.DrawFn) -> tuple[Block, ...]:
    limits = sorted(draw(st.sets(decimals("0.5", "900", 1), max_size=4)))
    edges: list[Decimal | None] = [Decimal(0), *limits, None]
    return tuple(
        Block(over=over or Decimal(0), up_to=up_to, rate=draw(rates), flat=draw(flats))
        for over, up_to in pairwise(edges)
    )


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    first: Charge = draw(
        st.one_of(
            st.builds(
                UsageCharge,
                code=st.just("use"),
                label=st.just("Use"),
                rate=rates,
                per=st.sampled_from([Decimal(1), Decimal(748)]),
            ),
            st.builds(
                BlockCharge,
                code=st.just("use"),
                label=st.just("Use"),
                blocks=block_lists(),
                mode=st.sampled_from(["telescopic", "whole"]),
                limits_per=st.sampled_from([None, "days", "dwellingUnits"]),
            ),
        )
    )
    half = Factor(label="half", value=Decimal("0.5"), when=Condition(use_at_most=draw(uses)))
    rest: list[Charge] = [
        FixedCharge(code="fixed", label="Fixed", amount=draw(rates), factors=draw(st.sampled_from([(), (half,)]))),
        PercentCharge(code="tax", label="Tax", percent=draw(decimals("-20", "30", 2)), of=("use", "fixed")),
        PercentCharge(code="tax2", label="Tax on tax", percent=draw(decimals("0", "30", 2)), of=("tax", "use")),
        MinimumCharge(code="minimum", label="Minimum", amount=draw(rates), of=("*",)),
        MaximumCharge(code="maximum", label="Maximum", amount=draw(rates), of=("use",)),
        SubtotalCharge(code="subtotal", label="Rounded", of=("*",), to=draw(roundings)),
    ]
    chosen = draw(st.lists(st.sampled_from(range(len(rest))), unique=True))
    charges = [first, *(rest[at] for at in sorted(chosen) if at != 2 or {0, 1} <= set(chosen))]
    if 1 in chosen and 0 not in chosen:
        charges = [each for each in charges if each.code not in {"tax", "tax2"}]
    line, total = draw(st.sampled_from([(None, None), (None, draw(roundings)), (draw(roundings), draw(roundings))]))
    plan = RoundingPlan(line=line, total=total)
    tariff = Tariff(
        id="01JABCDEFGHJKMNPQRSTVWXYZ0",
        version=draw(st.integers(1, 99)),
        name="Any",
        currency="PHP",
        unit="m3",
        valid_from=date(2025, 1, 1),
        charges=tuple(charges),
        rounding=plan,
    )
    check_tariff(tariff)
    return tariff


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    first = date(2025, 1, 1) + timedelta(days=draw(st.integers(0, 300)))
    return Usage(
        quantity=draw(uses),
        unit="m3",
        first_day=first,
        until_day=first + timedelta(days=draw(st.integers(1, 92))),
        dwelling_units=Decimal(draw(st.integers(1, 9))),
    )


@given(tariffs(), usages())
def test_the_lines_sum_up_to_the_total(tariff: Tariff, usage: Usage) -> None:
    rating = rate(compile_tariff(tariff), usage)
    assert sum((line.amount for line in rating.lines), Money.zero("PHP")) == rating.total


@given(tariffs(), usages(), decimals("-50", "90", 2), st.sampled_from([None, "sum", "charges"]))
def test_a_charge_that_only_informs_changes_nothing(
    tariff: Tariff, usage: Usage, percent: Decimal, inside: Inside | None
) -> None:
    without = rate(compile_tariff(tariff), usage)
    said = PercentCharge(code="s", label="S", percent=percent, of=("*",), inside=inside, informational=True)
    for at in range(1, len(tariff.charges) + 1):
        more = replace(tariff, charges=(*tariff.charges[:at], said, *tariff.charges[at:]))
        check_tariff(more)
        rating = rate(compile_tariff(more), usage)
        assert rating.total == without.total
        assert [line for line in rating.lines if not line.informational] == list(without.lines)


@given(tariffs(), usages(), decimals("0", "3", 2), st.integers(0, 9))
def test_a_part_of_a_limit_is_as_good_as_a_larger_limit(tariff: Tariff, usage: Usage, amount: Decimal, kw: int) -> None:
    """A limit of 10 plus 2 for each of 3 kW is one of 16."""
    first = tariff.charges[0]
    if not isinstance(first, BlockCharge):
        return
    shift = amount * kw
    part = LimitPart(amount=amount, times=("kw",))
    budget = tuple(block if block.up_to is None else replace(block, up_to_plus=(part,)) for block in first.blocks)
    larger = tuple(
        replace(block, over=block.over and block.over + shift, up_to=block.up_to and block.up_to + shift)
        for block in first.blocks
    )
    declared = replace(tariff, measures=(Measure(name="kw", label="kW", unit="kW"),))
    given_kw = replace(usage, measures={"kw": Decimal(kw)})
    rest = declared.charges[1:]
    one = rate(compile_tariff(replace(declared, charges=(replace(first, blocks=budget), *rest))), given_kw)
    other = rate(compile_tariff(replace(declared, charges=(replace(first, blocks=larger), *rest))), given_kw)
    assert [line.amount for line in one.lines] == [line.amount for line in other.lines]
    assert [replay(line) for line in one.lines] == [line.amount for line in one.lines]


@given(tariffs(), usages(), decimals("0.001", "40", 3), decimals("-20", "40", 2))
def test_a_percentage_looked_up_is_as_good_as_one_that_is_stated(
    tariff: Tariff, usage: Usage, other: Decimal, percent: Decimal
) -> None:
    """Whatever the ratio: rows of one percentage are that percentage, and steps of nothing add nothing."""
    nothing = PercentSteps(size=Decimal("0.01"), percent=Decimal(0), direction="down")
    rows = (
        PercentRow(over=Decimal(0), up_to=Decimal(1), percent=percent, steps=nothing),
        PercentRow(over=Decimal(1), up_to=None, percent=percent),
    )
    table = PercentTable(measure="use", per_measure="other", rows=rows)
    stated = PercentCharge(code="p", label="P", percent=percent, of=("*",))
    declared = replace(tariff, measures=(Measure(name="other", label="other", unit="other"),))
    usage = replace(usage, measures={"other": other})
    one, two = (
        rate(compile_tariff(replace(declared, charges=(*declared.charges, charge))), usage)
        for charge in (stated, replace(stated, percent=None, percent_table=table))
    )
    assert [line.amount for line in one.lines] == [line.amount for line in two.lines]


@given(decimals("0", "9999", 2), decimals("0", "99", 2))
def test_a_tax_inside_a_sum_is_its_percentage_of_the_sum(price: Decimal, percent: Decimal) -> None:
    """Before it is rounded; and taken out of the sum as contained, by the percentage on the net, it gives the price."""
    inside = percentage(percent, "sum", 2)
    tax = Fraction(price) * Fraction(inside.num, inside.den)
    assert tax == (Fraction(price) + tax) * Fraction(percent) / 100
    on_net = percentage(percent, None, 2)
    assert tax >= Fraction(price) * Fraction(on_net.num, on_net.den)
    contained = percentage(percent, "charges", 2)
    assert Fraction(price) - Fraction(price) * Fraction(contained.num, contained.den) == Fraction(price) / (
        1 + Fraction(percent) / 100
    )


@given(tariffs(), usages())
def test_a_line_is_replayed_from_its_packed_trace_alone(tariff: Tariff, usage: Usage) -> None:
    lines = rate(compile_tariff(tariff), usage).lines
    kept = unpack_lines(pack_lines(lines), "PHP")
    assert kept == lines
    assert [replay(line) for line in kept] == [line.amount for line in lines]
    assert all(explain(line) for line in kept)


@given(tariffs(), usages(), st.integers(1, 91))
def test_lines_of_a_straddled_period_replay_too(tariff: Tariff, usage: Usage, days: int) -> None:
    assert usage.first_day is not None
    change = usage.first_day + timedelta(days=days)
    versions = [
        compile_tariff(replace(tariff, version=1, valid_until=change)),
        compile_tariff(replace(tariff, version=2, valid_from=change)),
    ]
    rating = rate_over(versions, usage)
    assert [replay(line) for line in rating.lines] == [line.amount for line in rating.lines]
    assert sum((line.amount for line in rating.lines), Money.zero("PHP")) == rating.total


@given(tariffs(), usages(), st.integers(2, 6))
def test_several_periods_are_as_many_bills_of_an_equal_share(tariff: Tariff, usage: Usage, periods: int) -> None:
    """Only the total is rounded here, once for them all and once for each."""
    charges = tuple(each for each in tariff.charges if not isinstance(each, SubtotalCharge))
    compiled = compile_tariff(replace(tariff, charges=charges, rounding=RoundingPlan(total=CENT)))
    one = replace(usage, first_day=None, until_day=None)
    all_of_them = rate(compiled, replace(one, quantity=usage.quantity * periods, periods=periods))
    assert 2 * abs(all_of_them.total_minor - periods * rate(compiled, one).total_minor) <= periods + 1
    assert [replay(line) for line in all_of_them.lines] == [line.amount for line in all_of_them.lines]


@given(tariffs(), usages())
def test_rating_again_gives_the_same_bill_and_digest(tariff: Tariff, usage: Usage) -> None:
    first, second = rate(compile_tariff(tariff), usage), rate(compile_tariff(replace(tariff)), replace(usage))
    assert (first.lines, first.total, first.digest) == (second.lines, second.total, second.digest)


@given(tariffs(), usages(), usages(), st.booleans())
def test_digests_are_equal_only_if_the_inputs_are(tariff: Tariff, one: Usage, other: Usage, renamed: bool) -> None:
    renewed = replace(tariff, name="Another") if renamed else tariff
    same = one == other and renewed == tariff
    assert (rate(compile_tariff(tariff), one).digest == rate(compile_tariff(renewed), other).digest) == same
    longer = replace(one, quantity=one.quantity.quantize(Decimal("0.000001")))
    assert rate(compile_tariff(tariff), longer).digest == rate(compile_tariff(tariff), one).digest


def only(charge: Charge) -> Tariff:
    return Tariff(
        id="T", version=1, name="One", currency="PHP", unit="m3", valid_from=date(2025, 1, 1), charges=(charge,)
    )


@given(uses, rates, decimals("0", "100", 2), decimals("0", "100", 2))
def test_a_minimum_and_a_maximum_hold_a_bill_between_them(
    use: Decimal, price: Decimal, low: Decimal, more: Decimal
) -> None:
    tariff = Tariff(
        id="T",
        version=1,
        name="Held",
        currency="PHP",
        unit="m3",
        valid_from=date(2025, 1, 1),
        charges=(
            UsageCharge(code="use", label="Use", rate=price),
            MaximumCharge(code="most", label="At most", amount=low + more, of=("use",)),
            MinimumCharge(code="least", label="At least", amount=low, of=("*",)),
        ),
    )
    total = Decimal(str(rate(compile_tariff(tariff), Usage(quantity=use, unit="m3")).total))
    assert low <= total <= low + more
    free = round_ratio(*(use * price * 100).as_integer_ratio(), "half-up")
    assert total in {low, low + more, Decimal(free) / 100}


@given(block_lists(), uses, uses)
def test_more_use_never_costs_less_in_telescopic_blocks(
    blocks: tuple[Block, ...], one: Decimal, other: Decimal
) -> None:
    compiled = compile_tariff(only(BlockCharge(code="e", label="E", blocks=blocks)))
    low, high = sorted((one, other))
    cheap, dear = (rate(compiled, Usage(quantity=q, unit="m3")).total.minor for q in (low, high))
    assert cheap <= dear


@given(block_lists(), uses, decimals("0", "1", 3))
def test_splitting_a_telescopic_block_in_two_changes_nothing(
    blocks: tuple[Block, ...], use: Decimal, at: Decimal
) -> None:
    blocks = tuple(replace(block, flat=Decimal(0)) for block in blocks)
    cut = blocks[-1].over + at + Decimal("0.001")
    last = blocks[-1]
    finer = (*blocks[:-1], replace(last, up_to=cut), replace(last, over=cut))
    whole, split = (
        rate(compile_tariff(only(BlockCharge(code="e", label="E", blocks=each))), Usage(quantity=use, unit="m3"))
        for each in (blocks, finer)
    )
    assert whole.total == split.total


@given(block_lists(), uses)
def test_the_short_way_through_blocks_gives_what_the_long_one_explains(blocks: tuple[Block, ...], use: Decimal) -> None:
    for mode in ("telescopic", "whole"):
        charge = BlockCharge(code="e", label="E", blocks=blocks, mode=mode)
        (line,) = rate(compile_tariff(only(charge)), Usage(quantity=use, unit="m3")).lines
        assert replay(line) == line.amount
        if mode == "telescopic":
            flat = {id(term) for term in line.trace.terms if term.rate == 3 and term.quantity == 1}
            assert sum(term.quantity for term in line.trace.terms if id(term) not in flat) in {use, use - 1}


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6), st.sampled_from(MODES))
def test_rounding_moves_by_less_than_one_and_keeps_whole_numbers(num: int, den: int, mode: RoundingMode) -> None:
    rounded = round_ratio(num, den, mode)
    assert abs(rounded * den - num) < den
    assert round_ratio(rounded * den, den, mode) == rounded
    if mode.startswith("half"):
        assert 2 * abs(rounded * den - num) <= den
        assert round_ratio(-num, den, mode) == -rounded
    if mode == "floor":
        assert rounded * den <= num
        assert round_ratio(-num, den, "ceiling") == -rounded


@given(st.integers(0, 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_splitting_by_weights_loses_nothing_and_is_fair(units: int, weights: list[int]) -> None:
    shares = split_by_weights(units, weights)
    assert sum(shares) == units
    assert all(
        abs(share * sum(weights) - units * weight) < sum(weights) for share, weight in zip(shares, weights, strict=True)
    )


@given(uses, st.integers(1, 12))
def test_splitting_a_quantity_loses_nothing(use: Decimal, months: int) -> None:
    parts = split_quantity(use, [1] * months)
    assert sum(parts) == use
    assert list(parts) == sorted(parts, reverse=True)


@given(st.integers(0, 9999), st.integers(0, 9999))
def test_a_register_comes_back_to_where_it_was(start: int, used: int) -> None:
    segment = Segment(previous=Decimal(start), current=Decimal((start + used) % 10000), digits=4)
    assert use_of(replace(segment, rolled_over=True)) == used


@given(
    st.sampled_from(["percent-once", "percent-per-day", "monthly-simple", "monthly-compound"]),
    st.integers(1, 10**8),
    st.integers(0, 400),
    st.integers(0, 60),
)
def test_a_late_charge_never_shrinks_with_time_and_is_nothing_within_grace(
    kind: str, minor: int, days: int, grace: int
) -> None:
    rule = LateChargeRule(kind=kind, percent=Decimal("1.5"), grace_days=grace)  # type: ignore[arg-type]
    principal = Money(minor, "PHP")
    today, tomorrow = (late_charge(rule, principal=principal, days_overdue=day).minor for day in (days, days + 1))
    assert 0 <= today <= tomorrow
    assert days > grace or today == 0


@pytest.mark.parametrize(
    "path", sorted(Path(chalicelib.tariffs.__file__).parent.rglob("*.py")), ids=lambda path: path.name
)
def test_no_float_can_come_near_an_amount(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"a float on line {node.lineno}"
        assert not (isinstance(node, ast.Name) and node.id == "float"), f"float on line {node.lineno}"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            assert _divides_exactly(node), f"a division on line {node.lineno} that could give a float"


def _divides_exactly(division: ast.BinOp) -> bool:
    """Of Decimals or Fractions: one side is made so on the spot, or is a step or a quantity, declared as such."""
    text = ast.unparse(division)
    return "Decimal(" in text or "Fraction(" in text or text in {"stepped / step", "value / step"}
