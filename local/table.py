"""Where an operator's command finds the table: that of `make run`, or the deployed one if METERBOOK_TABLE is set."""

import os
from pathlib import Path

from local import aws
from local.trouble import Trouble

_PORT = 4566


def connect() -> None:
    """Connect to the table that is meant.

    :raises Trouble: if none is named and `make run` does not run.
    """
    if not os.environ.get("METERBOOK_TABLE"):
        _use_the_laptop()
    from chalicelib.platform import dynamo  # noqa: PLC0415 - importing it needs the table's name

    dynamo.connect()


def _use_the_laptop() -> None:
    port = int(os.environ.get("METERBOOK_AWS_PORT", _PORT))
    keys = Path(os.environ.get("METERBOOK_STATE") or aws.ROOT / ".local") / "root-keys.json"
    if not aws.is_taken(port) or not keys.exists():
        raise Trouble("nothing runs on this machine: start `make run`, or name a deployed table in METERBOOK_TABLE")
    aws.point_clients_at(port)
    outputs = aws.stack_outputs()
    if outputs is None:
        raise Trouble("the local AWS has no tables yet")
    os.environ.update(aws.settings_from(outputs), METERBOOK_ROOT_KEYS=keys.read_text())
