"""Files of the largest size that are meant to cost an import as much as possible, and what each one does cost.

Run as a module it takes each apart and prints its seconds, the process's largest memory so far, and how it was refused.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from chalicelib.files.service import MAX_BYTES
from chalicelib.imports.domain import history_file, registry
from chalicelib.kernel.errors import Invalid
from chalicelib.readings.domain import table_file

_MONTHS = b'{"months":['
_UNITS = _MONTHS + b'{"year":2025,"month":7,"readingDate":"2025-08-01","units":{'
_OPENINGS = b'{"openingBalances":{"date":"2025-10-31","accounts":{'
_READINGS = b"account_number,reading,read_on\n"
_REGISTRY = b"meter_number,consumer_class\n"

Parse = Callable[[bytes], object]


def _filled(head: bytes, part: bytes, tail: bytes = b"") -> bytes:
    return head + part * ((MAX_BYTES - len(head) - len(tail)) // len(part)) + tail


def _keys(count: int, value: str) -> bytes:
    return ",".join(f'"k{at}":{value}' for at in range(count)).encode()


FILES: Mapping[str, tuple[Parse, Callable[[], bytes]]] = {
    "history: one key twice among many": (
        history_file.parse,
        lambda: _MONTHS + b"{" + _keys(600_000, "1") + b',"k0":1}]}',
    ),
    "history: units without end": (history_file.parse, lambda: _UNITS + _keys(700_000, "1") + b"}}]}"),
    "history: empty units without end": (history_file.parse, lambda: _UNITS + _keys(600_000, "null") + b"}}]}"),
    "history: opening balances without end": (history_file.parse, lambda: _OPENINGS + _keys(700_000, "1") + b"}}}"),
    "history: opening balances of too many amounts": (
        history_file.parse,
        lambda: _OPENINGS + b'"1":{"amounts":[' + b'{"a":1},' * 400_000 + b"1]}}}}",
    ),
    "history: numbers for months": (history_file.parse, lambda: _filled(_MONTHS, b"1,", b"1]}")),
    "history: no data for months": (history_file.parse, lambda: _filled(_MONTHS, b"null,", b"null]}")),
    "history: lists for months": (history_file.parse, lambda: _filled(_MONTHS, b"[1],", b"1]}")),
    "history: objects for months": (history_file.parse, lambda: _filled(_MONTHS, b'{"a":1},', b"1]}")),
    "history: as many objects as are parsed": (
        history_file.parse,
        lambda: _MONTHS + b"[" + b'{"abc":12},' * 499_000 + b"1]]}",
    ),
    "history: a deep nest": (history_file.parse, lambda: _filled(b"", b"[")),
    "history: one long number": (history_file.parse, lambda: _filled(_MONTHS, b"1", b"]}")),
    "history: one long text": (
        history_file.parse,
        lambda: _filled(_MONTHS + b'"', "\N{GRINNING FACE}".encode(), b'"]}'),
    ),
    "history: line feeds": (history_file.parse, lambda: _filled(b"", b"\n")),
    "readings: line feeds": (table_file.parse, lambda: _filled(_READINGS, b"\n")),
    "readings: carriage returns": (table_file.parse, lambda: _filled(_READINGS, b"\r")),
    "readings: lines of empty cells": (table_file.parse, lambda: _filled(_READINGS, b",,\n")),
    "readings: one line of empty cells": (table_file.parse, lambda: _filled(_READINGS, b",")),
    "readings: as many empty lines as are read": (table_file.parse, lambda: _READINGS + b",,\n" * 499_990),
    "readings: a header without end": (table_file.parse, lambda: _filled(b"", b"account,")),
    "readings: quotation marks that open": (table_file.parse, lambda: _filled(_READINGS, b'"' + b"a" * 199 + b"\n")),
    "readings: lines of one character": (table_file.parse, lambda: _filled(_READINGS, "\N{GRINNING FACE}\n".encode())),
    "readings: no line feed": (table_file.parse, lambda: _filled(_READINGS, b"1")),
    "registry: line feeds": (registry.parse, lambda: _filled(_REGISTRY, b"\n")),
    "registry: lines of empty cells": (registry.parse, lambda: _filled(_REGISTRY, b",\n")),
    "registry: long lines": (registry.parse, lambda: _filled(_REGISTRY, b"1" * 3_000 + b",1\n")),
}


def _peak_megabytes() -> int:
    """Return the most memory that this process has had.

    On Linux, `ru_maxrss` begins with what the parent process had when it started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (peak,) = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(peak) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2  # in bytes on macOS


def measured() -> dict[str, tuple[float, int, str]]:
    """Take each file apart: its seconds of CPU, the largest memory of this process so far in MB, and the refusal."""
    found = {}
    for name, (parse, made) in FILES.items():
        content = made()
        begun = time.process_time()
        try:
            parse(content)
            refused = ""
        except Invalid as error:
            refused = str(error)
        seconds = time.process_time() - begun
        found[name] = (seconds, _peak_megabytes(), refused)
    return found


if __name__ == "__main__":
    json.dump(measured(), sys.stdout)
