"""No secret lies in the repository: keys come from the environment or from SSM."""

import math
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

# What a secret of the kinds that this code meets looks like, wherever it stands.
_SHAPES = {
    "an AWS key id": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a token": re.compile(r"\beyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{10,}"),
    "a bcrypt hash": re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}"),
}
_NAMED = re.compile(
    r"""(?i)\b[\w-]*(secret|password|passwd|api_?key|private_?key|token)[\w-]*["']?\s*[:=]\s*["']([^"'\s{}$<>]{16,})["']"""
)
# Known to be none: the hash of nobody's password, which makes an unknown user take as long as a known one.
_NONE = {"$2b$12$C6UzMDM.H6dfI/f/IKcEeOeT0zTK8ZsmGkqbOkwvHLDEHyKzTKmCS"}


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _is_lock(path: Path) -> bool:
    """Lock files are made of hashes."""
    return path == ROOT / "requirements.txt" or (path.parent == ROOT / "requirements" and path.suffix == ".txt")


def findings(text: str) -> list[str]:
    """Name what looks like a secret in a text."""
    found = [
        f"{what}: {match[0][:20]}"
        for what, shape in _SHAPES.items()
        for match in shape.finditer(text)
        if match[0] not in _NONE
    ]
    return found + [f"{match[1]}: {match[2][:12]}" for match in _NAMED.finditer(text) if _entropy(match[2]) > 3.8]


def _entropy(text: str) -> float:
    """Return bits per character: words have 3 to 3.5, random text of this length 4 and more."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


@pytest.mark.covers("S0-051")
def test_nothing_in_the_repository_looks_like_a_secret() -> None:
    wrong = {}
    for path in _tracked():
        # Tests sign with keys and sign in with passwords of their own, which open nothing; shapes count there too.
        text = path.read_text(errors="replace")
        found = findings(text)
        if "tests" in path.relative_to(ROOT).parts:
            found = [one for one in found if one.startswith(tuple(_SHAPES))]
        if found and not _is_lock(path):
            wrong[str(path.relative_to(ROOT))] = found
    assert wrong == {}


@pytest.mark.parametrize(
    "text",
    [
        "key_id = " + "AKIA" + "IOSFODNN7EXAMPLE",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        'password = "' + "q8Zr4vKp1xWm7TnB" + '"',
        '"TokenSecret": "' + "9fJ2kLmQ7rXcV5bN" + '"',
        "$2b$12$" + "a" * 53,
    ],
)
def test_a_planted_secret_is_found(text: str) -> None:
    assert findings(text)


def test_only_lock_files_are_excused() -> None:
    excused = {path.name for path in _tracked() if _is_lock(path)}
    assert excused == {"requirements.txt"} | {path.name for path in (ROOT / "requirements").glob("*.txt")}
    assert not _is_lock(ROOT / "docs" / "notes.txt")


@pytest.mark.parametrize(
    "text", ['token = "meterbook-api"', 'METERBOOK_TOKEN_KEYS = "METERBOOK_TOKEN_KEYS"', "token: str"]
)
def test_a_name_is_no_secret(text: str) -> None:
    assert findings(text) == []
