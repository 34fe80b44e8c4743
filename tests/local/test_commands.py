"""The operator's commands look where the AWS CLI would, and say in one line why something can't be done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import first_admin, open_client, table, ticket, verify_audit
from tests.support.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {
    "open_client": (open_client.main, ["balilihan", "new-town"], 1),
    "first_admin": (first_admin.main, ["new-town", "ana", "--name", "Ana"], 1),
    "verify_audit": (verify_audit.main, ["new-town"], 2),
}
REGION = """
from local import table
table.connect()
from chalicelib.platform import dynamo, mail, queue, storage
print(*{one.meta.region_name for one in (dynamo.client(), storage._client(), queue._client(), mail._client())})
"""


@pytest.fixture
def session(tmp_path: Path) -> dict[str, str]:
    """A shell with a profile that names a region, as the AWS CLI has it, and nothing else of AWS."""
    config = tmp_path / "config"
    config.write_text("[profile operator]\nregion = ap-southeast-1\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "METERBOOK_"))}
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
    return {**kept, **keys, "AWS_CONFIG_FILE": str(config), "METERBOOK_TABLE": "none", "METERBOOK_BUCKET": "none"}


def region_of(session: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", REGION], check=False, cwd=ROOT, env=session, capture_output=True, text=True
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_a9_the_region_is_that_of_the_session(session: dict[str, str]) -> None:
    assert region_of({**session, "AWS_PROFILE": "operator"}) == "ap-southeast-1"
    assert region_of({**session, "AWS_PROFILE": "operator", "AWS_REGION": "eu-west-1"}) == "eu-west-1"
    assert region_of({**session, "AWS_DEFAULT_REGION": "eu-west-1"}) == "eu-west-1"


def test_a9_without_a_region_no_table_is_looked_for_anywhere(session: dict[str, str]) -> None:
    assert "name the table's region in AWS_REGION" in region_of(session)
    assert "(nobody) could not be found" in region_of({**session, "AWS_PROFILE": "nobody"})


@pytest.mark.parametrize("name", COMMANDS)
def test_a9_what_aws_refuses_is_said_in_one_line(
    engine: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    command, arguments, code = COMMANDS[name]
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("METERBOOK_TABLE", "no-such-table")
        assert command(arguments) == code
    table.connect()
    (line,) = capsys.readouterr().err.splitlines()
    assert "ResourceNotFoundException" in line


def test_a9_a_command_without_its_keys_names_the_variable(
    engine: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.delenv("METERBOOK_ROOT_KEYS")
        assert ticket.main(["new-town"]) == 1
    table.connect()
    (line,) = capsys.readouterr().err.splitlines()
    assert "METERBOOK_ROOT_KEYS is not set" in line
