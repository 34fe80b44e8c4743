"""Proves that every lock file can be installed: `make check-locks`, whenever one of them changed.

A lock that works today may not work tomorrow: installers differ, and the index grows. So this command
- installs all locks into empty environments by the Makefile's own commands, for each Python that is here, with the
  oldest pip that came with it;
- checks that the installed packages satisfy each other;
- asks the index for a wheel of every package, for each Python and platform that Meterbook is developed on;
- writes what was proven into requirements/proof.txt. A test compares that file with the locks.
"""

import datetime as dt
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROOF = ROOT / "requirements" / "proof.txt"
RUNTIME_LOCK = "requirements.txt"
# Each lock that `make install` installs, and the environment that it is installed into.
ENVIRONMENTS = {
    "requirements/uv.txt": ".venv",
    "requirements/dev.txt": ".venv",
    "requirements/local-aws.txt": ".venv/local-aws",
    "requirements/template-lint.txt": ".venv/template-lint",
}
LOCKS = (RUNTIME_LOCK, *ENVIRONMENTS)
# The pip that 3.11.0, 3.12.0 and 3.13.0 brought along.
OLDEST_PIP = {"3.11": "22.3", "3.12": "23.2.1", "3.13": "24.2"}
# manylinux_2_17 is Lambda's oldest. Not Macs with Intel processors: cryptography has no wheels for them.
PLATFORMS = ("x86_64-manylinux_2_17", "x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")


def install_commands() -> dict[str, str]:
    """Read from the Makefile how locks are installed: by pip (behind a Python), and by uv."""
    text = (ROOT / "Makefile").read_text()
    return {name: re.findall(rf"^{name}_INSTALL := (.+)$", text, re.MULTILINE)[0] for name in ("PIP", "UV")}


def digests() -> dict[str, str]:
    """Return the SHA-256 of each lock file."""
    return {lock: hashlib.sha256((ROOT / lock).read_bytes()).hexdigest() for lock in LOCKS}


def proven() -> tuple[dict[str, str], dict[str, str]]:
    """Read from the proof: the digest of each lock, and the install commands."""
    lines = PROOF.read_text().splitlines()
    locks = {lock: digest for digest, lock in (line.split("  ") for line in lines if not line.startswith("#"))}
    commands = dict(re.findall(r"^# (PIP|UV): (.+)$", "\n".join(lines), re.MULTILINE))
    return locks, commands


def main() -> int:
    """Check all locks and write the proof; return 0, or print what failed and return 1."""
    facts: list[str] = []
    environment = _environment()
    try:
        with tempfile.TemporaryDirectory(prefix="locks-") as cache:
            environment |= {"UV_CACHE_DIR": cache, "PIP_NO_CACHE_DIR": "1"}
            for version, python in _pythons():
                if python is None:
                    print(
                        f"Python {version} is not on the path: its installation is not tested, only that wheels exist"
                    )
                else:
                    facts.append(_install_everything(version, python, environment))
            _find_wheels(environment)
    except subprocess.CalledProcessError as failed:
        print(f"{shlex.join(map(str, failed.cmd))}\n{failed.stdout}\nThe locks are not proven.", file=sys.stderr)
        return 1
    facts.append(f"Wheels of every package exist for Python {', '.join(OLDEST_PIP)} on {', '.join(PLATFORMS)}")
    _write_proof(facts)
    print(f"Proven, and written into {PROOF.relative_to(ROOT)}; commit it together with the locks.")
    return 0


def _pythons() -> Iterator[tuple[str, str | None]]:
    """Yield an interpreter for each version, checking that the command really runs."""
    for version in OLDEST_PIP:
        asked = "import sys; print('%d.%d' % sys.version_info[:2], sys.base_prefix)"
        for name in (f"python{version}", "python3", sys.executable):
            if found := shutil.which(name):
                said = subprocess.run([found, "-c", asked], capture_output=True, text=True, check=False).stdout
                if said.startswith(f"{version} "):
                    yield version, found
                    break
        else:
            yield version, None


def _install_everything(version: str, python: str, environment: Mapping[str, str]) -> str:
    """Install all locks with one Python into an empty folder, and return what was used."""
    with tempfile.TemporaryDirectory(prefix=f"locks-{version}-") as name:
        folder = Path(name)
        for part in ("Makefile", RUNTIME_LOCK):
            shutil.copy(ROOT / part, folder)
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        make = ("make", f"FIND_PYTHON=echo {shlex.quote(python)}")

        def run(*command: str) -> str:
            return _run(command, folder, environment)

        run(*make, ".venv/bin/python")
        run(".venv/bin/python", "-m", "pip", "install", f"pip=={OLDEST_PIP[version]}")
        used = run(".venv/bin/python", "-c", "import pip, platform; print(platform.python_version(), pip.__version__)")
        exact, pip = used.split()
        print(f"Installing every lock with Python {exact} and pip {pip} ...", flush=True)
        run(*make, *(f"{one}/ready" for one in dict.fromkeys(ENVIRONMENTS.values())))
        run(".venv/bin/python", "-m", "venv", "--without-pip", ".venv/runtime")
        run(*shlex.split(install_commands()["UV"]), RUNTIME_LOCK, "--python", ".venv/runtime")
        for one in sorted({*ENVIRONMENTS.values(), ".venv/runtime"}):
            run(".venv/bin/uv", "pip", "check", "--python", one)
        return f"Installed with Python {exact}, pip {pip} on {platform.system()} {platform.machine()}"


def _find_wheels(environment: Mapping[str, str]) -> None:
    """Resolve every lock for other platforms; a package without a wheel makes uv fail."""
    print(f"Looking for wheels for Python {', '.join(OLDEST_PIP)} on {', '.join(PLATFORMS)} ...", flush=True)
    for lock in LOCKS:
        command = [*shlex.split(install_commands()["UV"]), lock, "--dry-run", "--target", "build/nowhere"]
        for version in OLDEST_PIP:
            for name in PLATFORMS:
                _run([*command, "--python-version", version, "--python-platform", name], ROOT, environment)


def _write_proof(facts: list[str]) -> None:
    today = dt.datetime.now(dt.UTC).date()
    commands = [f"{name}: {command}" for name, command in install_commands().items()]
    said = [f"Written by `make check-locks` on {today}. Check with: sha256sum -c", *facts, *commands]
    lines = [*(f"# {one}" for one in said), *(f"{digest}  {lock}" for lock, digest in digests().items())]
    PROOF.write_text("\n".join(lines) + "\n")


def _environment() -> dict[str, str]:
    """Return the environment without variables of a surrounding `make` or virtual environment."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "VIRTUAL_ENV"))}


def _run(command: list[str] | tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> str:
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
