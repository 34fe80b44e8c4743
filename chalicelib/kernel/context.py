"""Who asks, for which tenant, when: handed to every use case as its first argument."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Self

from chalicelib.kernel.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or job that acts.

    `consumer_id` is set for consumers, who see only their own things, `session_id` for signed-in users. `areas` are the
    codes of those that the permissions end at: none of them is nothing at all, None is the whole tenant.
    """

    id: str
    role: str
    permissions: frozenset[str]
    consumer_id: str | None = None
    session_id: str | None = None
    areas: tuple[str, ...] | None = None

    def may(self, permission: str) -> bool:
        """Return whether the actor holds the permission, be it only in their areas."""
        return permission in self.permissions

    def may_own(self, permission: str) -> bool:
        """Return whether the actor holds the permission at least for what belongs to them."""
        return self.may(permission) or f"{permission}.own" in self.permissions

    def owns(self, consumer_id: str | None) -> bool:
        """Return whether something of that consumer belongs to the actor."""
        return consumer_id is not None and consumer_id == self.consumer_id


@dataclass(frozen=True, slots=True)
class Context:
    """The setting of one use case. `now` is an aware instant; `new_id` gives a fresh identifier at each call.

    `now` is when the use case began. What happens after long work is of a later moment: see `at_this_moment`.
    `address` and `agent` say where a request came from, as far as it tells; both are personal and never logged.
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
        """Return the same setting with the present instant, for what ends after long work."""
        return replace(self, now=self.read_clock()) if self.read_clock else self

    def in_project(self, project_id: str) -> "Context":
        """Return the same setting in one project of the client."""
        return Context(**self.facts() | {"project_id": project_id})

    def facts(self) -> dict[str, Any]:
        """Return the fields of the plain Context by name, also of one that knows more."""
        return {field.name: getattr(self, field.name) for field in fields(Context)}

    def require(self, permission: str, *, or_own: bool = False) -> None:
        """Stop an actor without the permission (with `or_own`, without even its .own form).

        :raises Forbidden: naming the permission that is missing.
        """
        if not (self.actor.may_own(permission) if or_own else self.actor.may(permission)):
            raise Forbidden("forbidden", f"your role does not include {permission}")
