"""Lines of bills and quotes, each with its numbers and an explanation in words."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from chalicelib.kernel.quantity import plain
from chalicelib.platform.schema import Amount, OutSchema, Shows
from chalicelib.tariffs.domain.explain import explain
from chalicelib.tariffs.domain.trace import Line, Trace, exact_decimal
from chalicelib.tariffs.schemas.words import RateText, RoundingBody

_PLACES = 6


class ExactRatio(OutSchema):
    """A number that has no finite decimal, as a ratio."""

    numerator: str = Field(examples=["1"])
    denominator: str = Field(examples=["3"])


class RatioOut(OutSchema):
    """A number: exactly, or rounded to six places with the exact ratio beside it."""

    decimal: str = Field(examples=["10", "0.333333"])
    exact: ExactRatio | None = Field(description="Null where `decimal` is exact")


def _shown(value: Any) -> Any:  # noqa: ANN401 - a ratio, or what was shown of one
    if not isinstance(value, Fraction):
        return value
    decimal = exact_decimal(value)
    if decimal is not None:
        return {"decimal": plain(decimal), "exact": None}
    rounded = Decimal(round(value * 10**_PLACES)).scaleb(-_PLACES)
    exact = {"numerator": str(value.numerator), "denominator": str(value.denominator)}
    return {"decimal": plain(rounded), "exact": exact}


Ratio = Annotated[RatioOut, BeforeValidator(_shown)]


class TermOut(OutSchema):
    """A quantity at a rate per a number of units."""

    quantity: Ratio
    rate: RateText
    per: RateText = Field(examples=["1"])


class FactorOut(OutSchema):
    """A multiplier of the whole line."""

    label: str
    value: Ratio


@dataclass(frozen=True, slots=True)
class LineView:
    """A line with its explanation in words."""

    line: Line

    @property
    def tariff(self) -> str:
        return f"{self.line.trace.tariff_id}@{self.line.trace.tariff_version}"

    @property
    def explanation(self) -> tuple[str, ...]:
        return tuple(explain(self.line))


class LineOut(OutSchema, Shows[LineView, Trace, Line]):
    """One line of a bill and how it was computed, in numbers and in words.

    `unrounded` is the sum of the terms, times all factors, minus what other charges have already billed.
    """

    code: str
    label: str
    amount: Amount
    informational: bool = Field(description="It says what other lines contain, and is not part of the total")
    tariff: str = Field(description="The tariff and version it was rated by", examples=["residential@1"])
    terms: tuple[TermOut, ...]
    factors: tuple[FactorOut, ...]
    less: Ratio
    unrounded: Ratio
    rounding: RoundingBody
    explanation: tuple[str, ...] = Field(examples=[["10 m3 at 22.50 = 225.00"]])
