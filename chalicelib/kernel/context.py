"""The actor, the tenant and the time of a request: the first argument of every use case."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Self

from chalicelib.kernel.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, device or job that acts.

    `consumer_id` is set for consumers, who see only their own data, `session_id` for signed-in users. `areas` are the
    codes of the areas that the permissions are limited to: an empty tuple gives access to nothing, None to the whole
    tenant.
    """

    id: str
    role: str
    permissions: frozenset[str]
    consumer_id: str | None = None
    session_id: str | None = None
    areas: tuple[str, ...] | None = None

    def may(self, permission: str) -> bool:
        """Return whether the actor has the permission, perhaps only in their areas."""
        return permission in self.permissions

    def may_own(self, permission: str) -> bool:
        """Return whether the actor has the permission at least for their own data."""
        return self.may(permission) or f"{permission}.own" in self.permissions

    def owns(self, consumer_id: str | None) -> bool:
        """Return whether the actor is this consumer."""
        return consumer_id is not None and consumer_id == self.consumer_id


@dataclass(frozen=True, slots=True)
class Context:
    """What a use case knows about its caller. `now` is an aware instant; `new_id` returns a new id at each call.

    `now` is when the use case began. For what happens after long work, see `at_this_moment`.
    `address` and `agent` are the request's network address and browser, if known; both are personal and never logged.
    `request_key` is the caller's Idempotency-Key: ids derive from it, so a repeated request finds its own work.
    """

    client: str
    actor: Actor
    now: datetime
    new_id: Callable[[], str]
    project_id: str = ""
    request_id: str = ""
    request_key: str | None = None
    address: str = ""
    agent: str = ""
    read_clock: Callable[[], datetime] | None = None

    def at_this_moment(self) -> Self:
        """Return the same context with the present instant, to date the end of long work."""
        return replace(self, now=self.read_clock()) if self.read_clock else self

    def in_project(self, project_id: str) -> "Context":
        """Return the same context for one project of the client."""
        return Context(**self.facts() | {"project_id": project_id})

    def facts(self) -> dict[str, Any]:
        """Return the fields of Context by name, without those that a subclass adds."""
        return {field.name: getattr(self, field.name) for field in fields(Context)}

    def require(self, permission: str, *, or_own: bool = False) -> None:
        """Check that the actor has the permission (with `or_own`, or its .own form).

        :raises Forbidden: naming the permission that is missing.
        """
        if not (self.actor.may_own(permission) if or_own else self.actor.may(permission)):
            raise Forbidden("forbidden", f"your role does not include {permission}")
