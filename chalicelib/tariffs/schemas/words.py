"""Parts that tariff sheets are made of: rates, names, rounding, conditions."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from chalicelib.kernel.quantity import plain
from chalicelib.platform.schema import DecimalText, Schema, Text
from chalicelib.tariffs.domain.rounding import RoundingMode

_RATE_PATTERN = r"^-?\d{1,12}(\.\d{1,10})?$"
_RATE = re.compile(_RATE_PATTERN, re.ASCII)


def _read_rate(value: Any) -> Decimal:  # noqa: ANN401 - whatever the caller sent
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _RATE.fullmatch(value):
        raise ValueError('give a plain decimal as text, such as "22.50", with at most 10 places')
    return Decimal(value) + 0


RateText = Annotated[
    Decimal,
    BeforeValidator(_read_rate),
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _RATE_PATTERN, "examples": ["22.50"]}),
]
ChargeCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,23}$", examples=["usage"])]
CodeOrAll = Annotated[str, Field(max_length=24, examples=["usage"])]
Named = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,39}$")]
TariffId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$", examples=["residential"])]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", examples=["06-01"])]
Days = Annotated[int, Field(strict=True, ge=1, le=400)]


class RoundingBody(Schema):
    """To multiples of a step. Half-up goes away from zero."""

    mode: RoundingMode = "half-up"
    step: Annotated[RateText, Field(gt=0)] = Field(examples=["0.05"])


class MeasureLimitBody(Schema):
    """A measure above one value, at most another, or both; of several unread periods, each period's."""

    measure: Named = Field(examples=["persons"])
    above: DecimalText | None = None
    at_most: DecimalText | None = None


class AmountLimitBody(Schema):
    """The sum of named earlier charges above one amount, at most another, or both, in each period."""

    of: tuple[CodeOrAll, ...] = Field(max_length=60)
    above: RateText | None = None
    at_most: RateText | None = None


class ConditionBody(Schema):
    """When a charge or factor applies. All given parts must hold."""

    use_above: DecimalText | None = None
    use_at_most: DecimalText | None = None
    flag: Named | None = Field(default=None, examples=["senior"])
    without_flag: Named | None = None
    classes: tuple[Named, ...] = Field(default=(), max_length=50)
    meter_sizes: tuple[Named, ...] = Field(default=(), max_length=50)
    measures: tuple[MeasureLimitBody, ...] = Field(default=(), max_length=10)
    amounts: tuple[AmountLimitBody, ...] = Field(default=(), max_length=10, description="Not for a factor")


class FactorBody(Schema):
    """A multiplier, such as for a class, for a meter size, or 0.5 at zero use."""

    label: Text
    value: RateText
    when: ConditionBody


class SeasonBody(Schema):
    """From one day of the year up to, but not including, another."""

    from_day: MonthDay
    until_day: MonthDay
