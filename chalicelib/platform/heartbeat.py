"""A regular sign of life during work, so that a worker's death is noticed within a minute."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from chalicelib.platform import log


@contextmanager
def heartbeat(beat: Callable[[], None], *, every: timedelta) -> Iterator[None]:
    """Call `beat` at intervals from a thread of its own, until the block ends.

    A thread, because the work may be anywhere: reading, rating, or waiting for the table. It dies with its process.
    A beat that fails is logged; the next one follows.
    """
    ended = threading.Event()

    def keep_beating() -> None:
        while not ended.wait(every.total_seconds()):
            try:
                beat()
            except Exception:  # noqa: BLE001 - the work goes on, and its own calls say what is wrong
                log.failure("heartbeat_failed")

    thread = threading.Thread(target=keep_beating, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
