"""Presets: a utility's settings, projects and tariffs as data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.cycles.domain import BillingCycle
from chalicelib.identity.domain.roles import BUILT_IN, Role
from chalicelib.kernel.errors import NotFound
from chalicelib.tenancy.domain import Client, ProjectSettings


@dataclass(frozen=True, slots=True)
class PresetTariff:
    """A tariff of the library that a new project gets, valid from a day on."""

    library_id: str
    id: str
    valid_from: date
    consumer_class: str | None = None


@dataclass(frozen=True, slots=True)
class PresetProject:
    """A project of a preset."""

    id: str
    settings: ProjectSettings
    tariffs: tuple[PresetTariff, ...] = ()

    @property
    def library_ids(self) -> tuple[str, ...]:
        return tuple(tariff.library_id for tariff in self.tariffs)


@dataclass(frozen=True, slots=True)
class PresetRole:
    """A built-in role with fewer permissions: `without` names those that it loses."""

    name: str
    without: frozenset[str]

    def as_role(self) -> Role:
        """Return the role as it is defined for a client."""
        built_in = BUILT_IN[self.name]
        return replace(built_in, permissions=built_in.permissions - self.without)


@dataclass(frozen=True, slots=True)
class Preset:
    """The initial data of a client. `client.id` and its name are the source's; opening a client gives others."""

    source: str
    client: Client
    projects: tuple[PresetProject, ...]
    cycles: tuple[BillingCycle, ...] = ()
    roles: tuple[PresetRole, ...] = ()


def project_of(presets: Mapping[str, Preset], preset_id: str, project_id: str) -> PresetProject:
    """Return a project of a preset.

    :raises NotFound: if there is no such preset, or it has no such project.
    """
    preset = presets.get(preset_id)
    for project in preset.projects if preset else ():
        if project.id == project_id:
            return project
    field = "presetProjectId" if preset else "presetId"
    message = f"there is no preset {preset_id} with a project {project_id}; see /api/presets"
    raise NotFound("not-found", message, field=field)
