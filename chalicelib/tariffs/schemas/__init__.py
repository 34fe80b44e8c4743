"""Tariffs as the API accepts and shows them: strict, camelCase, decimals as text."""

from chalicelib.tariffs.schemas.factors import FactorsBody, FactorsOut
from chalicelib.tariffs.schemas.lines import LineOut, LineView
from chalicelib.tariffs.schemas.quotes import QuoteBody, QuoteOut, QuoteView, UsageQuantities
from chalicelib.tariffs.schemas.sheet import TariffBody, library
from chalicelib.tariffs.schemas.tariffs import (
    Adoption,
    LibraryEntry,
    LibraryList,
    NewTariff,
    TariffList,
    TariffOut,
    TariffShort,
    TariffView,
)

__all__ = [
    "Adoption",
    "FactorsBody",
    "FactorsOut",
    "LibraryEntry",
    "LibraryList",
    "LineOut",
    "LineView",
    "NewTariff",
    "QuoteBody",
    "QuoteOut",
    "QuoteView",
    "TariffBody",
    "TariffList",
    "TariffOut",
    "TariffShort",
    "TariffView",
    "UsageQuantities",
    "library",
]
