"""Limits on the work of rating a bill, checked when a tariff is entered, so that no quote or run can hang."""

from collections.abc import Iterator, Sequence, Sized
from decimal import Decimal

from chalicelib.kernel.errors import Fault, Invalid
from chalicelib.tariffs.domain.canonical_json import canonical
from chalicelib.tariffs.domain.model import (
    Block,
    BlockCharge,
    Charge,
    MeasuredCharge,
    PercentCharge,
    ScheduleCharge,
    Tariff,
    UsageCharge,
)
from chalicelib.tariffs.domain.trace import Line, pack_lines

MAX_BLOCKS = 500
"""Blocks of all charges and schedules."""

MAX_VERSIONS = 2000
"""Of all tariffs of a project, for a run reads them all: ten tariffs with another rate each month, for 16 years."""

MAX_BYTES = 100_000
"""Of the whole sheet as canonical JSON, many times the longest one published. An item of the table takes 400 KB."""

MAX_DIGITS = 1000
"""Digits of the denominators that unrounded lines can have; 60 percentages such as 12.75 % take 240."""

MAX_LINES_BYTES = 100_000
"""Of a bill's packed lines. A typical bill's have a few hundred; an item of the table takes 400 KB."""

_SURELY_SHORT = 40
_QUANTITY = 6
_SHARE_OF_DAYS = 3


def check_room(others: Sized) -> None:
    """Check that a project's tariffs have room for one more version.

    :raises Invalid: if a run would have to read too many.
    """
    if len(others) >= MAX_VERSIONS:
        raise Invalid(
            "invalid-tariff",
            f"this project's tariffs have {len(others)} versions in all, the most there may be; delete some that never "
            "rated a bill",
        )


def check_length(lines: Sequence[Line]) -> None:
    """Check that a bill's lines can be stored, and that a quote's answer is not larger than Lambda can return.

    Only the few bills that may be too long are packed to find out.

    :raises Invalid: if the lines and their explanations are too long.
    """
    traces = [line.trace for line in lines]
    parts = sum(1 + len(trace.terms) + len(trace.factors) + len(trace.steps) for trace in traces)
    if parts > _SURELY_SHORT and len(pack_lines(lines).encode()) > MAX_LINES_BYTES:
        raise Invalid(
            "bill-too-long",
            f"the bill has {len(lines)} lines, too long to be stored with their explanations; shorten the tariff",
        )


def work_faults(tariff: Tariff) -> Iterator[Fault]:
    """Yield a fault for whatever makes rating by the tariff too much work."""
    blocks = sum(len(_blocks_of(charge)) for charge in tariff.charges)
    if blocks > MAX_BLOCKS:
        yield Fault("charges", f"the charges have {blocks} blocks in all; a tariff has at most {MAX_BLOCKS}")
    size = len(canonical(tariff).encode())
    if size > MAX_BYTES:
        yield Fault("charges", f"the sheet has {size} bytes; a tariff has at most {MAX_BYTES}: shorten its conditions")
    if tariff.rounding.line is not None or tariff.rounding.total is None:
        return  # each line is rounded, and later ones see short amounts
    converted = sum(_digits_of(each.multiply, each.divide) + _QUANTITY for each in tariff.conversions)
    digits = converted + sum(_digits(charge) for charge in tariff.charges if charge.rounding is None)
    if digits > MAX_DIGITS:
        yield Fault(
            "rounding",
            f"as only the total is rounded, the lines would have amounts of up to {digits} digits; "
            f"{MAX_DIGITS} are the most: round each line too, or give the longest charges a rounding of their own",
        )


def _digits(charge: Charge) -> int:
    """Return how many digits a charge can add to the denominator of an amount that it is a part of."""
    digits = _digits_of(*(factor.value for factor in charge.factors)) + _SHARE_OF_DAYS
    if isinstance(charge, PercentCharge):
        exempt = 0 if charge.exempt_use is None else 3 * _QUANTITY
        return digits + max((_digits_of_percent(charge, each) for each in percents_of(charge)), default=0) + exempt
    if isinstance(charge, MeasuredCharge):
        rates = [charge.rate] if isinstance(charge, UsageCharge) else [block.rate for block in _blocks_of(charge)]
        digits += _digits_of(charge.share, charge.per) + max(map(_digits_of, rates), default=0) + _QUANTITY
        parts = (part for block in _blocks_of(charge) for part in block.up_to_plus)
        digits += sum(_digits_of(part.amount) + _QUANTITY * len(part.times) for part in parts)
    return digits + _QUANTITY


def _digits_of_percent(charge: PercentCharge, percent: Decimal) -> int:
    if charge.inside is None:
        return _digits_of(percent, Decimal(100))
    return _digits_of(percent, 100 + percent if charge.inside == "charges" else 100 - percent)


def percents_of(charge: PercentCharge) -> list[Decimal]:
    """Return the percentages that a charge can have; of those that grow in steps, the first and the last."""
    if charge.percent_table is None:
        return [] if charge.percent is None else [charge.percent]
    found = []
    for row in charge.percent_table.rows:
        found.append(row.percent)
        if row.steps is not None and row.up_to is not None and row.steps.size > 0:
            found.append(row.percent + row.steps.percent * ((row.up_to - row.over) // row.steps.size))
    return found


def _digits_of(*values: Decimal) -> int:
    """Return the number of digits that dividing or multiplying by these values can add to the denominator."""
    total = 0
    for value in values:
        num, den = value.as_integer_ratio()
        total += len(str(den)) - 1 + (len(str(abs(num))) if abs(num) > 1 else 0)
    return total


def _blocks_of(charge: Charge) -> tuple[Block, ...]:
    if isinstance(charge, BlockCharge):
        return charge.blocks
    if isinstance(charge, ScheduleCharge):
        return tuple(block for schedule in charge.schedules for block in schedule.blocks)
    return ()
