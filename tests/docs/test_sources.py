"""docs/sources.md leads from each source to operations, settings and presets that are there."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic.alias_generators import to_camel

from chalicelib.onboarding import service as onboarding
from chalicelib.tenancy.domain import Client, ProjectSettings
from tests.support.endpoints import ALL
from tests.support.markdown import code_words, table_rows

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources.md"
_OPERATION = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (\S+)")
_SOURCES = ("S0", "S1", "S2", "S3", "S4")


def _plain(path: str) -> str:
    """Leave the names of a path's parameters out, and what follows the path."""
    return re.sub(r"{\w+}", "{}", path.partition("?")[0])


def unknown_operations(text: str) -> Iterator[str]:
    """Find operations that a page says are here and are not; the first column of a table is about elsewhere."""
    known = {(one.method, _plain(one.path)) for one in ALL}
    for line in text.splitlines():
        here = " ".join(line.split("|")[2:]) if line.startswith("|") else line
        for word in code_words(here):
            if found := _OPERATION.fullmatch(word):
                method, path = found[1], re.sub(r"^\.\.\.", "/api/clients/{clientId}/projects/{projectId}", found[2])
                if (method, _plain(path)) not in known:
                    yield word


def test_every_operation_that_the_page_names_exists() -> None:
    assert list(unknown_operations(_PAGE.read_text())) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("| `GET /api/user` | `GET /api/clients/{clientId}/users` |", []),
        ("| `GET /api/user` | `GET /api/user` |", ["GET /api/user"]),
        ("| old | `GET .../bills?period=2025-07`, `POST .../bills/generate` |", ["POST .../bills/generate"]),
        ("Everybody begins with `POST /api/login`.", ["POST /api/login"]),
        ("| old | `GET .../bills/{anything}` |", []),
    ],
)
def test_an_operation_that_is_not_there_is_found(line: str, found: list[str]) -> None:
    assert list(unknown_operations(line)) == found


def test_every_setting_that_the_page_names_exists() -> None:
    settings = {to_camel(field.name) for kind in (ProjectSettings, Client) for field in dataclasses.fields(kind)}
    named = set(re.findall(r"setting `(\w+)`", _PAGE.read_text()))
    assert named <= settings
    assert len(named) >= 8


def test_the_page_names_the_preset_and_the_projects_of_each_source() -> None:
    shown = {
        row[0].partition(",")[0]: (code_words(row[1]), code_words(row[2]))
        for row in table_rows(_PAGE, "# The five sources")
        if len(row) == 4
    }
    presets = {preset.source.partition(",")[0]: (key, preset) for key, preset in onboarding.list_presets().items()}
    assert shown == {
        source: ([key], [project.id for project in preset.projects]) for source, (key, preset) in presets.items()
    }
    assert tuple(sorted(shown)) == _SOURCES


@pytest.mark.parametrize("source", _SOURCES)
def test_each_source_has_its_paths_and_rules_told(source: str) -> None:
    headings = {heading for heading in re.findall(r"^### (.+)$", _PAGE.read_text(), re.MULTILINE) if source in heading}
    screens = set() if source == "S0" else {f"Screens of {source}"}  # a back end alone
    assert headings == {f"Paths of {source}", f"Rules of {source}"} | screens
    for heading in headings:
        assert table_rows(_PAGE, f"### {heading}")
