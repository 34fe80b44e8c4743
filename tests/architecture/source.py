"""The project's own source, read as text and as syntax."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "chalicelib"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[Path]:
    """List the modules of chalicelib, or those below some of its folders."""
    places = [CODE / folder for folder in folders] or [CODE]
    return sorted(path for place in places for path in place.rglob("*.py"))


def name(path: Path) -> str:
    """Name a test after the module that it reads."""
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    """Read a module as syntax."""
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[Function]:
    """Return every function and method of a module."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))
