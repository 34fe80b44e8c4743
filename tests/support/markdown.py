"""Reading Markdown as the tests of the documentation do: its code blocks, its tables, its links."""

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"```(\w*)[\w ]*\Z")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code; `line` is where its text begins."""

    language: str
    line: int
    text: str


def code_blocks(path: Path) -> list[Block]:
    """List the fenced blocks of a file in order."""
    blocks: list[Block] = []
    language, start, lines = "", 0, list[str]()
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        fence = _FENCE.match(line)
        if fence and not start:
            language, start, lines = fence[1], number + 1, []
        elif fence:
            blocks.append(Block(language, start, "\n".join(lines)))
            start = 0
        elif start:
            lines.append(line)
    return blocks


def without_code(path: Path) -> str:
    """Return a file's text without its fenced blocks."""
    kept, inside = [], False
    for line in path.read_text().splitlines():
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def table_rows(path: Path, heading: str) -> list[list[str]]:
    """Return the rows of all tables under a heading, cell by cell, without their heads."""
    level, rows, inside = heading.partition(" ")[0], list[list[str]](), False
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            inside = line == heading or (inside and line.startswith(level + "#"))
        elif inside and line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif inside and rows and rows[-1]:
            rows.append([])
    return _without_heads(rows)


def code_words(text: str) -> list[str]:
    """List what stands in `backquotes`."""
    return _CODE.findall(text)


def _without_heads(rows: list[list[str]]) -> list[list[str]]:
    dashes = [at for at, row in enumerate(rows) if row and set("".join(row)) <= {"-", ":"}]
    heads = {at for dash in dashes for at in (dash - 1, dash)}
    return [row for at, row in enumerate(rows) if row and at not in heads]
