"""The tariffs of a project, compiled and ready to rate any consumer class."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain.compile import CompiledTariff, compile_tariff
from chalicelib.tariffs.domain.model import Tariff
from chalicelib.tariffs.domain.rating import Rating, rate, rate_over
from chalicelib.tariffs.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A stored version of a tariff. Once `sealed`, a run has used it and it can't change."""

    tariff: Tariff
    sealed: bool


@dataclass(frozen=True, slots=True)
class TariffBook:
    """All tariffs of a project, compiled once: versions by consumer class ("" serves every class), and by tariff."""

    versions: Mapping[str, Sequence[CompiledTariff]]
    by_tariff: Mapping[str, Sequence[CompiledTariff]] = field(default_factory=dict)

    @classmethod
    def of(cls, tariffs: Iterable[Tariff]) -> "TariffBook":
        """Compile tariffs. Those that are by choice are not found by class."""
        versions: dict[str, list[CompiledTariff]] = {}
        by_tariff: dict[str, list[CompiledTariff]] = {}
        for tariff in tariffs:
            compiled = compile_tariff(tariff)
            by_tariff.setdefault(tariff.id, []).append(compiled)
            if not tariff.by_choice:
                versions.setdefault(tariff.consumer_class or "", []).append(compiled)
        return cls(versions, by_tariff)

    def rate(self, consumer_class: str, usage: Usage, *, tariff_id: str | None = None) -> Rating:
        """Rate a use by a tariff, by the one of its class, or by the one that serves every class.

        :raises Invalid: if no tariff, or more than one, is in force on some day of the use.
        """
        return rate_over(self._some_for(consumer_class, tariff_id), usage)

    def rate_as_on(self, day: date, consumer_class: str, usage: Usage, *, tariff_id: str | None = None) -> Rating:
        """Rate a use as if all its days had the version that is in force on one day.

        :raises Invalid: if none is.
        """
        return rate(self.version_on(day, consumer_class, tariff_id=tariff_id), usage)

    def version_on(self, day: date, consumer_class: str, *, tariff_id: str | None = None) -> CompiledTariff:
        """Return the version that is in force on a day.

        :raises Invalid: if none is.
        """
        for version in self._some_for(consumer_class, tariff_id):
            tariff = version.tariff
            if tariff.valid_from <= day and (tariff.valid_until is None or day < tariff.valid_until):
                return version
        raise Invalid("no-tariff", f"no version of the tariff is valid on {day}", field="usage.firstDay")

    def _some_for(self, consumer_class: str, tariff_id: str | None) -> Sequence[CompiledTariff]:
        versions = self.versions_for(consumer_class, tariff_id=tariff_id)
        if versions:
            return versions
        if tariff_id is not None:
            raise Invalid(
                "no-tariff",
                f"there is no tariff {tariff_id}, which the connection names; give it another",
                field="tariffId",
            )
        raise Invalid(
            "no-tariff",
            f"there is no tariff for the class {consumer_class}; add one and run again",
            field="consumerClass",
        )

    def versions_for(self, consumer_class: str, *, tariff_id: str | None = None) -> Sequence[CompiledTariff]:
        """Return the versions that rate a connection that names a tariff, or one of a class; perhaps none."""
        if tariff_id is not None:
            return self.by_tariff.get(tariff_id, ())
        return self.versions.get(consumer_class) or self.versions.get("", ())

    def first_day(self, consumer_class: str, *, tariff_id: str | None = None) -> date | None:
        """Return the first day on which a tariff, or that of a class, is in force; None if there is no such tariff."""
        versions = self.versions_for(consumer_class, tariff_id=tariff_id)
        return min((each.tariff.valid_from for each in versions), default=None)
