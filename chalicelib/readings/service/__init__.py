"""The use cases of readings."""

from chalicelib.readings.domain.recording import advanced
from chalicelib.readings.service.closing import final_reading, final_reading_writes, last_reading
from chalicelib.readings.service.confirming import Confirmations, confirm_pending, confirm_reading
from chalicelib.readings.service.estimating import Estimates, estimate_reading, estimate_unread, list_unread
from chalicelib.readings.service.history import get_reading, list_pending, list_readings
from chalicelib.readings.service.importing import run_import
from chalicelib.readings.service.period import (
    billed_days,
    find_run_of,
    get_balance,
    period_freeze_write,
    period_open_check,
    period_release_write,
    reading_change_write,
    reading_unchanged_check,
    readings_of,
    readings_of_account,
    round_of_account,
    shard_readings,
)
from chalicelib.readings.service.recording import (
    correct_reading,
    migration_writes,
    reading_before,
    take_reading,
    withdraw_reading,
)
from chalicelib.readings.service.rounds import billed_ids, get_round, last_visits, note_visit
from chalicelib.readings.service.writes import frozen, reading_insert_writes

__all__ = [
    "Confirmations",
    "Estimates",
    "advanced",
    "billed_days",
    "billed_ids",
    "confirm_pending",
    "confirm_reading",
    "correct_reading",
    "estimate_reading",
    "estimate_unread",
    "final_reading",
    "final_reading_writes",
    "find_run_of",
    "frozen",
    "get_balance",
    "get_reading",
    "get_round",
    "last_reading",
    "last_visits",
    "list_pending",
    "list_readings",
    "list_unread",
    "migration_writes",
    "note_visit",
    "period_freeze_write",
    "period_open_check",
    "period_release_write",
    "reading_before",
    "reading_change_write",
    "reading_insert_writes",
    "reading_unchanged_check",
    "readings_of",
    "readings_of_account",
    "round_of_account",
    "run_import",
    "shard_readings",
    "take_reading",
    "withdraw_reading",
]
