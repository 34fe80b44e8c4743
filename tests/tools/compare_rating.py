"""The engine against the independent calculator, on random tariffs.

python -m tests.tools.compare_rating [how many] [first seed]
"""

import sys
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import exponent_of
from chalicelib.tariffs.domain import Line as EngineLine
from chalicelib.tariffs.domain import compile_tariff, explain, pack_lines, rate_over, replay, unpack_lines
from chalicelib.tariffs.schemas import TariffBody, UsageQuantities
from tests.tools.random_tariffs import Json, random_case
from tests.tools.tariff_calculator import Line, bill_of


@dataclass
class Comparison:
    """What was tried: how many bills and lines, what the engine refused and why, and the seeds that disagree."""

    tried: int = 0
    lines: int = 0
    by_versions: Counter[int] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    disagree: list[int] = field(default_factory=list)


def _sum(lines: tuple[EngineLine, ...]) -> int:
    return sum(line.amount.minor for line in lines if not line.informational)


def engine_bill(sheets: list[Json], usage: Json) -> list[Line]:
    """Rate through the public schemas; each line is replayed from its packed trace and explained."""
    compiled = [
        compile_tariff(TariffBody.model_validate(sheet).to_domain(tariff_id="any", version=at))
        for at, sheet in enumerate(sheets, start=1)
    ]
    rating = rate_over(compiled, UsageQuantities.model_validate(usage).to_domain())
    lines = unpack_lines(pack_lines(rating.lines), rating.currency)
    if lines != rating.lines or [replay(line) for line in lines] != [line.amount for line in lines]:
        raise AssertionError("a line is not what its trace says")
    if not all(explain(line) for line in lines) or _sum(lines) != rating.total_minor:
        raise AssertionError("a line without words, or a total that its lines are not")
    unit = 10 ** exponent_of(rating.currency)
    return [(line.trace.tariff_version - 1, line.code, Fraction(line.amount.minor, unit)) for line in lines]


def compare(seeds: range) -> Comparison:
    """Rate each seed's case both ways."""
    found = Comparison()
    for seed in seeds:
        sheets, usage = random_case(seed)
        try:
            ours = engine_bill(sheets, usage)
        except Invalid as refused:
            found.refused[f"{refused.code}: {str(refused).partition(': ')[2] or refused}"[:70]] += 1
            continue
        found.tried += 1
        found.lines += len(ours)
        found.by_versions[len(sheets)] += 1
        if ours != bill_of(sheets, usage):
            found.disagree.append(seed)
    return found


def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else 20_000
    first = int(arguments[1]) if len(arguments) > 1 else 1_000_000
    found = compare(range(first, first + count))
    versions = ", ".join(f"{bills} by {number}" for number, bills in sorted(found.by_versions.items()))
    sys.stdout.write(f"{found.tried} bills compared ({versions} versions), {found.lines} lines\n")
    for reason, times in found.refused.most_common():
        sys.stdout.write(f"{times:6} refused, {reason}\n")
    sys.stdout.write(f"{len(found.disagree)} disagreements, seeds {found.disagree[:20]}\n")
    return 1 if found.disagree else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
