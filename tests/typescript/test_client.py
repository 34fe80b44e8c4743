"""A TypeScript client that is generated from the OpenAPI document compiles, with a program that uses it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from chalicelib.platform import openapi
from tests.support.endpoints import ALL

_HERE = Path(__file__).parent
_TOOLS = _HERE / "node_modules" / ".bin"


def _run(*command: str, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_generated_client_compiles(tmp_path: Path) -> None:
    if not (shutil.which("node") and _TOOLS.is_dir()):
        reason = "needs Node.js 20 or later and what `make install` then installs below tests/typescript"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    (tmp_path / "openapi.json").write_text(openapi.document_text())
    # Without this flag a field with a default would have to be given in each request.
    flags = ("--default-non-nullable", "false")
    _run(str(_TOOLS / "openapi-typescript"), "openapi.json", *flags, "--output", "api.ts", folder=tmp_path)
    types = (tmp_path / "api.ts").read_text()
    assert [one.name for one in ALL if f'operations["{one.name}"]' not in types] == []
    for name in ("office.ts", "tsconfig.json"):
        shutil.copy(_HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(_HERE / "node_modules")
    _run(str(_TOOLS / "tsc"), "--project", ".", folder=tmp_path)
