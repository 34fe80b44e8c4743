"""Every requirement that a test names exists."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

_IDS = set((ROOT / "tests" / "requirements_ids.txt").read_text().split())
_TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def _named(path: Path) -> list[str]:
    marks = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "covers"
    ]
    return [
        str(argument.value) if isinstance(argument, ast.Constant) else "" for mark in marks for argument in mark.args
    ]


@pytest.mark.parametrize("path", [path for path in _TESTS if _named(path)], ids=lambda path: path.stem)
def test_the_rows_that_a_test_names_exist(path: Path) -> None:
    assert set(_named(path)) - _IDS == set()


def test_the_list_of_rows_holds_every_source_and_none_twice() -> None:
    listed = (ROOT / "tests" / "requirements_ids.txt").read_text().split()
    assert len(listed) == len(_IDS)
    assert {"S0-001", "S1-001", "S2-001", "S3-001", "S4-001"} <= _IDS
