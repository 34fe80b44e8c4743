"""Which requirement rows the tests prove: `make claims`, and `make claims SAMPLE=20` to review rows beside their tests.

The rows are in docs/requirements.tsv. A test claims a row by `@pytest.mark.covers("S1-041")`; docs/sources.md answers
some rows by a decision; every other row is open.
"""

import argparse
import ast
import csv
import random
import sys
import textwrap
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.markdown import code_words, table_rows

ROOT = Path(__file__).resolve().parents[2]
_DECIDED = "## Rows answered by a decision"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of a source, and how to check it."""

    id: str
    area: str
    text: str
    check: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A test that fails when the row is broken."""

    row: str
    path: str
    line: int
    test: str
    source: str


def requirements(file: Path = ROOT / "docs" / "requirements.tsv") -> dict[str, Requirement]:
    """Read the rows of all sources, by id.

    :raises ValueError: if an id is there twice.
    """
    with file.open() as lines:
        rows = [Requirement(*row) for row in list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]]
    if len({row.id for row in rows}) != len(rows):
        raise ValueError("a row is listed twice")
    return {row.id: row for row in rows}


def claims(tests: Path = ROOT / "tests") -> list[Claim]:
    """Find what the tests claim.

    :raises ValueError: for a claim that is not a literal, or one that sits on no test.
    """
    return [claim for path in sorted(tests.rglob("test_*.py")) for claim in _claims_in(path, tests)]


def decided(page: Path = ROOT / "docs" / "sources.md") -> dict[str, str]:
    """Read which rows a decision answers, and why."""
    return {row: reason for rows, reason in table_rows(page, _DECIDED) for row in code_words(rows)}


def report(rows: Mapping[str, Requirement], claimed: Collection[str], answered: Collection[str]) -> Iterator[str]:
    """Count the rows of each area, and name those that are open."""
    by_area: dict[str, list[str]] = defaultdict(list)
    for row in rows.values():
        by_area[row.area].append(row.id)
    yield f"{'area':24}{'claimed':>9}{'decided':>9}{'open':>9}{'rows':>9}"
    for area in (*sorted(by_area), "total"):
        ids = by_area.get(area) or list(rows)
        proved, settled = [one for one in ids if one in claimed], [one for one in ids if one in answered]
        yield f"{area:24}{len(proved):9}{len(settled):9}{len(ids) - len(proved) - len(settled):9}{len(ids):9}"
    yield "\nOpen rows:"
    for area in sorted(by_area):
        left = [one for one in by_area[area] if one not in claimed and one not in answered]
        if left:
            yield textwrap.fill(" ".join(left), 110, initial_indent=f"  {area}: ", subsequent_indent="    ")


def sample(
    rows: Mapping[str, Requirement], made: Sequence[Claim], wanted: Sequence[str], *, many: int, seed: int | None
) -> Iterator[str]:
    """Show requirements beside the tests that claim them: the wanted ones, or as many as are asked for at random."""
    tests: dict[str, list[Claim]] = defaultdict(list)
    for claim in made:
        tests[claim.row].append(claim)
    picked = wanted or sorted(random.Random(seed).sample(sorted(tests), min(many, len(tests))))
    for row in picked:
        yield f"{'=' * 110}\n{row} ({rows[row].area}): {rows[row].text}\nCheck: {rows[row].check}"
        for claim in tests[row]:
            yield f"\n--- {claim.path}:{claim.line}\n{claim.source}"
        if not tests[row]:
            yield "\nNo test claims it."


def _claims_in(path: Path, tests: Path) -> Iterator[Claim]:
    text = path.read_text()
    module = ast.parse(text)
    where = path.relative_to(tests.parent).as_posix()
    seen = 0
    for test in ast.walk(module):
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            first = min([test.lineno, *(mark.lineno for mark in test.decorator_list)])
            source = "\n".join(text.splitlines()[first - 1 : test.end_lineno])
            for mark in (mark for decorator in test.decorator_list for mark in _marks(decorator)):
                seen += 1
                yield from (Claim(row, where, first, test.name, source) for row in _rows_of(mark, where))
    if seen != sum(1 for _ in _marks(module)):
        raise ValueError(f"{where}: a claim belongs on a test, as a decorator")


def _marks(node: ast.AST) -> Iterator[ast.Call]:
    return (
        one
        for one in ast.walk(node)
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "covers"
    )


def _rows_of(mark: ast.Call, where: str) -> list[str]:
    rows = [one.value for one in mark.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if len(rows) != len(mark.args) or mark.keywords:
        raise ValueError(f"{where}:{mark.lineno}: name the rows as literals")
    return rows


def main(arguments: Sequence[str], made: Sequence[Claim]) -> None:
    """Print the report, or the sample that is asked for."""
    parser = argparse.ArgumentParser(prog="make claims", description=__doc__)
    parser.add_argument("rows", nargs="*", help="show these rows beside their tests")
    parser.add_argument("--sample", type=int, metavar="N", help="show N claimed rows beside their tests")
    parser.add_argument("--seed", type=int, help="pick the same sample again")
    asked = parser.parse_args(arguments)
    known = requirements()
    if unknown := set(asked.rows) - known.keys():
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    if asked.rows or asked.sample:
        lines = sample(known, made, asked.rows, many=asked.sample or 0, seed=asked.seed)
    else:
        lines = report(known, {claim.row for claim in made}, decided())
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:], claims())
