"""The folder that keeps the laptop's state between runs: the local AWS's files, the signing keys, a lock."""

import fcntl
import json
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

from local.aws import ROOT
from local.trouble import Trouble

_PATIENCE_SECONDS = 3
_FORMER_LOGS = 5
# The form of what the table holds: it changes when this version can't read what an older one stored.
_FORM = "2"


@dataclass(frozen=True, slots=True)
class StateFolder:
    """An open state folder; `lock` is the file descriptor that locks it."""

    path: Path
    lock: int

    @property
    def log(self) -> Path:
        return self.path / "meterbook.log"

    @property
    def aws_log(self) -> Path:
        return self.path / "aws.log"

    def set_logs_aside(self) -> None:
        """Rotate the logs of the last runs: meterbook.log.1 is the previous run's, meterbook.log.5 the oldest."""
        for log in (self.log, self.aws_log):
            names = [log, *(log.with_name(f"{log.name}.{number}") for number in range(1, _FORMER_LOGS + 1))]
            for newer, older in reversed(list(pairwise(names))):
                if newer.exists():
                    newer.replace(older)

    @property
    def _applied(self) -> Path:
        return self.path / "applied"

    @property
    def _form(self) -> Path:
        return self.path / "form"

    @staticmethod
    def _read(path: Path) -> str | None:
        return path.read_text().strip() if path.exists() else None

    @property
    def _demo_began(self) -> Path:
        return self.path / "demo-began"

    def applied_template(self) -> str | None:
        """Return the hash of the template that the state was made with, or None if there is no state yet.

        :raises Trouble: if an older version made them, or the existing files can't be read.
        """
        saved = self.path / "aws"
        if not self._applied.exists():
            # A first start that failed before creating its resources left nothing to keep.
            shutil.rmtree(saved, ignore_errors=True)
            shutil.rmtree(self.path / "aws-files", ignore_errors=True)
            return None
        if self._read(self._form) != _FORM:
            raise Trouble(
                "the state was made by an older version of Meterbook, which stored readings and bills differently; "
                f"remove it and start again: rm -r {self.path}"
            )
        # The local AWS treats a file that it can't read as empty, and would overwrite it.
        for file in saved.glob("*.json"):
            try:
                json.loads(file.read_bytes())
            except (OSError, ValueError):
                raise self.damaged(f"{file.name} can't be read") from None
        return self._applied.read_text().strip()

    def is_saved_since(self, instant: float) -> bool:
        """Return whether the table was written to disk after an instant (seconds of time.time()).

        The local AWS does not report that it can't save.
        """
        table = self.path / "aws" / "dynamodb.json"
        return table.exists() and table.stat().st_mtime > instant - 1

    def note_applied(self, template_print: str) -> None:
        """Record that the state has the resources of a template."""
        _write_privately(self._form, _FORM)
        _write_privately(self._applied, template_print)

    def demo_began_at(self) -> datetime | None:
        """Return the instant at which the loading of the demo began, or None if none is known.

        :raises Trouble: if it can't be read.
        """
        return self._instant(self._demo_began)

    def note_demo_began(self, instant: datetime) -> None:
        """Record when the loading of the demo began, so that an interrupted one continues with that instant."""
        _write_privately(self._demo_began, instant.isoformat())

    def last_moment_of(self, day: date) -> datetime | None:
        """Return the clock's last time in a run with that METERBOOK_TODAY, or None if there was none.

        :raises Trouble: if it can't be read.
        """
        return self._instant(self._clock_of(day))

    def note_moment(self, day: date, instant: datetime) -> None:
        """Save the clock's time in a run with that METERBOOK_TODAY, so that the next run continues from it."""
        _write_privately(self._clock_of(day), instant.isoformat())

    def _clock_of(self, day: date) -> Path:
        return self.path / f"clock-{day}"

    def _instant(self, path: Path) -> datetime | None:
        try:
            return datetime.fromisoformat(path.read_text()) if path.exists() else None
        except ValueError:
            raise self.damaged(f"{path.name} holds no instant") from None

    def token_keys(self) -> str:
        """Return the signing keys of this laptop, generated once.

        :raises Trouble: if they are damaged, or gone from a state that was made with them.
        """
        return self._keys("token-keys.json")

    def root_keys(self) -> str:
        """Return the root keys of this laptop, generated once.

        :raises Trouble: if they are damaged, or gone from a state that was made with them.
        """
        return self._keys("root-keys.json")

    def _keys(self, name: str) -> str:
        path = self.path / name
        if not path.exists() and self._applied.exists():
            # With new keys, no seal would verify and no device could push, without any explanation.
            raise Trouble(
                f"{path} is missing, though the state was made with it; put it back, or remove the state and start "
                f"again: rm -r {self.path}"
            )
        if not path.exists():
            _write_privately(path, json.dumps({"local": secrets.token_urlsafe(48)}))
        text = path.read_text()
        try:
            keys = json.loads(text)
            if not keys or any(len(secret) < 32 for secret in keys.values()):
                raise ValueError
        except (ValueError, AttributeError, TypeError):
            raise self.damaged(f"{path.name} holds no keys") from None
        return text

    def damaged(self, what: str) -> Trouble:
        """Return the error for a damaged state, with what to do about it."""
        return Trouble(f"the state folder is damaged ({what}); remove it and start again: rm -r {self.path}")


def open_state() -> StateFolder:
    """Open the state folder (.local, or what METERBOOK_STATE names) for this process alone.

    :raises Trouble: if it can't be made, or another run has it.
    """
    path = Path(os.environ.get("METERBOOK_STATE") or ROOT / ".local").absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Trouble(f"the state folder {path} can't be used: {error.strerror}; make room for it") from None
    if not _locked(lock):
        os.close(lock)
        raise Trouble(f"Meterbook already runs here ({path} is in use); stop that one first")
    return StateFolder(path, lock)


def _locked(lock: int) -> bool:
    """Lock the folder, if possible; a local AWS whose run was killed needs a moment to release it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        else:
            return True


def _write_privately(path: Path, text: str) -> None:
    """Write a small file atomically, readable for its owner only."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    fresh.replace(path)
