"""The local AWS as `make run` needs it: it saves what changed every two seconds and never outlives its parent process.

It begins to save when the parent process has found the loaded state complete, so that a damaged one is not
overwritten. This file runs under the interpreter of .venv/local-aws, where ministack is installed, and imports
nothing of ours. Ministack itself saves only when it is stopped in order.
"""

import asyncio
import os
import signal
import sys
import threading
import time

import ministack.app as aws  # type: ignore[import-not-found]
from ministack.core.persistence import PERSIST_STATE, save_all  # type: ignore[import-not-found]

SAVE_PATH, KEEP_PATH = "/_meterbook/save", "/_meterbook/keep"
_SECONDS_BETWEEN_SAVES = 2.0
_READING = (b"Get", b"Query", b"Scan", b"Describe", b"List", b"Receive", b"BatchGet")

_serve = aws.app
_changed = False
_kept = False


async def serve(scope, receive, send):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Pass requests on, and note whether something may have changed."""
    global _changed, _kept  # noqa: PLW0603 - one process, one state
    if scope["type"] == "lifespan":
        saving = asyncio.create_task(_save_now_and_then()) if PERSIST_STATE else None
        await _serve(scope, receive, send)
        if saving:
            saving.cancel()
        return
    if scope["type"] == "http" and scope["path"] in {SAVE_PATH, KEEP_PATH}:
        _kept = True
        if scope["path"] == SAVE_PATH:
            _save()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    await _serve(scope, receive, send)
    if scope["type"] == "http" and scope["method"] != "GET" and not _only_reads(scope["headers"]):
        _changed = True


def _only_reads(headers) -> bool:  # type: ignore[no-untyped-def] # noqa: ANN001
    target: bytes = dict(headers).get(b"x-amz-target", b"")
    return target.rpartition(b".")[2].startswith(_READING)


async def _save_now_and_then() -> None:
    """Save between two requests: they run on the same loop, so no transaction is ever half saved."""
    global _changed  # noqa: PLW0603
    pause = _SECONDS_BETWEEN_SAVES
    while True:
        await asyncio.sleep(pause)
        if _changed and _kept:
            _changed = False
            started = time.monotonic()
            _save()
            # A large state takes longer to write: never spend more than a tenth of the time on it.
            pause = max(_SECONDS_BETWEEN_SAVES, 10 * (time.monotonic() - started))


def _save() -> None:
    save_all(aws._build_persistence_save_dict())  # noqa: SLF001 - ministack has no public way to save


def _stop_with_starter() -> None:
    """Stop when standard input ends, a pipe whose other end the parent process has."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_stop_with_starter, daemon=True).start()
    aws.app = serve
    sys.argv = ["ministack"]
    aws.main()
