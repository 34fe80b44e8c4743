"""The import contracts hold, and fail on exactly what they are there for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import CODE, ROOT

_LINT = Path(sys.executable).with_name("lint-imports")
_OWN = Path("tests/architecture/import_contracts.py")
_SHARED = {"kernel", "platform"}
_FEATURES = sorted(path.parent.name for path in CODE.glob("*/__init__.py") if path.parent.name not in _SHARED)
_ORDER = "Features call down a fixed order"
_INSIDE = "Inside a feature"
_ENTRANCE = "A feature is entered by"
_PURE = "The kernel and every domain"


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    wide = os.environ | {"COLUMNS": "200"}
    return subprocess.run([_LINT, "--no-cache"], cwd=folder, env=wide, capture_output=True, text=True, check=False)


def _broken(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [said for said in done.stdout.splitlines() if said.endswith("BROKEN")]


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(exist_ok=True)
    text = path.read_text() if path.exists() else ""
    path.write_text(f"{text}\n{line}\n")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code as it is, to be spoilt."""
    for folder in ("chalicelib", "local"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / _OWN).parent.mkdir(parents=True)
    shutil.copy(ROOT / _OWN, tmp_path / _OWN)
    return tmp_path


@pytest.mark.covers("S0-036")
def test_the_code_as_it_is_keeps_every_contract(copy: Path) -> None:
    done = _lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("chalicelib/stray.py", '"""Stray."""', _ORDER),
        ("chalicelib/readings/domain/reading.py", "import chalicelib.tariffs.domain", _ORDER),
        ("chalicelib/tariffs/service.py", "import chalicelib.readings.service", _ORDER),
        ("chalicelib/consumers/service/people.py", "import chalicelib.connections.service", _ORDER),
        ("chalicelib/bills/helpers.py", '"""Stray."""', _INSIDE),
        ("chalicelib/bills/repository.py", "import chalicelib.bills.service", _INSIDE),
        ("chalicelib/bills/service.py", "import chalicelib.consumers.repository.people", _ENTRANCE),
        ("chalicelib/connections/routes/connections.py", "import chalicelib.consumers.schemas", _ENTRANCE),
        ("chalicelib/kernel/money.py", "import boto3", _PURE),
        ("chalicelib/bills/domain/bill.py", "import pydantic", _PURE),
        ("chalicelib/platform/queue.py", "import local.presets", "never part of what is deployed"),
    ],
)
@pytest.mark.covers("S0-036")
def test_a_contract_breaks_where_it_should(copy: Path, file: str, line: str, contract: str) -> None:
    _append(copy / file, line)
    done = _lint(copy)
    assert done.returncode != 0
    assert any(contract in said for said in _broken(done)), done.stdout


@pytest.mark.covers("S0-036")
def test_no_feature_is_left_out_of_the_contracts_for_features(copy: Path) -> None:
    """A feature on top of all others goes past every entrance at once; each of them has a stray file."""
    parts = {
        f"chalicelib.{feature}.{part}"
        for feature in _FEATURES
        for part in ("repository", "schemas", "routes", "jobs")
        if any((CODE / feature).glob(f"{part}*"))
    }
    for part in sorted(parts):
        _append(copy / "chalicelib" / "newest" / "service.py", f"import {part}")
    for feature in _FEATURES:
        _append(copy / "chalicelib" / feature / "helpers.py", '"""Stray."""')
    _append(copy / "chalicelib" / "newest" / "__init__.py", '"""Newest."""')
    said = _lint(copy).stdout
    assert [part for part in sorted(parts) if f"chalicelib.newest.service -> {part}\n" not in said] == []
    assert [feature for feature in _FEATURES if f"- chalicelib.{feature}.helpers\n" not in said] == []


@pytest.mark.covers("S0-036")
def test_the_contracts_hold_for_a_brand_new_feature_as_soon_as_it_has_its_place(copy: Path) -> None:
    feature = copy / "chalicelib" / "newest"
    for name in ("__init__", "domain", "repository", "service"):
        _append(feature / f"{name}.py", '"""New."""')
    (unplaced,) = _broken(_lint(copy))
    assert _ORDER in unplaced

    settings = (copy / "pyproject.toml").read_text()
    assert settings.count('"bills", ') == 1
    (copy / "pyproject.toml").write_text(settings.replace('"bills", ', '"newest", "bills", '))
    assert _lint(copy).returncode == 0

    _append(feature / "domain.py", "import chalicelib.newest.repository")
    _append(copy / "chalicelib" / "payments" / "service.py", "import chalicelib.newest.repository")
    inside, entrance = _broken(_lint(copy))
    assert (_INSIDE in inside, _ENTRANCE in entrance) == (True, True)


def test_an_exception_that_nothing_needs_any_more_breaks_its_contract(copy: Path) -> None:
    settings = (copy / "pyproject.toml").read_text()
    needless = '"chalicelib.payments.service -> chalicelib.bills.repository",'
    (copy / "pyproject.toml").write_text(settings.replace("ignore_imports = [", f"ignore_imports = [\n  {needless}"))
    (broken,) = _broken(_lint(copy))
    assert _ENTRANCE in broken
