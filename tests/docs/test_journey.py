"""docs/journey.md, walked: each of its shell blocks is run against `python -m local`, and what it shows is compared."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine import free_port
from tests.support.markdown import Block, code_blocks

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_ROOT = Path(__file__).resolve().parents[2]
_JOURNEY = _ROOT / "docs" / "journey.md"
_END = "--- end of block ---"


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The ports of a fresh `python -m local`, ready and with the demo utilities in it."""
    folder = tmp_path_factory.mktemp("journey")
    day = re.findall(r"^METERBOOK_TODAY=(\S+) make run$", _JOURNEY.read_text(), re.MULTILINE)[0]
    chosen = {"METERBOOK_PORT": str(free_port()), "METERBOOK_AWS_PORT": str(free_port()), "METERBOOK_TODAY": day}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("METERBOOK_")}
    environment = inherited | chosen | {"METERBOOK_STATE": str(folder / "state"), "METERBOOK_BCRYPT_COST": "4"}
    out = folder / "out"
    with out.open("wb") as to:
        process = subprocess.Popen(
            [sys.executable, "-m", "local"], cwd=_ROOT, env=environment, stdout=to, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + 400
        while "Meterbook runs" not in out.read_text():
            assert process.poll() is None, out.read_text()
            assert time.monotonic() < deadline, out.read_text()
            time.sleep(0.05)
        yield chosen
    finally:
        process.terminate()
        process.wait(120)


def test_the_journey_goes_as_it_is_told(ports: dict[str, str]) -> None:
    pairs = list(_commands_and_what_they_show(code_blocks(_JOURNEY)))
    script = "set -euo pipefail\n" + "".join(f"{command.text}\nprintf '\\n%s\\n' '{_END}'\n" for command, _ in pairs)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=_ROOT,
        env=os.environ | ports | {"NO_PROXY": "localhost,127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = done.stdout.split(f"\n{_END}\n")

    for (command, shown), real in zip(pairs, said, strict=False):
        if shown is not None:
            assert _is_as_shown(shown.text, real), f"{_JOURNEY.name}:{command.line} showed\n{real}\n{done.stderr}"
    assert done.returncode == 0, f"block {len(said)} of {len(pairs)} failed: {said[-1]}\n{done.stderr}"
    assert len(said) == len(pairs) + 1


def test_the_journey_shows_what_it_promises() -> None:
    shown = "\n".join(block.text for block in code_blocks(_JOURNEY) if block.language == "text")

    for promised in ("total 275.00 PHP due 2025-11-20", "total 25.06 USD due 2025-11-10", "297 readings, 297 bills"):
        assert promised in shown


def _commands_and_what_they_show(blocks: list[Block]) -> Iterator[tuple[Block, Block | None]]:
    for at, block in enumerate(blocks):
        if block.language == "sh":
            after = blocks[at + 1] if at + 1 < len(blocks) else None
            yield block, after if after and after.language == "text" else None


def _is_as_shown(shown: str, real: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in shown.strip().split("..."))
    return re.fullmatch(pattern, real.strip()) is not None
