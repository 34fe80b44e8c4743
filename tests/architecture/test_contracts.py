"""The import contracts hold, and fail on exactly what they are there for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

_LINT = Path(sys.executable).with_name("lint-imports")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    wide = os.environ | {"COLUMNS": "200"}
    return subprocess.run([_LINT, "--no-cache"], cwd=folder, env=wide, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code as it is, to be spoilt."""
    for folder in ("chalicelib", "local"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.covers("S0-036")
def test_the_code_as_it_is_keeps_every_contract(copy: Path) -> None:
    done = _lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("chalicelib/stray.py", '"""Stray."""', "no stray package exists"),
        ("chalicelib/bills/helpers.py", '"""Stray."""', "no other file"),
        ("chalicelib/readings/domain/reading.py", "import chalicelib.tariffs.domain", "fixed order"),
        ("chalicelib/tariffs/service.py", "import chalicelib.readings.service", "fixed order"),
        ("chalicelib/consumers/service/people.py", "import chalicelib.connections.service", "fixed order"),
        ("chalicelib/kernel/money.py", "import boto3", "The kernel and every domain"),
        ("chalicelib/bills/domain/bill.py", "import pydantic", "The kernel and every domain"),
        ("chalicelib/bills/service.py", "import chalicelib.consumers.repository", "Consumers is entered by"),
        ("chalicelib/bills/repository.py", "import chalicelib.bills.service", "Inside a feature"),
        ("chalicelib/platform/queue.py", "import local.presets", "never part of what is deployed"),
    ],
)
@pytest.mark.covers("S0-036")
def test_a_contract_breaks_where_it_should(copy: Path, file: str, line: str, contract: str) -> None:
    path = copy / file
    text = path.read_text() if path.exists() else ""
    path.write_text(f"{text}\n{line}\n")
    done = _lint(copy)
    assert done.returncode != 0
    broken = [said for said in done.stdout.splitlines() if said.endswith("BROKEN")]
    assert any(contract in said for said in broken), done.stdout
