"""`make run` as a newcomer meets it: start, use, stop, start again, and every way in which that can go wrong."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from local.demo import utilities
from local.demo.files import AVII_FILE
from local.demo.people import households
from tests.support.engine import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_ROOT = Path(__file__).resolve().parents[2]
_CONNECTIONS = "/api/clients/balilihan/projects/waterworks/connections"
_CONSUMERS = "/api/clients/balilihan/consumers"


@dataclass(frozen=True, slots=True)
class Run:
    """A `python -m local` of its own ports; what it said is in `out`."""

    process: subprocess.Popen[bytes]
    out: Path
    port: int
    aws_port: int

    def said(self) -> str:
        return self.out.read_text()

    def wait_for(self, text: str, seconds: float = 400) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def stop(self, sign: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(sign)
        return self.process.wait(120)

    def ask(
        self, method: str, path: str, body: object = None, *, client: str = "balilihan", login: str = "admin"
    ) -> httpx.Response:
        """Sign in and send one request."""
        url = f"http://127.0.0.1:{self.port}"
        who = {"clientId": client, "login": login, "password": utilities.PASSWORD}
        session = httpx.post(f"{url}/api/auth/login", json=who, timeout=60).raise_for_status().json()
        headers = {"Authorization": f"Bearer {session['accessToken']}"}
        return httpx.request(method, url + path, json=body, headers=headers, timeout=60)

    def register(self, last_name: str) -> str:
        """Register a consumer and give the path at which it is found."""
        answer = self.ask("POST", _CONSUMERS, {"firstName": "Ana", "lastName": last_name})
        assert answer.status_code == 201, answer.text
        return f"{_CONSUMERS}/{answer.json()['id']}"


@contextmanager
def start(
    state: Path, *, port: int | None = None, aws_port: int | None = None, prefix: str = "", today: str = "2025-11-01"
) -> Iterator[Run]:
    ports = port or free_port(), aws_port or free_port()
    environment = os.environ | {
        "METERBOOK_STATE": str(state),
        "METERBOOK_PORT": str(ports[0]),
        "METERBOOK_AWS_PORT": str(ports[1]),
        "METERBOOK_BCRYPT_COST": "4",
        "METERBOOK_TODAY": today,
        # What must not reach any client of ours:
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
        "AWS_PROFILE": "somebody's own account",
        "AWS_REGION": "eu-central-1",
    }
    for inherited in (
        "METERBOOK_TABLE",
        "METERBOOK_BUCKET",
        "METERBOOK_BILLING_QUEUE",
        "METERBOOK_TOKEN_KEYS",
        "METERBOOK_ROOT_KEYS",
    ):
        environment.pop(inherited, None)
    elsewhere = f"import sys; sys.prefix = {prefix!r}; " if prefix else ""
    command = [sys.executable, "-c", f"{elsewhere}import runpy; runpy.run_module('local', run_name='__main__')"]
    out = state.with_name(f"{state.name}-{ports[0]}-{time.monotonic_ns()}.out")
    with out.open("wb") as to:
        process = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=to, stderr=subprocess.STDOUT)
    try:
        yield Run(process, out, *ports)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(120)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the demo in it. Its loading was interrupted, and went on a month later."""
    folder = tmp_path_factory.mktemp("run") / "state"
    with start(folder) as run:
        run.wait_for("Loading five demo utilities")
        time.sleep(0.5)
        assert run.stop() == 0, run.said()
        assert "Meterbook runs" not in run.said()
    with start(folder, today="2025-12-01") as run:
        run.wait_for("Meterbook runs")
        assert "up to 2025-11-01, when it was loaded" in run.said()
        assert run.stop(signal.SIGTERM) == 0
    return folder


def refused(run: Run) -> str:
    assert run.process.wait(120) == 1, run.said()
    lines = [line for line in run.said().splitlines() if line != "Starting the local AWS ..."]
    assert len(lines) == 1, run.said()
    return lines[0]


def nobody_listens(port: int, *, within_seconds: float) -> bool:
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return True
        time.sleep(0.1)
    return False


def test_the_demo_is_whole_even_if_its_loading_was_interrupted(state: Path) -> None:
    with start(state) as run:
        run.wait_for("Meterbook runs")
        for account, household in (("2025080001", households()[0]), ("2025080300", households()[-1])):
            connection = run.ask("GET", f"{_CONNECTIONS}/{account}").raise_for_status().json()
            assert connection["meterNumber"] == household.meter_number
            assert connection["consumerName"] == f"{household.first_name} {household.last_name}"
        assert run.ask("GET", f"{_CONNECTIONS}/2025080301").status_code == 404
        assert run.ask("GET", "/api/me/connections", login="juan").json()["items"][0]["projectId"] == "waterworks"
        assert run.stop() == 0


def test_what_was_written_is_there_after_stop_and_start_and_nothing_is_left_running(state: Path) -> None:
    with start(state) as run:
        run.wait_for("Meterbook runs")
        made = run.register("Reyes")
        assert run.stop() == 0
        assert nobody_listens(run.port, within_seconds=60)
        assert nobody_listens(run.aws_port, within_seconds=60)
    with start(state) as again:
        again.wait_for("Meterbook runs")
        assert "Loading" not in again.said()
        assert again.ask("GET", made).json()["lastName"] == "Reyes"
        later = again.register("Santos")
        audit = again.ask(
            "GET", "/api/clients/balilihan/audit-log?action=consumer.registered&limit=2", login="super"
        ).json()
        assert [f"{_CONSUMERS}/{entry['subject']['id']}" for entry in audit["items"]] == [later, made], (
            "the newest first"
        )


