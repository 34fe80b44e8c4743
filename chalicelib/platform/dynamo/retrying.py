"""Which failed writes of a batch or transaction are worth a retry, and how long to wait before it."""

import random
import time
from typing import Final

# Codes of BatchStatementError and CancellationReason that are worth a retry. Others, such as ValidationError or
# DuplicateItem, would come again each time. A write that got an InternalServerError may have been made: an insert
# that is sent again is then a duplicate, which changes nothing.
RETRIED: Final = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)


def pause(attempt: int) -> None:
    """Wait a random time before the next attempt: up to 0.05 seconds, and up to twice as long after each attempt."""
    time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, not a secret
