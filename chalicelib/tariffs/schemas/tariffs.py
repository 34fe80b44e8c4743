"""Tariffs of a project as the API accepts and shows them."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import AliasPath, Field

from chalicelib.platform.schema import Day, OutSchema, Schema, Shows, WholeList
from chalicelib.tariffs.domain.book import KnownVersion
from chalicelib.tariffs.schemas.sheet import TariffBody
from chalicelib.tariffs.schemas.words import Named, TariffId
from chalicelib.tenancy.domain import Project


class NewTariff(Schema):
    """A tariff to open, with an id chosen by the utility."""

    id: TariffId
    sheet: TariffBody


class Adoption(Schema):
    """A tariff of the library to open unchanged, valid from a day on."""

    library_id: TariffId = Field(examples=["balilihan-residential"])
    id: TariffId | None = Field(default=None, description="The library's own id, if none is given")
    valid_from: Day
    consumer_class: Named | None = None


@dataclass(frozen=True, slots=True)
class TariffView:
    """What the answer says of a version's place in time."""

    known: KnownVersion
    project: Project
    today: date

    @property
    def affected_bills(self) -> str | None:
        tariff, project = self.known.tariff, self.project
        if tariff.valid_from >= project.first_day_of(project.period_of(self.today)):
            return None
        return f"/api/clients/{project.client}/projects/{project.id}/bills?affectedBy={tariff.id}.{tariff.version}"


class TariffOut(OutSchema, Shows[TariffView, KnownVersion]):
    """One version of a tariff."""

    id: str = Field(validation_alias=AliasPath("tariff", "id"))
    version: int = Field(validation_alias=AliasPath("tariff", "version"))
    sealed: bool = Field(description="It has rated bills, so it can't be changed; add another version")
    sheet: TariffBody = Field(validation_alias="tariff")
    affected_bills: str | None = Field(
        description="Where to list the bills that it would change, if it begins before the present period: they stay "
        "as they are",
        examples=["/api/clients/balilihan/projects/waterworks/bills?affectedBy=residential.2"],
    )


class TariffShort(OutSchema, Shows[KnownVersion]):
    """One version of a tariff in a list, without its charges."""

    id: str = Field(validation_alias=AliasPath("tariff", "id"))
    version: int = Field(validation_alias=AliasPath("tariff", "version"))
    sealed: bool = Field(description="It has rated bills, so it can't be changed; add another version")
    name: str = Field(validation_alias=AliasPath("tariff", "name"), examples=["Residential"])
    currency: str = Field(validation_alias=AliasPath("tariff", "currency"))
    unit: str = Field(validation_alias=AliasPath("tariff", "unit"))
    valid_from: Day = Field(validation_alias=AliasPath("tariff", "valid_from"))
    valid_until: Day | None = Field(
        validation_alias=AliasPath("tariff", "valid_until"), description="The first day on which it is no longer valid"
    )
    consumer_class: str | None = Field(validation_alias=AliasPath("tariff", "consumer_class"))
    by_choice: Literal[True] | None = Field(
        validation_alias=AliasPath("tariff", "by_choice"), description="It rates only connections that name it"
    )


class TariffList(WholeList):
    """Versions of tariffs, in order of tariff and version."""

    items: tuple[TariffShort, ...]


class LibraryEntry(OutSchema):
    """A published tariff that can be adopted."""

    id: str
    sheet: TariffBody


class LibraryList(WholeList):
    """The library of published tariffs."""

    items: tuple[LibraryEntry, ...]
