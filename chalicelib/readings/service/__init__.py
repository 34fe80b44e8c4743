"""The use cases of readings."""

from chalicelib.readings.service.confirming import Confirmations, confirm_pending, confirm_reading
from chalicelib.readings.service.importing import (
    ask_for_upload,
    get_import,
    get_report,
    list_imports,
    parse_file_key,
    run_import,
)
from chalicelib.readings.service.period import (
    find_run_of,
    freeze_period,
    get_balance,
    release_period,
    shard_readings,
)
from chalicelib.readings.service.taking import correct_reading, get_reading, list_pending, list_readings, take_reading

__all__ = [
    "Confirmations",
    "ask_for_upload",
    "confirm_pending",
    "confirm_reading",
    "correct_reading",
    "find_run_of",
    "freeze_period",
    "get_balance",
    "get_import",
    "get_reading",
    "get_report",
    "list_imports",
    "list_pending",
    "list_readings",
    "parse_file_key",
    "release_period",
    "run_import",
    "shard_readings",
    "take_reading",
]
