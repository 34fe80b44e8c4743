"""What a preset is: a utility's way of working, written down as data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.cycles.domain import BillingCycle
from chalicelib.identity.domain.roles import BUILT_IN, Role
from chalicelib.kernel.errors import NotFound
from chalicelib.tenancy.domain import Client, ProjectSettings


@dataclass(frozen=True, slots=True)
class PresetTariff:
    """A tariff of the library that a project begins with, from a day on."""

    library_id: str
    id: str
    valid_from: date
    consumer_class: str | None = None


@dataclass(frozen=True, slots=True)
class PresetProject:
    """A utility service as a preset has it."""

    id: str
    settings: ProjectSettings
    tariffs: tuple[PresetTariff, ...] = ()

    @property
    def library_ids(self) -> tuple[str, ...]:
        return tuple(tariff.library_id for tariff in self.tariffs)


@dataclass(frozen=True, slots=True)
class PresetRole:
    """A built-in role that may do less at a source: `without` names the permissions that it has not."""

    name: str
    without: frozenset[str]

    def as_role(self) -> Role:
        """Return the role as a client has it."""
        built_in = BUILT_IN[self.name]
        return replace(built_in, permissions=built_in.permissions - self.without)


@dataclass(frozen=True, slots=True)
class Preset:
    """A whole utility to begin with. `client.id` and its name are the source's own; opening a client gives others."""

    source: str
    client: Client
    projects: tuple[PresetProject, ...]
    cycles: tuple[BillingCycle, ...] = ()
    roles: tuple[PresetRole, ...] = ()


def project_of(presets: Mapping[str, Preset], preset_id: str, project_id: str) -> PresetProject:
    """Find a project of a preset.

    :raises NotFound: if there is no such preset, or it has no such project.
    """
    preset = presets.get(preset_id)
    for project in preset.projects if preset else ():
        if project.id == project_id:
            return project
    raise NotFound("not-found", f"there is no preset {preset_id} with a project {project_id}; see /api/presets")
