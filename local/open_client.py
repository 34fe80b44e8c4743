"""Opens a client from a preset: `python -m local.open_client balilihan new-town --name "New Town Waterworks"`.

It is the platform operator's command. It writes to the table of `make run`, or to the deployed one if METERBOOK_TABLE
is set (docs/runbook.md names the other variables). It can be repeated.
"""

import argparse
import sys

from local import table


def main(arguments: list[str] | None = None) -> int:
    """Open one client and return 0, or print why not and return 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("client", help="its id, which stands in every address")
    parser.add_argument("--name", help="what people call it")
    asked = parser.parse_args(arguments)
    return table.run(lambda: _open(asked), failure="Not opened")


def _open(asked: argparse.Namespace) -> int:
    from chalicelib.onboarding import service as onboarding  # noqa: PLC0415 - importing it needs the table's name
    from chalicelib.platform.jobs import job_context  # noqa: PLC0415

    ctx = job_context("open_client", client=asked.client, project="")
    client = onboarding.open_client(ctx, preset_id=asked.preset, name=asked.name)
    print(f"Client {client.id} ({client.name}) is open, as the preset {asked.preset} has it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
