"""Every operation of the API as tests know it: who may send it, a good request, and what it leaves in the audit log.

The matrix of roles, the tests of repetition, of crashes, of the audit log, of permissions and of the log all read it.
An operation that is missing fails `tests/http/test_policy.py`, one that writes and says nothing of it
`tests/idempotency/test_audited.py`.
"""

from tests.support.catalogue.model import CLIENT, PROJECT, PUBLIC, SIGNED_IN, Operation, Request, Row
from tests.support.catalogue.operations import CATALOGUE, PAGES
from tests.support.catalogue.sandbox import Place, Sandbox, open_sandbox

# Operations whose requests create something, each with a second good body.
CREATING = sorted(row for row, operation in CATALOGUE.items() if operation.other is not None)
# Operations that change something or delete it.
CHANGING = sorted(row for row, operation in CATALOGUE.items() if operation.leaves and operation.other is None)

__all__ = (
    "CATALOGUE", "CHANGING", "CLIENT", "CREATING", "PAGES", "PROJECT", "PUBLIC", "SIGNED_IN", "Operation", "Place",
    "Request", "Row", "Sandbox", "fitting_body", "good_request", "open_sandbox",
)  # fmt: skip


def good_request(sandbox: Sandbox, row: Row, number: int) -> Request:
    """Build a request that will succeed, on things created for it; a number is used once in a sandbox.

    :raises KeyError: if the catalogue has no request for the operation.
    """
    return Place(sandbox, number).request(row, CATALOGUE[row])


def fitting_body(row: Row, *, consumer_id: str) -> object:
    """Return a body that an operation on one thing accepts, so that the thing itself is looked for."""
    return CATALOGUE[row].body_of({"consumerId": consumer_id}, number=99)
