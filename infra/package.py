"""Builds the deployment: `python -m infra.package build` writes one zip and one CloudFormation template.

Chalice makes both; around it this module
- installs the locked dependencies itself, checked by hash and for Lambda's platform, where Chalice would fetch some of
  them a second time without hashes and carry on if one is missing;
- gives Chalice a clean copy of the sources, because it packs everything in chalicelib/;
- adds byte code that Lambda need not check or write (/var/task is read-only), which halves a cold start;
- leaves out descriptions of AWS services that no code calls (most of the zip), and unused parts of Powertools;
- gives every entry the same date, so that the same sources make the same zip.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ROOT / "infra" / "resources.yaml"
SHIPPED = frozenset({".py", ".json", ".gz", ".txt"})  # code, tariffs and presets, the API's page and its licences
SERVICES = frozenset({"dynamodb", "s3", "sesv2", "sqs", "ssm"})  # of AWS, that the code calls
# The largest parts of a library that no code of ours imports: a web framework with pictures, and what it reads.
UNUSED = tuple(
    f"aws_lambda_powertools/{part}" for part in ("event_handler", "utilities/data_classes", "utilities/parser")
)

_CACHE = ROOT / "build" / "dependencies"
_PLATFORMS = ("manylinux_2_17_x86_64", "manylinux2014_x86_64")  # the oldest glibc of any Lambda runtime
# Lambda's runtime, fixed: with another Python the same commit would give another, untested release.
RUNTIME = "python3.13"
_STAGES = ROOT / ".chalice" / "config.json"
_LAMBDA_LIMIT_BYTES = 250 * 1024 * 1024  # unzipped


@dataclass(frozen=True, slots=True)
class Package:
    """What was built, and how large the code is."""

    template: Path
    code: Path
    zipped_bytes: int
    unzipped_bytes: int


def build(out: Path, *, stage: str, runtime: str = RUNTIME) -> Package:
    """Write `template.json` and `deployment.zip` for one stage into a folder.

    :raises RuntimeError: for a stage that is not configured, if this Python is not the runtime's, if pip or Chalice
        fails, with its output, or if the code is larger than Lambda accepts.
    """
    _check(stage, runtime)
    out.mkdir(parents=True, exist_ok=True)
    sources = _copy_sources(out / "sources", _install_dependencies())
    _run_chalice(sources, out, stage)
    template = out / "template.json"
    # JSON, because Chalice's YAML has aliases, which CloudFormation refuses; without spaces, because it takes 1 MB.
    template.write_text(json.dumps(yaml.safe_load((out / "sam.yaml").read_text()), separators=(",", ":")) + "\n")
    code = out / "deployment.zip"
    unzipped = _finish_zip(code, out / "code")
    for leftover in (sources, out / "code"):
        shutil.rmtree(leftover)
    (out / "sam.yaml").unlink()
    if unzipped > _LAMBDA_LIMIT_BYTES:
        raise RuntimeError(f"the code is {unzipped} bytes unzipped; Lambda takes at most {_LAMBDA_LIMIT_BYTES}")
    return Package(template, code, code.stat().st_size, unzipped)


def running_python() -> str:
    """Return the Lambda runtime of this Python, which decides for Chalice, pip and the byte code."""
    return f"python{sys.version_info[0]}.{sys.version_info[1]}"


def _check(stage: str, runtime: str) -> None:
    stages = json.loads(_STAGES.read_text())["stages"]
    if stage not in stages:  # Chalice would accept any name, and package it with defaults
        raise RuntimeError(f"there is no stage {stage}: .chalice/config.json has {', '.join(stages)}")
    if runtime != running_python():
        raise RuntimeError(
            f"the runtime is {runtime}, and .venv has {running_python()}: delete .venv and run make install with "
            f"{runtime} first on the path, or package for the other one: make package RUNTIME={running_python()}"
        )


def _install_dependencies() -> Path:
    """Install the packages of requirements.txt, once for each state of that file and Python version."""
    version = ".".join(map(str, sys.version_info[:2]))
    recipe = (ROOT / "requirements.txt").read_bytes() + Path(__file__).read_bytes()
    target = _CACHE / f"{hashlib.sha256(recipe).hexdigest()[:16]}-python{version}"
    if target.exists():
        return target
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    platforms = [word for platform in _PLATFORMS for word in ("--platform", platform)]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    what = ["--no-deps", "--require-hashes", "--requirement", str(ROOT / "requirements.txt")]
    for_lambda = ["--only-binary=:all:", "--python-version", version, *platforms, "--target", str(fresh)]
    _run([*pip, *what, *for_lambda], dict(os.environ))
    shutil.rmtree(fresh / "bin", ignore_errors=True)
    for folder in (fresh / "botocore" / "data").iterdir():
        if folder.is_dir() and folder.name not in SERVICES:
            shutil.rmtree(folder)
    for part in UNUSED:
        shutil.rmtree(fresh / part)
    _add_byte_code([fresh], fresh)
    fresh.replace(target)
    return target


def _copy_sources(target: Path, dependencies: Path) -> Path:
    """Copy the sources to a project for Chalice: no stray files, and the dependencies under vendor/."""
    shutil.rmtree(target, ignore_errors=True)
    (target / ".chalice").mkdir(parents=True)
    shutil.copy(ROOT / "app.py", target)
    for settings in (ROOT / ".chalice").glob("*.json"):
        shutil.copy(settings, target / ".chalice")
    for file in (ROOT / "chalicelib").rglob("*"):
        if file.suffix in SHIPPED:
            copy = target / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
    (target / "vendor").symlink_to(dependencies)
    return target


def _run_chalice(sources: Path, out: Path, stage: str) -> None:
    environment = {  # nothing else of this machine, so that the package is the same everywhere
        "PATH": os.environ.get("PATH", os.defpath),
        "AWS_DEFAULT_REGION": "us-east-1",  # Chalice requires one, but does not use it
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    chalice = [str(Path(sys.executable).with_name("chalice")), "--project-dir", str(sources)]
    _run([*chalice, "package", "--stage", stage, "--merge-template", str(RESOURCES), str(out.resolve())], environment)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} {command[1]} failed:\n{done.stdout}{done.stderr}")


def _finish_zip(code: Path, folder: Path) -> int:
    """Add byte code, rewrite the zip (same content, same zip) and return its unzipped size."""
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(code) as chalices:
        chalices.extractall(folder)
    _add_byte_code([folder / ours for ours in ("app.py", "chalice", "chalicelib")], folder)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    with zipfile.ZipFile(code, "w") as final:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix())  # dated 1980-01-01
            entry.external_attr = 0o100644 << 16
            final.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return sum(file.stat().st_size for file in files)


def _add_byte_code(code: Sequence[Path], root: Path) -> None:
    """Compile files and folders to byte code that is never checked against its source.

    It runs in a process of its own, because byte code depends on the strings that the process interned before.
    """
    options = ["-q", "-s", str(root), "-p", "/var/task"]  # where Lambda puts the code: what a traceback shows
    compiler = [sys.executable, "-P", "-m", "compileall", *options, "--invalidation-mode", "unchecked-hash"]
    _run([*compiler, *map(str, code)], {"PYTHONHASHSEED": "0"})


def main() -> None:
    """Build from the command line and print what was built."""
    arguments = argparse.ArgumentParser(description="Build what is deployed")
    arguments.add_argument("out", type=Path, help="the folder to write to")
    arguments.add_argument("--stage", default="prod", help="a stage of .chalice/config.json")
    arguments.add_argument("--runtime", default=RUNTIME, help="the Lambda runtime, which must be this very Python's")
    given = arguments.parse_args()
    try:
        package = build(given.out, stage=given.stage, runtime=given.runtime)
    except RuntimeError as error:
        sys.exit(str(error))
    sys.stdout.write(
        f"{package.code}: {package.zipped_bytes / 1e6:.1f} MB, {package.unzipped_bytes / 1e6:.1f} MB unzipped, "
        f"for {given.runtime} on x86_64\n"
        f"{package.template}: deploy it as docs/runbook.md says\n"
    )


if __name__ == "__main__":
    main()
