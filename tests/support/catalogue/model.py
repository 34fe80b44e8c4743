"""What the catalogue says of an operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tests.support.http import Api, Reply

if TYPE_CHECKING:
    from tests.support.catalogue.sandbox import Place

Row = tuple[str, str]  # method and path
Things = Mapping[str, Any]

PUBLIC, SIGNED_IN = "(public)", "(signed in)"
CLIENT = "/api/clients/{clientId}"
PROJECT = CLIENT + "/projects/{projectId}"

Body = dict[str, Any] | Callable[[Things, int], Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that will succeed, who sends it, and another body that would succeed at the same address."""

    by: Api
    method: str
    path: str
    body: Any = None
    other: Any = None

    def send(self, *, body: object = None, key: str | None = None) -> Reply:
        """Send it, or another body in its place."""
        return self.by.send(
            self.method, self.path, self.body if body is None else body, {"Idempotency-Key": key} if key else None
        )


@dataclass(frozen=True, slots=True)
class Operation:
    """Who may send an operation, and what a good request of it is.

    `permission` is PUBLIC, SIGNED_IN or a permission; with `or_own` the permission's `.own` form is enough where the
    thing belongs to the caller's consumer. `on` creates what the request needs: ids of the path by name, and what the
    body names. `other` is a second good body, as changes of the first. `leaves` are the actions in the audit log.
    `elsewhere` is what a user of another area sends to a path that names nothing, and the status of the answer.
    """

    permission: str
    or_own: bool = False
    on: "Callable[[Place], Things] | None" = None
    body: Body | None = None
    other: Body | None = None
    by: Literal["admin", "consumer", "newcomer"] = "admin"
    leaves: frozenset[str] = frozenset()
    elsewhere: tuple[dict[str, Any], int] | None = None

    def body_of(self, things: Things, *, number: int) -> Any:  # noqa: ANN401
        """Build the body of a request on some things."""
        return self.body(things, number) if callable(self.body) else self.body

    def other_of(self, things: Things, *, number: int) -> Any:  # noqa: ANN401
        """Build the second body, for an operation that creates something."""
        if self.other is None:
            return None
        changes = self.other(things, number) if callable(self.other) else self.other
        return self.body_of(things, number=number) | changes
