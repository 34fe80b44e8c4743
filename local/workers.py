"""The threads that play Lambda: one for each queue, one for the schedules."""

import threading
import time
from collections.abc import Sequence

from chalice.app import Chalice

from chalicelib.platform import log
from local import events
from local.events import QueueHandler, ScheduledHandler

_POLL_SECONDS = 1  # the longest time that a stop takes when the queues are empty
_AFTER_TROUBLE_SECONDS = 2
_FINISH_SECONDS = 120


class Workers:
    """The threads that run beside the API."""

    def __init__(self, app: Chalice) -> None:
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._poll, args=(target,), name=target.name, daemon=True)
            for target in events.queue_handlers(app)
        ]
        schedules = events.scheduled_handlers(app)
        if schedules:
            self._threads.append(
                threading.Thread(target=self._keep_time, args=(schedules,), name="schedules", daemon=True)
            )

    def start(self) -> None:
        """Begin to poll and to tick."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each worker finish its current messages, and then end."""
        self._stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_FINISH_SECONDS)

    def _poll(self, target: QueueHandler) -> None:
        while not self._stopping.is_set():
            try:
                url = events.queue_url(target.queue)
                messages = events.receive(url, at_most=target.batch_size, wait_seconds=_POLL_SECONDS)
                if messages:
                    events.delete(url, events.deliver(target, messages))
            except Exception:  # noqa: BLE001 - as in Lambda: the message stays, and comes back after its time
                log.failure("delivery_failed", job=target.name)
                self._stopping.wait(_AFTER_TROUBLE_SECONDS)

    def _keep_time(self, schedules: Sequence[ScheduledHandler]) -> None:
        due = {target.name: time.monotonic() for target in schedules}
        while not self._stopping.wait(0.5):
            for target in schedules:
                if time.monotonic() >= due[target.name]:
                    due[target.name] += target.every_seconds
                    self._tick(target)

    @staticmethod
    def _tick(target: ScheduledHandler) -> None:
        try:
            events.tick(target)
        except Exception:  # noqa: BLE001 - as in Lambda: the next tick tries again
            log.failure("schedule_failed", job=target.name)
