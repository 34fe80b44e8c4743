"""The use cases of billing: runs, and the acts that end a holder's or a connection's time with a bill."""

from chalicelib.billing.service.closing import ClosingResult, FinalReading, close, hand_over, install_meter
from chalicelib.billing.service.one import bill_reading
from chalicelib.billing.service.runs import (
    generate_chunks,
    get_run,
    hide_message,
    list_exceptions,
    list_runs,
    plan_run,
    resume_runs,
    start_run,
)

__all__ = [
    "ClosingResult",
    "FinalReading",
    "bill_reading",
    "close",
    "generate_chunks",
    "get_run",
    "hand_over",
    "hide_message",
    "install_meter",
    "list_exceptions",
    "list_runs",
    "plan_run",
    "resume_runs",
    "start_run",
]
