"""The use cases of readings."""

from chalicelib.readings.service.common import moved_on
from chalicelib.readings.service.confirming import Confirmations, confirm_pending, confirm_reading
from chalicelib.readings.service.importing import run_import
from chalicelib.readings.service.period import (
    find_run_of,
    freeze_period,
    get_balance,
    period_is_open,
    release_period,
    shard_readings,
)
from chalicelib.readings.service.taking import (
    correct_reading,
    get_reading,
    list_pending,
    list_readings,
    migrated,
    take_reading,
)

__all__ = [
    "Confirmations",
    "confirm_pending",
    "confirm_reading",
    "correct_reading",
    "find_run_of",
    "freeze_period",
    "get_balance",
    "get_reading",
    "list_pending",
    "list_readings",
    "migrated",
    "moved_on",
    "period_is_open",
    "release_period",
    "run_import",
    "shard_readings",
    "take_reading",
]
