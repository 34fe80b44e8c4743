"""Find open sessions, and count in them what payments do: in the payment's own transaction."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.cashiers import repository
from chalicelib.cashiers.domain import Movement, Till
from chalicelib.platform import keys
from chalicelib.platform.keys import Key
from chalicelib.platform.transaction import Action
from chalicelib.tenancy.domain import Project


def till_key(project: Project, cashier: str) -> Key:
    """Return the key of a cashier's till, to read it in one request with other items."""
    return keys.till(project.client, project.id, cashier)


def till_from(raw: Mapping[str, Any] | None) -> Till | None:
    """Return the till that was read as a raw item; None if its cashier has no session open."""
    return repository.till_from(raw)


def tills_of(project: Project, cashiers: Iterable[str]) -> dict[str, Till]:
    """Return the tills of those cashiers who have a session open. One read unit each."""
    return repository.tills_of(project, cashiers)


def movement_write(project: Project, till: Till, moved: Movement) -> Action:
    """Build the write that counts a movement, for the transaction that makes it. Two write units.

    Label: `till`, refused if the session was closed since its till was read.
    """
    return repository.movement_write(project, till, moved)