def test_an_uploaded_file_is_imported_by_the_pollers_also_after_a_restart(state: Path) -> None:
    imports = "/api/clients/avii/projects/waterBills/readings/imports"
    who = {"client": "avii", "login": "admin@avii.example"}
    with start(state) as run:
        run.wait_for("Meterbook runs")
        announced = run.ask("POST", imports, {"fileName": AVII_FILE.name}, **who).json()
        form = announced["upload"]
        file = {"file": (AVII_FILE.name, AVII_FILE.read_bytes())}
        httpx.post(form["url"], data=form["fields"], files=file, timeout=60).raise_for_status()

        deadline = time.monotonic() + 120
        while (found := run.ask("GET", f"{imports}/{announced['id']}", **who).json())["status"] == "awaiting_upload":
            assert time.monotonic() < deadline, found
            time.sleep(0.2)

        assert (found["status"], found["counts"]["accepted"], found["counts"]["refused"]) == ("done", 2, 0)


def test_a_state_that_can_not_be_saved_is_said_at_the_stop(state: Path, tmp_path: Path) -> None:
    copy = tmp_path / "state"
    subprocess.run(["cp", "-r", str(state), str(copy)], check=True)
    # A folder where the local AWS would write; it stands there before the start, or it could meet a save in progress.
    (copy / "aws" / "dynamodb.json.tmp").mkdir()
    with start(copy) as run:
        run.wait_for("Meterbook runs")
        run.stop()
        assert f"could not be saved in {copy}" in run.said()


def test_after_a_kill_the_local_aws_ends_too_and_the_state_is_two_seconds_old_at_most(state: Path) -> None:
    with start(state) as run:
        run.wait_for("Meterbook runs")
        made = run.register("Cruz")
        time.sleep(3)
        run.process.kill()
        run.process.wait()
        assert nobody_listens(run.aws_port, within_seconds=60)
    with start(state) as again:
        again.wait_for("Meterbook runs")
        assert again.ask("GET", made).json()["lastName"] == "Cruz"


def test_a_second_run_on_the_same_state_is_refused_and_does_not_disturb_the_first(state: Path) -> None:
    with start(state) as run:
        run.wait_for("Meterbook runs")
        with start(state) as second:
            assert "already runs here" in refused(second)
        assert run.ask("GET", "/api/me").status_code == 200


def test_a_taken_port_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with start(tmp_path / "one", port=taken) as run:
            assert f"port {taken} can't be used" in refused(run)
        with start(tmp_path / "two", aws_port=taken) as run:
            assert f"port {taken} is taken" in refused(run)
            assert "METERBOOK_AWS_PORT" in run.said()


def test_a_missing_tool_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    with start(tmp_path / "state", prefix=str(tmp_path)) as run:
        assert refused(run).endswith("the local AWS is not installed; run: make install")


def test_a_start_on_a_later_day_moves_nothing_and_says_so(state: Path) -> None:
    bills = "/api/clients/electricity/projects/electricity/bills?period=2025-10&limit=1"
    who = {"client": "electricity", "login": "admin@electricity.example"}
    with start(state) as run:
        run.wait_for("Meterbook runs")
        assert "demo data  up to today, 2025-11-01" in run.said()
        before = run.ask("GET", bills, **who).json()["items"][0]
        assert (before["status"], before["dueOn"]) == ("open", "2025-11-12")
        assert run.stop() == 0

    with start(state, today="2025-11-15") as later:
        later.wait_for("Meterbook runs")
        assert "Loading" not in later.said()
        assert (
            f"up to 2025-11-01, when it was loaded; today is 2025-11-15. To have it anew, stop, and rm -r {state}"
            in (later.said())
        )
        assert later.ask("GET", bills, **who).json()["items"][0] == before | {"status": "overdue", "daysOverdue": 3}


@pytest.mark.parametrize("today", ["tomorrow", "2025-02-29", "1999-12-31"])
def test_a_today_that_is_no_day_is_one_line(tmp_path: Path, today: str) -> None:
    with start(tmp_path / "state", today=today) as run:
        assert "METERBOOK_TODAY must be a day between 2000-01-01 and 2098-12-31" in refused(run)


def test_a_port_that_is_no_number_is_one_line(tmp_path: Path) -> None:
    with start(tmp_path / "state", port=99999) as run:
        assert "METERBOOK_PORT must be a port number" in refused(run)


@pytest.mark.parametrize("what", ["half a file", "no file", "no keys"])
def test_a_damaged_state_is_left_alone_and_named(state: Path, tmp_path: Path, what: str) -> None:
    damaged = tmp_path / "state"
    subprocess.run(["cp", "-r", str(state), str(damaged)], check=True)
    table = damaged / "aws" / "dynamodb.json"
    if what == "half a file":
        table.write_bytes(table.read_bytes()[:1000])
    elif what == "no file":
        table.unlink()
    else:
        (damaged / "token-keys.json").write_text("{")
    before = {path.name: path.read_bytes() for path in (damaged / "aws").iterdir()}

    with start(damaged) as run:
        assert f"remove it and start again: rm -r {damaged}" in refused(run)

    assert {path.name: path.read_bytes() for path in (damaged / "aws").iterdir()} == before


def test_the_signing_keys_are_for_their_owner_only(state: Path) -> None:
    assert (state / "token-keys.json").stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
