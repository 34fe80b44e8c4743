"""Presets as the API shows them, and clients and projects opened from them."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AliasPath, Field

from chalicelib.onboarding.domain import Preset
from chalicelib.platform.schema import Email, OutSchema, PersonName, Schema, Shows, Text, WholeList

ProjectId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$", examples=["waterworks"])]


class PresetProjectOut(OutSchema):
    """A project of a preset."""

    id: str
    label: str = Field(validation_alias=AliasPath("settings", "label"))
    unit: str = Field(validation_alias=AliasPath("settings", "unit"))
    currency: str = Field(validation_alias=AliasPath("settings", "currency"))
    library_ids: tuple[str, ...] = Field(
        examples=[["balilihan-residential"]], description="The tariffs of the library that it gets"
    )


@dataclass(frozen=True, slots=True)
class PresetView:
    """The fields of a preset that have another form in the answer."""

    id: str


class PresetOut(OutSchema, Shows[PresetView, Preset]):
    """A preset: a utility's settings, projects and tariffs."""

    id: str
    source: str
    name: str = Field(validation_alias=AliasPath("client", "name"))
    projects: tuple[PresetProjectOut, ...]


class PresetList(WholeList):
    """All presets."""

    items: tuple[PresetOut, ...]


class ProjectAdoption(Schema):
    """A utility service to add from a preset."""

    preset_id: Annotated[str, Field(max_length=60, examples=["balilihan"])]
    preset_project_id: ProjectId = Field(description="Which of the preset's projects")
    id: ProjectId = Field(description="The new project's id, which is part of addresses")


class FirstAdministrator(Schema):
    """The first administrator of a new client, who has all permissions and creates all other users."""

    login: Annotated[str, Field(min_length=1, max_length=120, examples=["ana"])] = Field(
        description="An e-mail address, if the preset's users sign in with one"
    )
    name: PersonName = Field(examples=["Ana Reyes"])
    password: Annotated[str, Field(min_length=1, max_length=200, json_schema_extra={"format": "password"})]
    email: Email | None = None


class ClientOpening(Schema):
    """A client to open from a preset."""

    ticket: Annotated[str, Field(min_length=1, max_length=400)] = Field(
        description="From the platform's operator; it names the client and is valid for an hour"
    )
    preset_id: Annotated[str, Field(max_length=60, examples=["balilihan"])]
    name: Annotated[Text, Field(max_length=120, examples=["New Town Waterworks"])] | None = Field(
        default=None, description="The name for people; if left out, the preset's"
    )
    administrator: FirstAdministrator


class ClientOpened(Schema):
    """A new client, and the login of its first administrator."""

    id: str
    name: str
    preset_id: str
    project_ids: tuple[str, ...]
    login: str


class ProjectState(Schema):
    """A project, and whether it accepts new connections."""

    id: str
    label: str
    closed: bool
