"""Rating against a hand-written integer loop: four telescopic blocks and a tax. Run it with `python -m`.

Both run interleaved in one process, in short rounds; the best round of each counts, so that a neighbour's load hits
both alike. The hand-written loop does only what the engine must do too: both lines, each rounded, and their sum.
"""

import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from time import perf_counter_ns

from chalicelib.tariffs.domain import (
    Block,
    BlockCharge,
    PercentCharge,
    Tariff,
    Usage,
    compile_tariff,
    pack_lines,
    rate,
)

ROUNDS, PER_ROUND = 60, 1000
LIMIT = 3

EDGES = [Decimal(0), Decimal(50), Decimal(100), Decimal(150), None]
RATES = ["1.50", "2.50", "3.50", "4.50"]
TARIFF = Tariff(
    id="01JABCDEFGHJKMNPQRSTVWXYZ0",
    version=1,
    name="Household",
    currency="INR",
    unit="kWh",
    valid_from=date(2025, 1, 1),
    charges=(
        BlockCharge(
            code="energy",
            label="Energy",
            blocks=tuple(
                Block(over=EDGES[at] or Decimal(0), up_to=EDGES[at + 1], rate=Decimal(RATES[at])) for at in range(4)
            ),
        ),
        PercentCharge(code="tax", label="Tax", percent=Decimal(18), of=("energy",)),
    ),
)
USE = Usage(quantity=Decimal("175.5"), unit="kWh")
HAND_BLOCKS = [(0, 50_000, 150), (50_000, 100_000, 250), (100_000, 150_000, 350), (150_000, 10**12, 450)]


def by_hand(use_thousandths: int) -> tuple[int, int, int]:
    """Rate a use as somebody would who has one tariff only: energy, tax and total in paise."""
    energy = 0
    for over, up_to, rate_paise in HAND_BLOCKS:
        if use_thousandths > over:
            energy += (min(use_thousandths, up_to) - over) * rate_paise
    energy = (energy + 500) // 1000
    tax = (energy * 18 + 50) // 100
    return energy, tax, energy + tax


def best_ns(jobs: dict[str, Callable[[], object]]) -> dict[str, int]:
    """Time every job in turn, many times over, and give the best nanoseconds per call of each."""
    best = dict.fromkeys(jobs, sys.maxsize)
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            start = perf_counter_ns()
            for _ in range(PER_ROUND):
                job()
            best[name] = min(best[name], (perf_counter_ns() - start) // PER_ROUND)
    return best


def main() -> int:
    compiled = compile_tariff(TARIFF)
    energy, tax, total = by_hand(175_500)
    rating = rate(compiled, USE)
    if [line.amount.minor for line in rating.lines] != [energy, tax] or rating.total_minor != total:
        raise AssertionError("the two do not agree, so there is nothing to compare")
    best = best_ns(
        {
            "hand-written loop": lambda: by_hand(175_500),
            "rating": lambda: rate(compiled, USE).total_minor,
            "rating, lines and trace packed, digest": lambda: (pack_lines((r := rate(compiled, USE)).lines), r.digest),
        }
    )
    hand = best["hand-written loop"]
    for name, nanoseconds in best.items():
        sys.stdout.write(f"{name:40} {nanoseconds:7} ns  {Decimal(nanoseconds * 100 // hand) / 100:>6} x\n")
    return 0 if best["rating"] <= LIMIT * hand else 1


if __name__ == "__main__":
    sys.exit(main())
