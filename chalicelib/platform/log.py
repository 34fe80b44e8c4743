"""Structured logs: a constant event name and a few plain fields. No personal names, addresses, tokens or amounts.

Powertools writes the lines. A field that is not on the list is refused.
"""

import json
import sys
import traceback
from typing import Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from chalicelib.platform import settings

# The only fields that a log line may have: identifiers and counts, no personal data.
_FIELDS: Final = frozenset(
    {
        "account", "actor", "attempt", "chunk", "client", "code", "count", "day", "duration_ms", "error",
        "import_id", "job", "method", "path", "period", "project", "request_id", "role", "run_id", "seal", "status",
    }
)  # fmt: skip
_FAILURES: Final = "Failures"  # the metric that an alarm watches
_LINE: Final = ("level", "event", "timestamp", "xray_trace_id", *sorted(_FIELDS), "trace", "_aws", "stack", _FAILURES)


def _line(record: dict[str, Any]) -> str:
    """Format a line as ASCII JSON, so that no character of a field can end the line."""
    record["event"] = record["message"]
    return json.dumps({name: record[name] for name in _LINE if name in record}, default=str)


_logger = Logger(service="meterbook", json_serializer=_line, utc=True, use_rfc3339=True)


def event(name: str, **fields: object) -> None:
    """Log an event. A field that is not on the list is a mistake in the calling code."""
    _logger.info(name, **_checked(fields))


def failure(name: str, **fields: object) -> None:
    """Log an unexpected error together with the exception being handled; the line counts it for the alarm."""
    _logger.error(name, trace=_trace(sys.exc_info()[1]), **_checked(fields), **_count_of(_FAILURES))


def _count_of(metric: str) -> dict[str, Any]:
    """Return the fields that make CloudWatch count a log line as a metric of this stack (embedded metric format)."""
    metrics = EphemeralMetrics(namespace="Meterbook")
    metrics.add_dimension("stack", settings.environment().stack)
    metrics.add_metric(metric, MetricUnit.Count, 1)
    return dict(metrics.serialize_metric_set())


def _trace(error: BaseException | None) -> str:
    """Return an error's type and stack without its message, which may contain personal data."""
    lines: list[str] = []
    while error:
        lines += [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}\n"]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(lines)


def _checked(fields: dict[str, object]) -> dict[str, Any]:
    if unknown := fields.keys() - _FIELDS:
        raise AssertionError(f"log fields {sorted(unknown)} are not on the list of fields without personal data")
    return fields
