"""An error that is caught and answered with a 500 is counted by the metric that an alarm watches."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.package import YAMLTemplateSerializer

from chalicelib.platform import keys
from local import aws
from tests.support.fixture_world import World
from tests.support.table import spoil

_TEMPLATE: dict[str, Any] = YAMLTemplateSerializer().load_template(Path(aws.TEMPLATE).read_text())
_ALARMS = {name: one["Properties"] for name, one in _TEMPLATE["Resources"].items() if name.endswith("Alarm")}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged during a test, as it goes to standard output."""
    logger, written = logging.getLogger("meterbook"), io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.handlers[0].formatter)
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


def counts(line: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Read what CloudWatch counts in a log line: namespace, metric and value."""
    for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
        for metric in directive["Metrics"]:
            yield directive["Namespace"], metric["Name"], line[metric["Name"]]


def test_a5_a_handled_500_adds_one_to_the_metric_of_an_alarm(world: World, lines: io.StringIO) -> None:
    admin = world.people["admin"]
    made = admin.post(world.utility.consumers, {"firstName": "Ana", "lastName": "Cruz"}).expect(201)
    spoil(keys.consumer(world.utility.client, made["id"]))
    lines.truncate(0)
    lines.seek(0)

    admin.get(f"{world.utility.consumers}/{made['id']}").expect(500)

    counted = [one for line in lines.getvalue().splitlines() for one in counts(json.loads(line))]
    alarm = _ALARMS["FailuresAlarm"]
    assert counted == [(alarm["Namespace"], alarm["MetricName"], [1])]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


def test_a5_every_5xx_of_the_api_raises_an_alarm_whoever_answered_it() -> None:
    alarm = _ALARMS["ApiServerErrorsAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/ApiGateway", "5XXError", "Sum")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert alarm["AlarmActions"] == _ALARMS["FailuresAlarm"]["AlarmActions"]
