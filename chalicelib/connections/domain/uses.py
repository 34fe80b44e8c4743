"""The past uses of a connection: what is usual for it, and what its estimates are made of."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import divided, median_of
from chalicelib.kernel.register import average_use

# A year and the same month of the year before.
MAX_USES = 13
# An estimate is by the last three uses: enough that one odd month does not decide it, few enough to follow the season.
# The sources do not differ in this, so it is not a setting.
ESTIMATED_BY = 3

_YEAR = 12
_NO_PARTS: Mapping[str, Decimal] = {}


class PastUse(NamedTuple):
    """The use that was counted for a period.

    `days` are those between its readings, or None if the day of the first is not known. `rounds` is the number of
    billing periods that it is of, if some were not read. `parts` are further quantities of these days, by name:
    uses of other registers, peaks.
    """

    period: Period
    use: Decimal
    days: int | None = None
    rounds: int = 1
    parts: Mapping[str, Decimal] = _NO_PARTS

    @property
    def of_one_round(self) -> Decimal:
        return divided(self.use, max(self.rounds, 1))


def with_use(uses: Sequence[PastUse], new: PastUse, *, peaks: Iterable[str] = ()) -> tuple[PastUse, ...]:
    """Return past uses with another one. A second use of a period is added to the first; a peak is the higher one."""
    if not uses or uses[-1].period != new.period:
        return (*uses, new)[-MAX_USES:]
    last, highest = uses[-1], frozenset(peaks)
    days = None if last.days is None or new.days is None else last.days + new.days
    parts = dict(last.parts)
    for name, value in new.parts.items():
        before = parts.get(name)
        parts[name] = value if before is None else max(before, value) if name in highest else before + value
    return (*uses[:-1], PastUse(new.period, last.use + new.use, days, last.rounds + new.rounds, parts))


def without_use(
    uses: Sequence[PastUse], old: PastUse, *, peaks: Iterable[str] = (), left: Mapping[str, Decimal] = _NO_PARTS
) -> tuple[PastUse, ...]:
    """Return past uses without the last one, or without its part in what was counted for its period.

    Of the `peaks` among its parts, a higher one of the period stays; else that of the reading before (`left`).
    A use that is not remembered, as of a connection stored before uses were, is not taken back.
    """
    if not uses or uses[-1].period != old.period:
        return tuple(uses)
    *earlier, last = uses
    rounds = last.rounds - old.rounds
    if rounds <= 0:
        return tuple(earlier)
    days = None if last.days is None or old.days is None else last.days - old.days
    parts, highest = dict(last.parts), frozenset(peaks)
    for name, value in old.parts.items():
        whole = parts.pop(name, value)
        if name not in highest and whole > value:
            parts[name] = whole - value
        elif name in highest and (whole > value or name in left):
            parts[name] = whole if whole > value else left[name]
    return (*earlier, PastUse(last.period, last.use - old.use, days, rounds, parts))


def before(uses: Sequence[PastUse], period: Period) -> tuple[PastUse, ...]:
    """Return the uses of earlier periods."""
    return tuple(each for each in uses if each.period < period)


def usual_use(uses: Sequence[PastUse], period: Period) -> Decimal | None:
    """Return the median use of a round in the year before a period; None if nothing was read then."""
    year_before = period.shifted(-_YEAR)
    return median_of(each.of_one_round for each in before(uses, period) if year_before <= each.period)


def expected_use(uses: Sequence[PastUse], period: Period, days: int | None) -> Decimal:
    """Return the estimated use of `days` in a period, in whole units.

    It is by the day as in the same month of last year, if that was read by itself; else the average of the last three
    uses whose days are known, by the day. Without days, it is that of a round.
    10 in July, 10 in August, 20 in September and October together, 30 days each: 10 for the 30 days of November.

    :raises Invalid: if nothing was read before.
    """
    earlier = before(uses, period) or tuple(uses)
    last_year = [each for each in earlier if each.period == period.shifted(-_YEAR) and each.rounds == 1]
    chosen = last_year or list(earlier[-ESTIMATED_BY:])
    by_day = [each for each in chosen if each.days]
    if days is not None and by_day:
        num, den = sum((each.use for each in by_day), Decimal(0)).as_integer_ratio()
        num, den = num * days, den * sum(each.days or 0 for each in by_day)
    else:
        rounds = sum(max(each.rounds, 1) for each in chosen)
        num, den = average_use([sum((each.use for each in chosen), Decimal(0))] if chosen else (), last=1)
        den *= max(rounds, 1)
    return Decimal((2 * num + den) // (2 * den))


def pack_uses(uses: Iterable[PastUse]) -> str:
    """Return uses as a short text: `202510/31/10,202511/30/24x2/night=12`."""
    return ",".join(map(_packed, uses))


def _packed(use: PastUse) -> str:
    days = "" if use.days is None else str(use.days)
    rounds = "" if use.rounds == 1 else f"x{use.rounds}"
    parts = "".join(f"/{name}={value:f}" for name, value in sorted(use.parts.items()))
    return f"{use.period.year:04}{use.period.month:02}/{days}/{use.use:f}{rounds}{parts}"


def unpack_uses(text: str) -> tuple[PastUse, ...]:
    """Parse what `pack_uses` returned."""
    return tuple(map(_unpacked, text.split(",")))


def _unpacked(text: str) -> PastUse:
    month, days, use, *parts = text.split("/")
    used, _, rounds = use.partition("x")
    named = (part.partition("=") for part in parts)
    return PastUse(
        Period(int(month[:4]), int(month[4:])),
        Decimal(used),
        int(days) if days else None,
        int(rounds or 1),
        {name: Decimal(value) for name, _, value in named},
    )
