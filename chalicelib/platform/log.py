"""Structured logs: a constant event name and a few plain fields. No names, addresses, tokens or amounts of people."""

import json
import logging
import sys
import traceback
from typing import Final

# The only fields a log line may carry: identifiers and counts, nothing that says who somebody is.
_FIELDS: Final = frozenset(
    {
        "account", "actor", "attempt", "chunk", "client", "code", "count", "day", "duration_ms", "error",
        "import_id", "job", "method", "path", "period", "project", "request_id", "role", "run_id", "seal", "status",
    }
)  # fmt: skip

_logger = logging.getLogger("meterbook")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"level": record.levelname, "event": record.getMessage(), **getattr(record, "fields", {})}
        if record.exc_info:
            line["trace"] = _trace(record.exc_info[1])
        return json.dumps(line, default=str)


def _trace(error: BaseException | None) -> str:
    """Say where an error came from and of what kind, but not its text: that may quote somebody."""
    lines: list[str] = []
    while error:
        lines += [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}\n"]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(lines)


def configure() -> None:
    """Send Meterbook's log lines to standard output as JSON, once per process."""
    if not _logger.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(_JsonLines())
        _logger.addHandler(handler)
        _logger.setLevel(logging.INFO)
        _logger.propagate = False


def event(name: str, **fields: object) -> None:
    """Log that something happened. A field outside the list is a mistake in the calling code."""
    _logger.info(name, extra={"fields": _checked(fields)})


def failure(name: str, **fields: object) -> None:
    """Log an unexpected error together with the exception being handled."""
    _logger.error(name, exc_info=True, extra={"fields": _checked(fields)})  # noqa: LOG014 - called while handling


def _checked(fields: dict[str, object]) -> dict[str, object]:
    if unknown := fields.keys() - _FIELDS:
        raise AssertionError(f"log fields {sorted(unknown)} are not on the list of fields without personal data")
    return fields
