"""Read blocks of use."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.tools.tariff_reader.loose_tariff import Json, LooseTariff, bare, first, is_number, number, text

Money = Callable[[object], str]
_WHOLE = re.compile(
    r"whole(?!sale)|allunits|^volume|toptier|nontelescop|stairstep|bracket|nonincrement|singleslab|slabofthetotal"
)


def is_whole(structure: object) -> bool:
    """Return whether all of a use is at the rate of the block that it ends in."""
    return _WHOLE.search(bare(structure)) is not None


def blocks_of(source: LooseTariff, slabs: list[Any], money: Money) -> list[Json]:
    """Read blocks given by limits, by widths, by thresholds or in pairs."""
    blocks: list[Json] = []
    reached: str | None = "0"
    sources = [source.child(_as_slab(slab), f"slabs[{at}]") for at, slab in enumerate(slabs)]
    for at, slab in enumerate(sources):
        if reached is None:
            raise ValueError(f"{slab.where}: comes after a block without a limit")
        over = _over(slab, reached, first=not blocks)
        up_to = _limit(slab.get("upto"))
        if up_to is None and "upto" not in slab:
            if at + 1 < len(sources) and "over" in sources[at + 1]:
                up_to = text(sources[at + 1].get("over"))
            elif "size" in slab and _limit(slab.get("size")) is not None:
                up_to = text(Decimal(over) + number(slab.get("size")))
        blocks.append({"over": over, "upTo": up_to, **_prices(slab, money)})
        reached = up_to
    if blocks and blocks[0]["over"] != "0":
        blocks.insert(0, {"over": "0", "upTo": blocks[0]["over"], "rate": "0"})
    if blocks and blocks[-1]["upTo"] is not None:
        blocks.append({**blocks[-1], "over": blocks[-1]["upTo"], "upTo": None, "flat": "0"})
    return blocks


def _prices(slab: LooseTariff, money: Money) -> Json:
    prices = {"rate": money(first(slab.get("rate"), slab.get("amount"), "0"))}
    if slab.get("flat") is not None and "rate" in slab:
        prices["flat"] = money(slab.get("flat"))
    elif "rate" not in slab and "flat" in slab:
        prices = {"rate": "0", "flat": money(slab.get("flat"))}
    for word in _SLAB_REMARKS:
        slab.get(word)
    return prices


FIXED_OF_BLOCKS = (
    "fixed", "fixedcharge", "servicecharge", "basecharge", "monthlycharge", "standingcharge", "fixedmonthlycharge",
)  # fmt: skip
_SLAB_REMARKS = (
    *FIXED_OF_BLOCKS, "size", "per", "tier", "block", "slab", "step", "level", "band", "no", "stage", "order",
    "balance", "remaining", "rest", "remainder", "thereafter", "number", "unit",
)  # fmt: skip


def _over(slab: LooseTariff, reached: str, *, first: bool) -> str:
    """The block before ends where this one starts: 11-20 after 1-10 begins above 10."""
    stated = slab.get("over")
    if stated is None:
        return reached
    over = Decimal(text(stated))
    if first:
        return "0" if over == 1 else text(over)
    if not 0 <= over - Decimal(reached) <= 1:
        raise ValueError(f"{slab.where}: starts at {over}, where the block before ends at {reached}")
    return reached


def schedules_of(source: LooseTariff, money: Money) -> list[Json]:
    """Read the lists of blocks of which the total use chooses one."""
    schedules: list[Json] = []
    reached: str | None = "0"
    for each in source.children("schedules"):
        up_to = _limit(each.get("upto"))
        over = reached if reached is not None else text(each.get("over"))
        each.get("over")
        mode = "whole" if is_whole(each.get("structure", each.get("mode", ""))) else "telescopic"
        slabs = each.get("slabs") or [{"rate": each.get("rate"), "flat": each.get("flat", "0")}]
        blocks = blocks_of(each, slabs, money)
        if is_number(each.get("fixed")):  # the fixed charge of this list
            blocks[0]["flat"] = money(each.get("fixed"))
        schedules.append({"over": over, "upTo": up_to, "mode": mode, "blocks": blocks})
        reached = up_to
    if schedules and schedules[-1]["upTo"] is not None:
        schedules.append({**schedules[-1], "over": schedules[-1]["upTo"], "upTo": None})
    return schedules


def free_below(blocks: list[Json], covered: Decimal) -> list[Json]:
    """Set the rate of all that lies below a quantity to nothing, splitting a block where need be."""
    result: list[Json] = []
    for block in blocks:
        over, up_to = Decimal(block["over"]), block["upTo"]
        if up_to is not None and Decimal(up_to) <= covered:
            result.append({**block, "rate": "0", "flat": "0"})
        elif over < covered:
            result.append({**block, "upTo": text(covered), "rate": "0", "flat": "0"})
            result.append({**block, "over": text(covered)})
        else:
            result.append(block)
    return result


def _as_slab(slab: Any) -> Json:  # noqa: ANN401
    if isinstance(slab, dict):
        return slab
    keys = ("upto", "rate") if len(slab) == 2 else ("over", "upto", "rate", "flat")
    return dict(zip(keys, slab, strict=False))


def _limit(value: object) -> str | None:
    if value is None or bare(value) in {"", "inf", "infinity", "max", "rest", "unlimited", "none", "above", "more"}:
        return None
    return text(value)
