"""The lock files are whole, were installed as they are now, and stay installable whatever else is released.

The slow proof, installing all of them into empty environments, is `make check-locks`; here its result is compared.
"""

import ensurepip
import hashlib
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra import locks

ROOT = locks.ROOT
INSTALLED = [(lock, environment) for lock, environment in locks.ENVIRONMENTS.items() if lock != "requirements/uv.txt"]
# Where a lock must name all that is needed: what markers ask about, for each Python and platform that we support.
MACHINES = [
    {"python_version": version, "python_full_version": f"{version}.0", **platform}
    for version in locks.OLDEST_PIP
    for platform in (
        {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
        {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64"},
        {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
    )
]


@dataclass(frozen=True)
class Entry:
    """A package as a lock names it."""

    name: str
    version: str
    marker: Marker | None
    hashes: frozenset[str]

    def is_for(self, machine: dict[str, str]) -> bool:
        return self.marker is None or self.marker.evaluate(machine)


def entries(lock: str) -> list[Entry]:
    """Read a lock: a line for each package (or two, for different machines), followed by its hashes."""
    found: list[Entry] = []
    for text in re.split(r"^(?=[A-Za-z0-9])", (ROOT / lock).read_text(), flags=re.MULTILINE):
        if not text.strip() or text.startswith("#"):
            continue
        asked = Requirement(text.splitlines()[0].removesuffix("\\").strip())
        (pin,) = asked.specifier
        assert pin.operator == "==", text
        hashes = frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", text))
        found.append(Entry(canonicalize_name(asked.name), pin.version, asked.marker, hashes))
    return found


def for_machine(lock: str, machine: dict[str, str]) -> dict[str, Entry]:
    """Return what a lock installs on a machine, by name; two versions of one package could not be installed."""
    chosen = [one for one in entries(lock) if one.is_for(machine)]
    by_name = {one.name: one for one in chosen}
    assert len(by_name) == len(chosen)
    return by_name


def asked_for(lock: str) -> Iterator[Requirement]:
    """Read what a lock was made from, files that it includes too."""
    source = ROOT / ("requirements/runtime.in" if lock == locks.RUNTIME_LOCK else lock.replace(".txt", ".in"))
    for line in source.read_text().splitlines():
        if line.startswith("-r "):
            yield from asked_for(locks.RUNTIME_LOCK)
        elif line.strip() and not line.startswith(("#", "-c ")):
            yield Requirement(line)


def installed(environment: str) -> dict[str, Distribution]:
    folders = [str(path) for path in (ROOT / environment / "lib").glob("python*/site-packages")]
    return {canonicalize_name(one.name): one for one in distributions(path=folders)}


@cache
def needs(environment: str) -> dict[str, list[Requirement]]:
    """Return what each installed package says that it needs."""
    known = installed(environment)
    return {name: [Requirement(text) for text in one.requires or ()] for name, one in known.items()}


def missing(lock: str, environment: str, machine: dict[str, str]) -> list[str]:
    """List what packages of a lock need on a machine, and the lock does not name as they need it.

    Of a package that is not installed here (it is for other machines only) nothing is known but its name.
    """
    locked, known = for_machine(lock, machine), needs(environment)
    faults: list[str] = []
    waiting = [("", one) for one in asked_for(lock)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        asker, asked = waiting.pop()
        name = canonicalize_name(asked.name)
        entry = locked.get(name)
        if entry is None or not asked.specifier.contains(entry.version, prereleases=True):
            faults.append(f"{asker} needs {asked}")
            continue
        extras = frozenset({"", *asked.extras})
        if (name, extras) in seen or name not in known:
            continue
        seen.add((name, extras))
        waiting += [(name, needed) for needed in known[name] if is_asked(needed, machine, extras)]
    return faults


def is_asked(needed: Requirement, machine: dict[str, str], extras: Iterable[str]) -> bool:
    return needed.marker is None or any(needed.marker.evaluate(machine | {"extra": extra}) for extra in extras)


def test_the_locks_were_installed_as_they_are_now() -> None:
    digests, commands = locks.proven()

    assert digests == locks.digests(), "a lock file changed since it was last installed: run make check-locks"
    assert commands == locks.install_commands(), "the Makefile installs otherwise now: run make check-locks"


@pytest.mark.parametrize("lock", locks.LOCKS)
def test_every_package_of_a_lock_has_its_hashes(lock: str) -> None:
    locked = entries(lock)

    assert locked
    assert [one.name for one in locked if not one.hashes] == []


@pytest.mark.parametrize(("lock", "environment"), INSTALLED, ids=lambda each: Path(each).stem)
def test_a_lock_names_everything_that_its_packages_need(lock: str, environment: str) -> None:
    here = {name: one.version for name, one in installed(environment).items()}
    locked = {name: one.version for name, one in for_machine(lock, {}).items()}
    assert locked.items() <= here.items(), "the environment is older than its lock: run make install"

    assert {fault for machine in MACHINES for fault in missing(lock, environment, machine)} == set()


def test_what_is_deployed_is_tested_in_the_same_version() -> None:
    assert set(entries(locks.RUNTIME_LOCK)) <= set(entries("requirements/dev.txt"))


@dataclass(frozen=True)
class Index:
    """A folder of wheels: `plugin` asks for `counter` with an extra, as pytest-cov asks for coverage[toml]."""

    folder: Path
    hashes: dict[str, str] = field(default_factory=dict)

    @property
    def lock(self) -> Path:
        return self.folder / "lock.txt"

    def publish(self, name: str, version: str, *requires: str) -> None:
        wheel, info = self.folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
        about = [f"Name: {name}", f"Version: {version}", "Provides-Extra: toml"]
        with zipfile.ZipFile(wheel, "w") as out:
            out.writestr(f"{name}.py", "")
            needed = [f"Requires-Dist: {one}" for one in requires]
            out.writestr(f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", *about, *needed, ""]))
            out.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            out.writestr(f"{info}/RECORD", "")
        self.hashes[f"{name}=={version}"] = hashlib.sha256(wheel.read_bytes()).hexdigest()

    def write_lock(self) -> None:
        self.lock.write_text("".join(f"{pin} --hash=sha256:{digest}\n" for pin, digest in self.hashes.items()))

    def install(self, command: list[str], *more: str) -> tuple[dict[str, str], str]:
        """Install the lock into an empty folder from this index alone; return what is there, and what was said."""
        target = self.folder / f"target-{len(list(self.folder.iterdir()))}"
        target.mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
        done = subprocess.run(
            [*command, str(self.lock), "--no-index", "--find-links", str(self.folder), "--target", str(target), *more],
            cwd=ROOT,
            env=environment | {"PIP_CONFIG_FILE": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )
        return {one.name: one.version for one in distributions(path=[str(target)])}, done.stderr


LOCKED = {"plugin": "1.0", "counter": "1.0", "reader": "1.0"}


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """An index from which a lock was made."""
    made = Index(tmp_path)
    made.publish("plugin", "1.0", "counter[toml]>=0.5")
    made.publish("counter", "1.0", 'reader; extra == "toml"')
    made.publish("reader", "1.0")
    made.write_lock()
    return made


@pytest.fixture(scope="module")
def pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pip that this Python puts into a new virtual environment."""
    (wheel,) = Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")
    folder = tmp_path_factory.mktemp("pip")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder / "pip"


@pytest.fixture(params=["PIP", "UV"])
def command(request: pytest.FixtureRequest, pip: Path) -> list[str]:
    """Each of the Makefile's install commands."""
    words = shlex.split(locks.install_commands()[request.param])
    if request.param == "UV":
        return words
    assert words[:2] == ["-m", "pip"]
    return [sys.executable, str(pip), *words[2:]]


def test_a_newer_release_in_the_index_changes_nothing(index: Index, command: list[str]) -> None:
    index.publish("counter", "2.0", 'reader; extra == "toml"', "another")

    found, said = index.install(command)

    assert found == LOCKED, said


def test_a_wheel_that_is_not_the_locked_one_is_refused(index: Index, command: list[str]) -> None:
    index.publish("counter", "1.0", "another")

    _, said = index.install(command)

    assert "hash" in said.lower()
    assert "counter" in said


def test_installed_with_resolving_the_same_lock_stops_working(index: Index, pip: Path) -> None:
    """The way of before: it shows that the index of these tests can break an installation."""
    version = (pip / "__init__.py").read_text().split('__version__ = "')[1].split('"')[0]
    if int(version.split(".")[0]) >= 24:
        pytest.skip(f"pip {version} no longer insists on the newest release")
    resolving = [sys.executable, str(pip), "install", "--disable-pip-version-check", "--require-hashes", "-r"]
    before, said = index.install(resolving)
    assert before == LOCKED, said

    index.publish("counter", "2.0", 'reader; extra == "toml"')

    after, said = index.install(resolving)
    assert after == {}
    assert "counter[toml]>=0.5" in said
