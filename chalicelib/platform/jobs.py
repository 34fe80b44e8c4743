"""What all functions except the API share: their Context, and log lines of their start and end.

Chalice's middleware does not run for these functions once deployed, so each handler carries this decorator itself.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from chalicelib.kernel.context import Actor, Context
from chalicelib.platform import clock, log

Result = TypeVar("Result")


class TenantsFailed(Exception):
    """A job failed for some tenants, which the log names, and did its work for the others."""


def job(name: str) -> Callable[[Callable[[Any], Result]], Callable[[Any], Result]]:
    """Decorate an event handler: log its start, end and failure. The exception is raised again, so that AWS retries."""

    def decorate(handler: Callable[[Any], Result]) -> Callable[[Any], Result]:
        @wraps(handler)
        def run(event: Any) -> Result:  # noqa: ANN401
            started = time.monotonic()
            try:
                result = handler(event)
            except Exception:
                log.failure("job_failed", job=name)
                raise
            log.event("job_done", job=name, duration_ms=int((time.monotonic() - started) * 1000))
            return result

        return run

    return decorate


def for_each_tenant(name: str, tenants: Sequence[tuple[str, str]], work: Callable[[str, str], None]) -> None:
    """Do a job's work for each tenant; if it fails for one, continue with the others.

    It begins at a random tenant, so that a function that runs out of time does not always skip the same ones.

    :raises TenantsFailed: at the end, if it failed for any, so that the alarm is raised and AWS retries.
    """
    start = secrets.randbelow(len(tenants)) if tenants else 0
    failed = 0
    for client, project in (*tenants[start:], *tenants[:start]):
        try:
            work(client, project)
        except Exception:  # noqa: BLE001 - whatever is wrong with one tenant is not the others' trouble
            failed += 1
            log.failure("tenant_failed", job=name, client=client, project=project)
    if failed:
        raise TenantsFailed(f"{name} failed for {failed} of {len(tenants)} tenants")


def job_actor(name: str) -> Actor:
    """Return the job as an actor, who may do anything in its tenant."""
    return Actor(id=f"job:{name}", role="job", permissions=frozenset())


def job_context(name: str, *, client: str, project: str) -> Context:
    """Build the Context of a job, with the job as the actor."""
    return Context(
        client=client,
        project_id=project,
        actor=job_actor(name),
        now=clock.now(),
        new_id=clock.fresh_id,
        read_clock=clock.now,
    )
