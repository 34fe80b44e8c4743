"""What DynamoDB says of a single write of several that failed, and whether to send it again."""

import random
import time
from typing import Final

# The codes of BatchStatementError and of CancellationReason that say nothing against the write itself. The other ones,
# such as ValidationError or DuplicateItem, come again however often it is sent. A write that an InternalServerError
# was said of may have been made: an insert that is sent again is then a duplicate, and stays as it is.
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
    """Wait before the next attempt: at random, up to twice as long after each one, from 0.05 seconds on."""
    time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, not a secret
