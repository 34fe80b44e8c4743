"""Prints the key that a CloudFront distribution sends to the API as `X-Origin-Key`: `python -m local.origin_key`.

With it the API trusts the distribution's `CloudFront-Viewer-Address`. It is derived from the root keys of `make run`,
or from those that METERBOOK_ROOT_KEYS_PARAMETER names (docs/runbook.md).
"""

import argparse
import sys

from chalicelib.platform import auth
from local import table


def main(arguments: list[str] | None = None) -> int:
    """Print the key and return 0, or print why not and return 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    return table.run(_write, failure="No key")


def _write() -> int:
    print(auth.origin_key())
    return 0


if __name__ == "__main__":
    sys.exit(main())
