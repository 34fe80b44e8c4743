"""The error tree. A message tells the caller what to change; HTTP status is decided in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a request: its path in the body (`charges.0.rate`), or a parameter's name.

    None means the request as a whole.
    """

    field: str | None
    message: str


class MeterbookError(Exception):
    """A request that cannot be executed as sent.

    `code` is stable and machine-readable; `str(error)` is for the person who reads it. `field` is the field at
    fault, in the API's words; where several are, `faults` has one entry for each.
    """

    def __init__(self, code: str, message: str, *, field: str | None = None, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.faults = faults or ((Fault(field, message),) if field else ())


class Invalid(MeterbookError):
    """The request itself is wrong: change it and send it again."""


class Unauthenticated(MeterbookError):
    """The caller is not known: sign in."""


class Forbidden(MeterbookError):
    """The caller is known, but may not do this."""


class NotFound(MeterbookError):
    """It does not exist, or the caller may not see it (such as another tenant's data)."""


class Conflict(MeterbookError):
    """The request is valid, but the stored state does not allow it."""


class TooMany(MeterbookError):
    """Too many requests: wait for `retry_after_seconds` and try again."""

    def __init__(self, code: str, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(code, message)
        self.retry_after_seconds = retry_after_seconds


class TryLater(MeterbookError):
    """Nothing was changed; the same request may succeed in a moment."""
