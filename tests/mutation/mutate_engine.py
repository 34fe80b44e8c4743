"""Breaks the rating engine in one place at a time and says how many of the breaks a test notices.

    python -m tests.mutation.mutate_engine [module ...]

Each mutant changes one comparison, one sum or product, one rounding, one number or one condition of a module that
decides what a bill comes to, in a copy of the tree; the tests of the engine then run in that copy and stop at the first
failure. Survivors are listed with their line. A module is named as in `tariffs/domain/blocks` or `kernel/register`.
"""

import ast
import copy
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = Path("chalicelib")
DOMAIN = [
    *("rounding", "blocks", "rating_state", "pricing", "rating", "settling", "merging", "compile", "book", "usage"),
    *("charges/base", "charges/amounts", "charges/quantities", "charges/shares"),
    *(
        "proration",
        "metering",
        "late_charges",
        "trace",
        "lines",
        "measures",
        "explain",
        "canonical_json",
        "checks",
        "work",
    ),
]
MODULES = [*(f"tariffs/domain/{name}" for name in DOMAIN), "kernel/register", "kernel/money"]
TESTS = [
    *("tests/unit/tariffs", "tests/published", "tests/unit/kernel/test_register.py", "tests/unit/kernel/test_money.py"),
    *("tests/properties/test_rating_laws.py", "tests/properties/test_metering_laws.py"),
]
SAMPLE = 120
SEED = 20251105

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
WORDS = {"half-up": "floor", "floor": "ceiling", "half-even": "half-up", "ceiling": "floor", "min": "max", "max": "min"}


def changes_of(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Return every way to break one node, with what it does."""
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in COMPARISONS:
            broken = copy.deepcopy(node)
            broken.ops[0] = COMPARISONS[type(op)]()
            yield ast.unparse(broken), broken
        case ast.BinOp(op=op) if type(op) in ARITHMETIC:
            broken_sum = copy.deepcopy(node)
            broken_sum.op = ARITHMETIC[type(op)]()
            yield ast.unparse(broken_sum), broken_sum
        case ast.BoolOp(op=op):
            broken_bool = copy.deepcopy(node)
            broken_bool.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield ast.unparse(broken_bool), broken_bool
        case ast.Constant(value=bool() as value):
            yield str(not value), ast.copy_location(ast.Constant(not value), node)
        case ast.Constant(value=int() as value):
            yield str(value + 1), ast.copy_location(ast.Constant(value + 1), node)
        case ast.Constant(value=str() as value) if value in WORDS:
            yield repr(WORDS[value]), ast.copy_location(ast.Constant(WORDS[value]), node)
        case ast.Name(id=name) if name in WORDS:
            yield WORDS[name], ast.copy_location(ast.Name(WORDS[name], ast.Load()), node)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield ast.unparse(operand), operand


class Breaker(ast.NodeTransformer):
    """Replaces the node at one place of the walk."""

    def __init__(self, target: ast.AST, replacement: ast.AST) -> None:
        self.target = target
        self.replacement = replacement

    def visit(self, node: ast.AST) -> ast.AST:
        return self.replacement if node is self.target else self.generic_visit(node)


def mutants_of(source: str) -> Iterator[tuple[int, str, str]]:
    """Return each broken version of a module: line, what was done, and the new text."""
    nodes = list(ast.walk(ast.parse(source)))
    ignored = {id(inner) for node in nodes if _is_text(node) for inner in ast.walk(node)}
    for at, node in enumerate(nodes):
        if id(node) in ignored or not isinstance(node, (ast.expr, ast.stmt)):
            continue
        for done, replacement in changes_of(node):
            tree = ast.parse(source)
            target = list(ast.walk(tree))[at]
            broken = ast.fix_missing_locations(Breaker(target, replacement).visit(tree))
            yield node.lineno, f"{ast.unparse(node)}  ->  {done}", ast.unparse(broken)


def _is_text(node: ast.AST) -> bool:
    """Messages and declarations are not what this breaks: they decide no amount."""
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id.startswith("__") for target in node.targets)
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Name) and node.value.id == "Literal"
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in {"dataclass", "zip"}
    return isinstance(node, (ast.Raise, ast.JoinedStr, ast.arg)) or (isinstance(node, ast.AnnAssign) and not node.value)


def is_noticed(tree: Path, python: str) -> bool:
    """Run the engine's tests in a copy of the tree and say whether one fails."""
    command = [python, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist", *TESTS]
    try:
        return subprocess.run(command, cwd=tree, capture_output=True, timeout=120, check=False).returncode != 0
    except subprocess.TimeoutExpired:
        return True  # it hangs: that is noticed


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(modules: list[str]) -> int:
    chosen = [
        (module, *mutant)
        for module in modules or MODULES
        for mutant in mutants_of((ROOT / LIBRARY / f"{module}.py").read_text(encoding="utf-8"))
    ]
    every = len(chosen)
    if not modules:
        chosen = random.Random(SEED).sample(chosen, min(SAMPLE, every))
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for part in ("chalicelib", "tests", "local", "docs"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("pyproject.toml", "app.py"):
            shutil.copy(ROOT / part, tree / part)
        if is_noticed(tree, sys.executable):
            raise AssertionError("the tests fail before anything is broken")
        for module, line, done, text in chosen:
            place = tree / LIBRARY / f"{module}.py"
            sound = place.read_text(encoding="utf-8")
            place.write_text(text, encoding="utf-8")
            if not is_noticed(tree, sys.executable):
                survivors.append(f"{module}.py:{line}: {done}")
                say(f"survived: {survivors[-1]}")
            place.write_text(sound, encoding="utf-8")
    killed = len(chosen) - len(survivors)
    say(f"{killed} of {len(chosen)} mutants killed ({100 * killed // len(chosen)} %); {every} are possible")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
