"""Prints a ticket for opening a client with one request (`POST /api/clients`): `python -m local.ticket new-town`.

Its holder can open that client, and no other, within an hour. It is signed with the root keys of `make run`, or
with those that METERBOOK_ROOT_KEYS_PARAMETER names (docs/runbook.md).
"""

import argparse
import sys

from chalicelib.platform import clock
from local import table


def main(arguments: list[str] | None = None) -> int:
    """Print one ticket and return 0, or print why not and return 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client", help="the id that the new client is to have")
    asked = parser.parse_args(arguments)
    return table.run(lambda: _write(asked.client), failure="No ticket")


def _write(client: str) -> int:
    from chalicelib.onboarding import service as onboarding  # noqa: PLC0415 - importing it needs the table's name

    print(onboarding.write_ticket(client, now=clock.now()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
