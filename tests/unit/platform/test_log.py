"""A log line is one JSON object of a constant event and listed fields; nothing personal fits in."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from chalicelib.platform import log


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged during a test, as it goes to standard output."""
    logger = logging.getLogger("meterbook")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.handlers[0].formatter)
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


def test_an_event_is_one_line_of_json(lines: io.StringIO) -> None:
    log.event("bill_issued", client="balilihan", account="2025110001", count=3)
    line = json.loads(lines.getvalue())
    assert datetime.fromisoformat(line.pop("timestamp")).utcoffset() == timedelta(0)
    assert line == {
        "level": "INFO",
        "event": "bill_issued",
        "client": "balilihan",
        "account": "2025110001",
        "count": 3,
    }


@pytest.mark.parametrize(
    "field", ["first_name", "email", "phone", "address", "login", "password", "token", "body", "amount"]
)
def test_a_field_that_could_say_who_somebody_is_has_no_place(field: str) -> None:
    with pytest.raises(AssertionError, match=field):
        log.event("something", **{field: "x"})


def test_a_line_break_in_a_field_starts_no_new_line(lines: io.StringIO) -> None:
    log.event("something", client='a\n{"level":"INFO","event":"forged"}\r\x1b[2J\u2028')
    assert len(lines.getvalue().splitlines()) == 1


def test_a_failure_carries_its_trace_and_not_what_the_exception_says(lines: io.StringIO) -> None:
    try:
        raise ValueError("input was " + "ana@".ljust(15, "x"))  # as pydantic quotes what it was given
    except ValueError:
        log.failure("request_failed", request_id="r-1")
    line = json.loads(lines.getvalue())
    assert (line["level"], line["event"], line["request_id"]) == ("ERROR", "request_failed", "r-1")
    assert "ValueError" in line["trace"]
    assert "test_log.py" in line["trace"]
    assert "ana@xxx" not in lines.getvalue()


def test_a_failure_is_counted_for_the_alarm_by_its_own_line(lines: io.StringIO) -> None:
    log.failure("job_failed", job="generate_bills")
    line = json.loads(lines.getvalue())
    (metric,) = line["_aws"]["CloudWatchMetrics"]
    assert metric == {
        "Namespace": "Meterbook",
        "Dimensions": [["stack"]],
        "Metrics": [{"Name": "Failures", "Unit": "Count"}],
    }
    assert (line["stack"], line["Failures"]) == ("local", [1])


def test_what_another_part_of_the_process_adds_to_the_logger_stays_out_of_the_log(lines: io.StringIO) -> None:
    logging.getLogger("meterbook").info("something", extra={"email": "ana@example.com"})
    assert "ana@" not in lines.getvalue()


def test_the_app_writes_each_line_once() -> None:
    lambdas_own = "import logging, sys; logging.basicConfig(stream=sys.stdout)"  # there before our code is imported
    code = f"{lambdas_own}; import app; from chalicelib.platform import log; log.event('something')"
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["event"] == "something"
