"""`make run`: everything on this machine, until Ctrl-C."""

import signal
import sys
import threading
from types import FrameType

from local import aws

_stop = threading.Event()


def _ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
    _stop.set()


if __name__ == "__main__":
    for _each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(_each, _ask_to_stop)
    aws.leave_own_account()
    # Only now: chalicelib reads parts of the environment when it is imported.
    from local.runner import main

    sys.exit(main(_stop))
