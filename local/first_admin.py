"""Creates a client's first administrator: `python -m local.first_admin new-town ana --name "Ana Reyes"`.

The administrator has all permissions and creates all other users. A second run creates nobody. The password is
generated and shown once. The command writes to the table of `make run`, or to the deployed one if METERBOOK_TABLE is
set (docs/runbook.md names the other variables).
"""

import argparse
import secrets
import string
import sys

from chalicelib.identity.domain import check_password
from chalicelib.kernel.errors import Invalid
from chalicelib.tenancy.domain import PasswordRule
from local import table

_LENGTH = 20
# Without characters that are easily confused.
_SIGNS = "".join(sorted({*string.ascii_letters, *string.digits, *"-+=?%"} - set("0O1lI")))


def main(arguments: list[str] | None = None) -> int:
    """Create one superuser and return 0, or print why not and return 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client")
    parser.add_argument("login", help="the name to sign in by: an e-mail address, if people there sign in by one")
    parser.add_argument("--name", required=True, help="who they are")
    parser.add_argument("--email", help="for resetting a forgotten password, if they sign in by a user name")
    asked = parser.parse_args(arguments)
    return table.run(lambda: _make(asked), failure="Not made")


def _make(asked: argparse.Namespace) -> int:
    from chalicelib.identity import service as identity  # noqa: PLC0415 - importing it needs the table's name
    from chalicelib.platform.jobs import job_context  # noqa: PLC0415
    from chalicelib.tenancy import service as tenancy  # noqa: PLC0415

    ctx = job_context("first_admin", client=asked.client, project="")
    password = new_password(tenancy.get_client(ctx).password_rule)
    user = identity.register_first_superuser(
        ctx, login=asked.login, name=asked.name, password=password, email=asked.email
    )
    print(f"{user.name} can sign in to {asked.client} as {user.login}. The password, shown this once:\n{password}")
    return 0


def new_password(rule: PasswordRule) -> str:
    """Return a random password that meets a client's rule."""
    while True:
        password = "".join(secrets.choice(_SIGNS) for _ in range(max(_LENGTH, rule.min_length)))
        try:
            check_password(password, rule)
        except Invalid:
            continue
        return password


if __name__ == "__main__":
    sys.exit(main())
