"""Blocks of use, computed in whole numbers: limits and prices are scaled once, when the tariff is compiled."""

from collections.abc import Sequence
from copy import copy
from decimal import Decimal
from math import lcm

from chalicelib.tariffs.domain.model import Block, BlockMode
from chalicelib.tariffs.domain.pricing import Price, Priced, Ratio, Term, less_than

Row = tuple[int, int | None, int, Price, int, Price]
"""Where a block starts and ends, its rate with its price, and its flat amount with its price."""


class BlockTable:
    """One list of blocks. Limits are over `limit_den`, prices over `price_den`."""

    __slots__ = ("flats", "ladder", "limit_den", "price_den", "prices", "rows", "whole")

    def __init__(self, blocks: Sequence[Block], mode: BlockMode, per: Decimal, exponent: int) -> None:
        self.prices = [Price(block.rate, per, exponent) for block in blocks]
        self.flats = [Price(block.flat, Decimal(1), exponent, flat=True) for block in blocks]
        self.whole = mode == "whole"
        self.price_den = lcm(*(price.den for price in (*self.prices, *self.flats)))
        ends = [None if block.up_to is None else block.up_to.as_integer_ratio() for block in blocks]
        self.limit_den, self.rows = self._rows(ends)
        self.ladder = self._ladder()

    def ending_at(self, ends: Sequence[Ratio | None]) -> "BlockTable":
        """Return the same blocks with the limits of a bill. A block without width is never entered."""
        table = copy(self)
        table.limit_den, table.rows = self._rows(ends)
        return table

    def _rows(self, ends: Sequence[Ratio | None]) -> tuple[int, list[Row]]:
        starts: list[Ratio] = [(0, 1), *(end for end in ends if end)]
        limit_den = lcm(*(start[1] for start in starts))
        return limit_den, [
            (
                start[0] * (limit_den // start[1]),
                None if end is None else end[0] * (limit_den // end[1]),
                price.over(self.price_den),
                price,
                flat.over(self.price_den),
                flat,
            )
            for start, end, price, flat in zip(starts, ends, self.prices, self.flats, strict=True)
            if end is None or less_than(start, end)
        ]

    def _ladder(self) -> list[tuple[int, int, int, int]]:
        """From the highest block down: where it starts, what all before it costs, its rate, where its rate counts from.

        With this, a use is compared with one block, however many there are.
        """
        ladder, cost = [], 0
        for start, end, rate, _, flat_rate, _ in self.rows:
            flat = flat_rate * self.limit_den
            ladder.append((start, flat, rate, 0) if self.whole else (start, cost + flat, rate, start))
            cost += flat + (0 if end is None else (end - start) * rate)
        return ladder[::-1]

    def amount(self, num: int, den: int) -> Ratio:
        """Return the amount of `price` without its terms: in minor units, with limits as stated."""
        use = num * self.limit_den
        for start, cost, rate, origin in self.ladder:
            if use > start * den or not start:
                return cost * den + (use - origin * den) * rate, den * self.limit_den * self.price_den
        raise AssertionError("a checked table starts at zero")

    def price(self, num: int, den: int, scale_num: int = 1, scale_den: int = 1) -> Priced:
        """Return the amount and terms of a use of num/den, with every limit multiplied by scale_num/scale_den.

        A use equal to a limit belongs to the lower block; the first block is entered by any use, even none. Telescopic
        blocks give a term for each one entered, whole ones for the last: 60 by 50@1.50 and the rest @2.50 is 50 at
        1.50 and 10 at 2.50, or 60 at 2.50.
        """
        quantity_den = den * self.limit_den * scale_den
        use = num * self.limit_den * scale_den
        unit = den * scale_num
        terms: list[Term] = []
        for start, end, rate, price, flat_rate, flat in self.rows:
            if start and start * unit >= use:
                break
            if self.whole:
                terms = [(use, rate, price)]
            elif end is None or end * unit >= use:
                terms.append((use - start * unit, rate, price))
            else:
                terms.append(((end - start) * unit, rate, price))
            if flat_rate:
                terms.append((quantity_den, flat_rate, flat))
        return terms, quantity_den, self.price_den
