"""The longer attacks that Meterbook has met, repeated against a running server, with figures.

python -m tests.tools.attack [url [client [login [password]]]]

Without a URL it starts a server of its own with the demo, in a folder that it takes away again. The login must be that
of somebody who manages users and brings in files, such as the demo's `super` of `balilihan`. It leaves users behind,
disabled, and imports that were refused: so never point it at a server that is in use.
"""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx

from local.demo.utilities import PASSWORD
from tests.support.engine import free_port

_ROOT = Path(__file__).resolve().parents[2]
_MAX_FILE = 10_000_000
_NEW = "Another-horse-2"


@dataclass
class Target:
    """A server, an administrator of one of its clients, and the process if it is on this machine."""

    url: str
    client: str
    login: str
    password: str
    process: int | None = None
    broken: list[str] = field(default_factory=list)

    def send(self, method: str, path: str, body: object = None, token: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.request(method, self.url + path, json=body, headers=headers, timeout=120)

    def sign_in(self, login: str, password: str, client: str | None = None) -> httpx.Response:
        body = {"clientId": client or self.client, "login": login, "password": password}
        return self.send("POST", "/api/auth/login", body)

    def admin(self) -> str:
        """Sign the administrator in and return the token."""
        token: str = self.sign_in(self.login, self.password).raise_for_status().json()["accessToken"]
        return token

    def report(self, attack: str, figures: str, *, held: bool) -> None:
        """Print what became of an attack."""
        print(f"{'held' if held else 'BROKEN':7}{attack}: {figures}", flush=True)  # noqa: T201
        if not held:
            self.broken.append(attack)


def attack_sessions(target: Target) -> None:
    """F1: ten sessions that keep renewing themselves and changing their user, while an administrator ends them."""
    admin, users = target.admin(), f"/api/clients/{target.client}/users"
    login = f"attack-{secrets.token_hex(4)}"
    made = {"login": login, "name": "Attack", "password": PASSWORD, "role": "viewer"}
    user = target.send("POST", users, made, admin).raise_for_status().json()["id"]
    over, sent = Event(), Counter[int]()

    def keep_busy(session: dict[str, Any]) -> None:
        while not over.is_set():
            answer = target.send("POST", "/api/auth/refresh", {"refreshToken": session["refreshToken"]})
            sent[answer.status_code] += 1
            if answer.status_code == 401:
                return
            session = answer.json() if answer.status_code == 200 else session
            target.send("PATCH", "/api/me", {"phone": f"+63 {sent[200]}"}, session["accessToken"])

    refused, seconds = 0, list[float]()
    for status in ("disabled", "active") * 5:
        workers = ThreadPoolExecutor(10)
        if status == "disabled":
            over.clear()
            for _ in range(10):
                workers.submit(keep_busy, target.sign_in(login, PASSWORD).raise_for_status().json())
            time.sleep(0.5)
        started = time.monotonic()
        answer = target.send("PUT", f"{users}/{user}/status", {"status": status}, admin)
        seconds.append(time.monotonic() - started)
        refused += answer.status_code != 200
        over.set()
        workers.shutdown()
    target.send("PUT", f"{users}/{user}/status", {"status": "disabled"}, admin)
    figures = (
        f"{refused} of {len(seconds)} refused, {max(seconds):.2f} s at most, while {sum(sent.values())} renewals came"
    )
    target.report("sessions that block a revocation", figures, held=not refused)


def attack_one_user(target: Target) -> None:
    """F2: somebody else's wrong passwords, and whether the owner still gets on."""
    admin, users = target.admin(), f"/api/clients/{target.client}/users"
    login = f"attack-{secrets.token_hex(4)}"
    made = {"login": login, "name": "Attack", "password": PASSWORD, "role": "viewer"}
    user = target.send("POST", users, made, admin).raise_for_status().json()["id"]
    token = target.sign_in(login, PASSWORD).raise_for_status().json()["accessToken"]
    wrong = [target.sign_in(login, "wrong") for _ in range(12)]
    wait = int(wrong[-1].headers.get("Retry-After", "0"))
    change = {"current": PASSWORD, "new": _NEW}
    changed = target.send("PUT", "/api/me/password", change, token).status_code
    after = target.sign_in(login, _NEW).status_code  # a new password ends the wait
    target.send("PUT", f"{users}/{user}/status", {"status": "disabled"}, admin)
    statuses = Counter(answer.status_code for answer in wrong)
    owner = f"the owner changed the password: {changed}, and signed in: {after}"
    figures = f"answers {dict(statuses)}, then {wait} s to wait; {owner}"
    target.report("lock-out of a user", figures, held=statuses[401] <= 10 and (changed, after) == (200, 200))


def attack_by_flood(target: Target) -> None:
    """F11, F12: one address tries one password over many names, asks for resets, and names clients that are not."""
    floods: dict[str, tuple[int, Callable[[int], httpx.Response]]] = {
        "one password over 200 names": (401, lambda at: target.sign_in(f"name-{at}", "Password1!")),
        "200 requests for a reset": (
            202,
            lambda at: target.send(
                "POST", "/api/auth/password-reset", {"clientId": target.client, "login": f"name-{at}"}
            ),
        ),
        "200 tries at clients that do not exist": (0, lambda at: target.sign_in("a", "b", client=f"no-{at}")),
    }
    for attack, (taken, send) in floods.items():
        started = time.monotonic()
        with ThreadPoolExecutor(8) as strangers:
            statuses = Counter(answer.status_code for answer in strangers.map(send, range(200)))
        rate = 200 / (time.monotonic() - started)
        figures = f"answers {dict(sorted(statuses.items()))}, {rate:.0f} a second"
        target.report(attack, figures, held=statuses[taken] <= 30 and max(statuses) < 500)


def attack_by_file(target: Target) -> None:
    """F7: files that are small and cost much."""
    nested = b'{"a":' * 115_500 + b"1" + b"}" * 115_500
    numbers = b"[1" + b",1" * (_MAX_FILE // 2 - 2) + b"]"
    files = {
        "693 kB of nested objects": ("history", nested),
        "10 MB of numbers": ("history", numbers),
        "10 MB of line feeds as a history": ("history", b"\n" * _MAX_FILE),
        "10 MB of line feeds as readings": ("readings", b"\n" * _MAX_FILE),
    }
    admin = target.admin()
    projects = target.send("GET", f"/api/clients/{target.client}/projects", token=admin).raise_for_status().json()
    base = f"/api/clients/{target.client}/projects/{projects['items'][0]['id']}"
    for attack, (kind, content) in files.items():
        _forget_peak(target)
        announced = (
            target.send("POST", f"{base}/{kind}/imports", {"fileName": "attack"}, admin).raise_for_status().json()
        )
        form = announced["upload"]
        httpx.post(form["url"], data=form["fields"], files={"file": content}, timeout=120).raise_for_status()
        started = time.monotonic()
        status = "awaiting_upload"
        while status == "awaiting_upload" and time.monotonic() < started + 300:
            time.sleep(0.1)
            shown = target.send("GET", f"{base}/{kind}/imports/{announced['id']}", token=admin)
            status = shown.json().get("status", "?") if shown.status_code == 200 else status
        seconds = time.monotonic() - started
        figures = f"{status} after {seconds:.1f} s{_peak(target)}"
        target.report(attack, figures, held=status in {"refused", "done"} and seconds < 30)


def _forget_peak(target: Target) -> None:
    if target.process:
        with contextlib.suppress(OSError):
            Path(f"/proc/{target.process}/clear_refs").write_text("5")


def _peak(target: Target) -> str:
    """Say how much memory the server took at most since it was last asked to forget, where the system tells."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{target.process}/status").read_text().splitlines()
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
        return f", {kilobytes // 1000} MB at most"
    return ""


@contextlib.contextmanager
def own_server() -> Iterator[Target]:
    """Start a server with the demo, on ports of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ports = free_port(), free_port()
        ours = {
            "METERBOOK_STATE": f"{folder}/state",
            "METERBOOK_PORT": str(ports[0]),
            "METERBOOK_AWS_PORT": str(ports[1]),
            "METERBOOK_BCRYPT_COST": "4",
        }
        out = Path(folder, "out")
        with out.open("wb") as to:
            command = [sys.executable, "-m", "local"]
            server = subprocess.Popen(command, cwd=_ROOT, env=os.environ | ours, stdout=to, stderr=subprocess.STDOUT)
        try:
            while "Meterbook runs" not in out.read_text():
                if server.poll() is not None:
                    sys.exit(out.read_text())
                time.sleep(0.2)
            yield Target(f"http://127.0.0.1:{ports[0]}", "balilihan", "super", PASSWORD, server.pid)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(120)


def main() -> None:
    """Attack the server that is named, or one of our own; exit with 1 if an attack got through."""
    given = sys.argv[1:]
    url, client, login, password = (*given, *("", "balilihan", "super", PASSWORD)[len(given) :])
    target = Target(url, client, login, password)
    with contextlib.nullcontext(target) if given else own_server() as chosen:
        for attack in (attack_sessions, attack_one_user, attack_by_file, attack_by_flood):
            attack(chosen)
        sys.exit(bool(chosen.broken))


if __name__ == "__main__":
    main()
