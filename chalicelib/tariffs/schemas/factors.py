"""Factors of a period as the API accepts and shows them."""

from typing import Annotated

from pydantic import Field

from chalicelib.platform.schema import DecimalText, OutSchema, PeriodText, Schema, Shows, Version
from chalicelib.tariffs.domain.factors import MAX_FACTORS, PeriodFactors
from chalicelib.tariffs.schemas.words import Named

Factors = Annotated[
    dict[Named, DecimalText],
    Field(
        max_length=MAX_FACTORS,
        description="By the names of the measures that tariffs declare; they count for every bill of the period",
        examples=[{"calorificValue": "39.5"}],
    ),
]


class FactorsBody(Schema):
    """All factors of a period: those that are left out are removed."""

    measures: Factors
    version: Version


class FactorsOut(OutSchema, Shows[PeriodFactors]):
    """What was measured or set for a period once, for all connections, such as the calorific value of gas."""

    period: PeriodText
    measures: Factors
    version: int = Field(description="0: none were entered yet")
