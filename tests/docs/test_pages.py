"""The documents hold together: links lead somewhere, commands exist, code in them is code, and the README is short."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from app import app
from chalicelib.imports.domain import history_file, history_openings, registry
from chalicelib.readings.domain import table_file
from chalicelib.tenancy.domain import Client, ProjectSettings
from local import presets
from local.demo import utilities
from tests.support.markdown import code_blocks, code_words, table_rows, without_code

_ROOT = Path(__file__).resolve().parents[2]
_DOCS = _ROOT / "docs"
_PAGES = sorted([*_ROOT.glob("*.md"), *_DOCS.rglob("*.md")])
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PYTHON = re.compile(r"^( *)```python\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    return str(page.relative_to(_ROOT))


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are linked by."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(without_code(page))
    }


def broken_links(page: Path) -> Iterator[str]:
    for link in _LINK.findall(without_code(page)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.is_file() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", _PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, ahead = set[Path](), [_ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen:
            continue
        seen.add(page)
        links = (link.partition("#")[0] for link in _LINK.findall(without_code(page)))
        ahead += [(page.parent / link).resolve() for link in links if link.endswith(".md")]

    assert set(_PAGES) - seen == set()


def test_the_readme_is_short() -> None:
    assert len((_ROOT / "README.md").read_text().splitlines()) < 120


@pytest.mark.parametrize("page", _PAGES, ids=name_of)
def test_every_make_command_shown_is_a_target(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (_ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = "\n".join([*(block.text for block in code_blocks(page)), *code_words(without_code(page))])

    assert set(re.findall(r"\bmake ([a-z-]+)", shown)) <= targets


@pytest.mark.parametrize("page", _PAGES, ids=name_of)
def test_every_python_block_compiles(page: Path) -> None:
    for _, code in _PYTHON.findall(page.read_text()):
        ast.parse(dedent(code))


def test_the_use_case_that_the_architecture_follows_is_the_one_in_the_code() -> None:
    ((_, code),) = _PYTHON.findall((_DOCS / "architecture.md").read_text())
    shown = ast.parse(dedent(code)).body[0]
    routes = ast.parse((_ROOT / "chalicelib" / "readings" / "routes.py").read_text())
    (real,) = [node for node in routes.body if isinstance(node, ast.FunctionDef) and node.name == "confirm_reading"]

    assert ast.dump(shown) == ast.dump(real)


@pytest.mark.parametrize("page", _PAGES, ids=name_of)
def test_every_file_named_in_the_text_exists(page: Path) -> None:
    folders = (_ROOT, _ROOT / "chalicelib", _DOCS)
    named = {
        word for word in code_words(without_code(page)) if re.fullmatch(r"[\w./-]+/[\w.-]+\.(py|md|yaml|csv)", word)
    }
    named |= {
        word for word in code_words(without_code(page)) if re.fullmatch(r"(tests|local|infra|docs)/[\w/]+/", word)
    }

    assert {word for word in named if not any((folder / word).exists() for folder in folders)} == set()


def test_the_readme_maps_every_folder_and_names_every_login() -> None:
    readme = (_ROOT / "README.md").read_text()
    packages = {path.name for path in (_ROOT / "chalicelib").iterdir() if (path / "__init__.py").is_file()}
    logins = {*utilities.BALILIHAN_STAFF, utilities.BALILIHAN_CONSUMER, *utilities.AVII_STAFF, utilities.PASSWORD}
    logins |= {login for staff in utilities.SMALL_STAFF.values() for login in staff}
    logins |= set(utilities.SMALL_CONSUMERS.values())

    assert {name for name in packages if f"\n  {name}/ " not in readme} == set()
    assert logins <= set(code_words(readme))


def test_the_glossary_tells_every_setting_and_no_other() -> None:
    settings = {field.name for field in dataclasses.fields(ProjectSettings)}
    rows = {code_words(row[0])[0]: row for row in table_rows(_DOCS / "glossary.md", "## Settings")}
    of_client = {field.name for field in dataclasses.fields(Client)} - {"id", "name", "version"}

    assert rows.keys() == settings
    assert of_client <= set(code_words((_DOCS / "glossary.md").read_text()))
    for name in ("label", "unit", "currency", "timezone"):
        shown = rows[name][2:4]
        assert shown == [getattr(presets.WATERWORKS_SETTINGS, name), getattr(presets.WATER_BILLS_SETTINGS, name)]


def test_every_decision_is_listed_and_numbered() -> None:
    files = sorted(path.name for path in (_DOCS / "adr").glob("0*.md"))
    listed = _LINK.findall((_DOCS / "adr" / "README.md").read_text())

    assert listed == files
    assert len({name[:4] for name in files}) == len(files)
    for name in files:
        title = (_DOCS / "adr" / name).read_text().splitlines()[0]
        assert title.startswith(f"# {int(name[:4])}. ")


def test_contributing_tells_what_every_folder_of_tests_proves() -> None:
    folders = {f"tests/{path.name}/" for path in (_ROOT / "tests").iterdir() if any(path.rglob("*.py"))}
    rows = table_rows(_ROOT / "CONTRIBUTING.md", "## Tests")

    assert {word for row in rows for word in code_words(row[0])} == folders - {"tests/support/"}


def test_the_fields_of_a_history_are_those_that_are_read() -> None:
    rows = [code_words(row[0]) for row in table_rows(_DOCS / "files.md", "## History")]
    of_unit = (*history_file.UNIT_FIELDS, *history_file.CHANGE_FIELDS)
    openings = (*history_openings.OPENINGS_FIELDS, *history_openings.OPENING_FIELDS, *history_openings.OWED_FIELDS)
    known = (history_file.MONTH_FIELDS, of_unit, history_file.PAYMENT_FIELDS, openings)
    assert sorted(word for words in rows for word in words) == sorted(field for fields in known for field in fields)


def test_the_paths_that_a_front_end_moves_to_are_there() -> None:
    here = [word for row in table_rows(_DOCS / "files.md", "### Paths") for word in code_words(row[1])]
    project = "/api/clients/{clientId}/projects/{projectId}"
    routes = {f"{method} {path}" for path, methods in app.routes.items() for method in methods}
    assert {word.partition("?")[0].replace("...", project) for word in here} <= routes
    assert len(here) == 12


def test_the_example_of_a_history_can_be_read() -> None:
    (example,) = [block for block in code_blocks(_DOCS / "files.md") if block.language == "json"]
    read = history_file.parse(example.text.encode())
    assert ([entry.unit for entry in read.entries], read.refusals, read.blank) == (["101", "102", "commonArea"], (), 2)


@pytest.mark.parametrize(
    ("heading", "columns"), [("## Readings", table_file._COLUMNS), ("## Registry", registry._COLUMNS)]
)
def test_the_columns_of_a_file_are_those_that_are_read(heading: str, columns: dict[str, tuple[str, ...]]) -> None:
    rows = [tuple(code_words(row[0]) + code_words(row[1])) for row in table_rows(_DOCS / "files.md", heading)]
    assert rows == list(columns.values())
