"""Tariffs of a project as the API takes and shows them."""

from typing import Self

from pydantic import Field, TypeAdapter

from chalicelib.platform.schema import Day, Schema
from chalicelib.tariffs.domain import model
from chalicelib.tariffs.domain.book import KnownVersion
from chalicelib.tariffs.schemas.sheet import TariffBody
from chalicelib.tariffs.schemas.words import Named, TariffId


class NewTariff(Schema):
    """A tariff to open, under a name of the utility's own."""

    id: TariffId
    sheet: TariffBody


class Adoption(Schema):
    """A tariff of the library to open as it stands, from a day on."""

    library_id: TariffId = Field(examples=["balilihan-residential"])
    id: TariffId | None = Field(default=None, description="The library's own id, if none is given")
    valid_from: Day
    consumer_class: Named | None = None


class TariffOut(Schema):
    """One version of a tariff."""

    id: str
    version: int
    sealed: bool = Field(description="It has rated bills: it can be succeeded and no longer changed")
    sheet: TariffBody

    @classmethod
    def of(cls, known: KnownVersion) -> Self:
        facts = _TARIFF.dump_python(known.tariff, exclude={"id", "version"})
        sheet = TariffBody.model_validate(facts)
        return cls(id=known.tariff.id, version=known.tariff.version, sealed=known.sealed, sheet=sheet)


class TariffList(Schema):
    """Versions of tariffs, by tariff and version."""

    items: tuple[TariffOut, ...]


class LibraryEntry(Schema):
    """A published tariff that can be adopted."""

    id: str
    sheet: TariffBody


class LibraryList(Schema):
    """The library of published tariffs."""

    items: tuple[LibraryEntry, ...]


_TARIFF = TypeAdapter(model.Tariff)
