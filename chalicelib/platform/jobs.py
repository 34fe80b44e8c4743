"""What every function that is not the API shares: its own Context and a log line of how it ended.

Chalice's middleware does not run for these functions once deployed, so each handler carries this decorator itself.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from chalicelib.kernel.context import Actor, Context
from chalicelib.platform import clock, log

Result = TypeVar("Result")


def job(name: str) -> Callable[[Callable[[Any], Result]], Callable[[Any], Result]]:
    """Log the start, end and failure of an event handler; a failure goes on, so that AWS retries."""

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


def job_actor(name: str) -> Actor:
    """Name the job itself as who does what it does; it may do anything in its tenant."""
    return Actor(id=f"job:{name}", role="job", permissions=frozenset())


def job_context(name: str, *, client: str, project: str) -> Context:
    """Make the Context of a job: the actor is the job itself."""
    return Context(
        client=client,
        project_id=project,
        actor=job_actor(name),
        now=clock.now(),
        new_id=clock.fresh_id,
    )
