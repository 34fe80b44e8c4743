"""Verifies that a client's audit log matches its seals: `python -m local.verify_audit balilihan`.

It reads the table of `make run`, or the deployed one if METERBOOK_TABLE is set (docs/runbook.md names the other
variables).
"""

import argparse
import sys
from datetime import date

from local import table
from local.trouble import Trouble


def main(arguments: list[str] | None = None) -> int:
    """Verify one client's log.

    Return 0 if every sealed day is unchanged, 1 if one is not, and 2 if there is no log to verify.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client")
    parser.add_argument("--from", dest="day", type=date.fromisoformat, help="the first day to look at, YYYY-MM-DD")
    asked = parser.parse_args(arguments)
    return table.run(lambda: _verify(asked.client, asked.day), failure="Not verified", code=2)


def _verify(client: str, day: date | None) -> int:
    from chalicelib.audit import service as audit  # noqa: PLC0415 - importing it needs the table's name
    from chalicelib.platform.jobs import job_context  # noqa: PLC0415
    from chalicelib.tenancy import service as tenancy  # noqa: PLC0415

    if tenancy.find_client(client) is None:
        raise Trouble(f"there is no client {client}")
    ctx = job_context("verify_audit", client=client, project="")
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
    "seal": "the seal of this day, or of the day before, was rewritten",
    "missing": "this day has no seal",
}


if __name__ == "__main__":
    sys.exit(main())
