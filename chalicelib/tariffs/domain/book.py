"""The tariffs of a project, compiled and ready to rate any consumer class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain.compile import CompiledTariff
from chalicelib.tariffs.domain.document import Tariff
from chalicelib.tariffs.domain.rating import Rating, rate_over
from chalicelib.tariffs.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version of a tariff as it is kept. Once `sealed`, it has been given to a run and can't change any more."""

    tariff: Tariff
    sealed: bool


@dataclass(frozen=True, slots=True)
class TariffBook:
    """All tariffs of a project, compiled once: versions by consumer class ("" serves every class)."""

    versions: Mapping[str, Sequence[CompiledTariff]]

    def rate(self, consumer_class: str, usage: Usage) -> Rating:
        """This function will rate a use by the tariff of its class, or by the one that serves every class.

        :raises Invalid: if no tariff, or more than one, is in force on some day of the use.
        """
        versions = self.versions.get(consumer_class) or self.versions.get("")
        if not versions:
            raise Invalid("no-tariff", f"there is no tariff for the class {consumer_class}; add one and run again")
        return rate_over(versions, usage)
