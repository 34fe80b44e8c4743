"""The presets, which are files of this package, one per source."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from chalicelib.onboarding.domain import Preset

_PRESET = TypeAdapter(Preset)


@cache
def all_presets() -> Mapping[str, Preset]:
    """Return the presets by id."""
    folder = Path(__file__).with_name("presets")
    return {path.stem: _PRESET.validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))}
