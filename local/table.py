"""Connect an operator's command to the table: that of `make run`, or the deployed one if METERBOOK_TABLE is set."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError

from chalicelib.kernel.errors import MeterbookError
from chalicelib.platform.problems import AWS_ERRORS
from chalicelib.platform.settings import NotGiven
from local import aws
from local.trouble import Trouble

_PORT = 4566


def run(command: Callable[[], int], *, failure: str, code: int = 1) -> int:
    """Run an operator's command and return its exit code.

    If it fails, print the reason in one line and return `code`.
    """
    try:
        connect()
        return command()
    except (Trouble, MeterbookError, NotGiven) as reason:
        print(f"{failure}: {reason}", file=sys.stderr)
    except AWS_ERRORS as error:
        print(f"{failure}: {' '.join(str(error).split())}", file=sys.stderr)
    return code


def connect() -> None:
    """Connect to the table.

    :raises Trouble: if none is named and `make run` is not running, or if no region is set.
    """
    if os.environ.get("METERBOOK_TABLE"):
        _use_the_region_of_the_session()
    else:
        _use_the_laptop()
    from chalicelib.platform import dynamo  # noqa: PLC0415 - importing it needs the table's name

    dynamo.connect()


def _use_the_region_of_the_session() -> None:
    """Set the region as the AWS CLI does: from the variables, else from the profile."""
    try:
        region = os.environ.get("AWS_REGION") or boto3.Session().region_name
    except BotoCoreError as error:  # such as a profile that does not exist
        raise Trouble(str(error)) from None
    if not region:
        raise Trouble("name the table's region in AWS_REGION, or use a profile that has one")
    os.environ.update(AWS_REGION=region, AWS_DEFAULT_REGION=region)


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
