"""Presets as the API shows them, and what is taken from them."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.onboarding.domain import Preset
from chalicelib.platform.schema import Schema

ProjectId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$", examples=["waterworks"])]


class PresetProjectOut(Schema):
    """A utility service as a preset has it."""

    id: str
    label: str
    unit: str
    currency: str
    tariffs: tuple[str, ...] = Field(description="The tariffs of the library that it begins with")


class PresetOut(Schema):
    """A utility's way of working, written down as data."""

    id: str
    source: str
    name: str
    projects: tuple[PresetProjectOut, ...]

    @classmethod
    def of(cls, preset_id: str, preset: Preset) -> Self:
        projects = tuple(
            PresetProjectOut(
                id=each.id,
                label=each.settings.label,
                unit=each.settings.unit,
                currency=each.settings.currency,
                tariffs=tuple(tariff.library_id for tariff in each.tariffs),
            )
            for each in preset.projects
        )
        return cls(id=preset_id, source=preset.source, name=preset.client.name, projects=projects)


class PresetList(Schema):
    """All presets."""

    items: tuple[PresetOut, ...]


class ProjectAdoption(Schema):
    """A utility service to add as a preset has it."""

    preset: Annotated[str, Field(max_length=60, examples=["balilihan"])]
    preset_project: ProjectId = Field(description="Which of the preset's projects")
    id: ProjectId = Field(description="What the new project is to be called in addresses")


class ProjectState(Schema):
    """A project, and whether it takes new connections."""

    id: str
    label: str
    closed: bool
