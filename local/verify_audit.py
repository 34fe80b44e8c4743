"""Looks whether a client's audit log is as it was sealed: `python -m local.verify_audit balilihan`.

It reads the table of `make run`, or the deployed one if METERBOOK_TABLE is set (docs/runbook.md says with what else).
"""

import argparse
import os
import sys
from datetime import date
from pathlib import Path

from local import aws
from local.trouble import Trouble

_PORT = 4566


def main(arguments: list[str] | None = None) -> int:
    """This function will verify one client's log and give 0 if every sealed day is as it was, 1 if one is not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client")
    parser.add_argument("--from", dest="day", type=date.fromisoformat, help="the first day to look at, YYYY-MM-DD")
    asked = parser.parse_args(arguments)
    if not os.environ.get("METERBOOK_TABLE"):
        use_the_laptop()
    from chalicelib.audit import service as audit  # noqa: PLC0415 - importing it needs the table's name
    from chalicelib.platform import dynamo  # noqa: PLC0415
    from chalicelib.platform.jobs import job_context  # noqa: PLC0415

    dynamo.connect()
    ctx = job_context("verify_audit", client=asked.client, project="")
    day: date | None = asked.day
    while True:
        seen = audit.verify_log(ctx, from_day=day)
        print(f"{seen.first_day or '-'} to {seen.last_day or '-'}: {seen.days} days, {seen.entries} entries as sealed")
        if seen.finding:
            print(f"{seen.finding.day}: {_FINDINGS[seen.finding.what]}", file=sys.stderr)
            return 1
        if seen.next_day is None:
            return 0
        day = seen.next_day


_FINDINGS = {
    "entries": "an entry of this day was changed, added or taken away",
    "seal": "the seal of this day, or of the day before, was written anew",
    "missing": "this day has no seal",
}


def use_the_laptop() -> None:
    """This function will find the table and keys of `make run`.

    :raises Trouble: if it does not run.
    """
    port = int(os.environ.get("METERBOOK_AWS_PORT", _PORT))
    keys = Path(os.environ.get("METERBOOK_STATE") or aws.ROOT / ".local") / "root-keys.json"
    if not aws.is_taken(port) or not keys.exists():
        raise Trouble("nothing runs on this machine: start `make run`, or name a deployed table in METERBOOK_TABLE")
    aws.point_clients_at(port)
    outputs = aws.stack_outputs()
    if outputs is None:
        raise Trouble("the local AWS has no tables yet")
    os.environ.update(aws.settings_from(outputs), METERBOOK_ROOT_KEYS=keys.read_text())


if __name__ == "__main__":
    sys.exit(main())
