"""What became of several payments that were sent at once."""

from collections.abc import Mapping

from chalicelib.kernel.errors import MeterbookError
from chalicelib.payments.schemas.payments import PaymentOut
from chalicelib.payments.service import Outcome
from chalicelib.platform.problems import status_of
from chalicelib.platform.schema import (
    Schema,
)


class RefusedPayment(Schema):
    """Why one of several payments was refused: as it would be if it were sent alone."""

    status: int
    code: str
    detail: str
    field: str | None


class OutcomeOut(Schema):
    """What became of one payment of several."""

    payment: PaymentOut | None
    refusal: RefusedPayment | None


class OutcomesOut(Schema):
    """What became of each payment, in the order in which they were sent."""

    taken: int
    refused: int
    results: tuple[OutcomeOut, ...]


def refused_payment(error: MeterbookError) -> RefusedPayment:
    """Return a refusal as part of an answer."""
    field = error.faults[0].field if error.faults else None
    return RefusedPayment(status=status_of(error), code=error.code, detail=str(error), field=field)


def outcome_of(outcome: Outcome, shown: Mapping[str, PaymentOut]) -> OutcomeOut:
    """Return what became of a payment as the API shows it."""
    payment = shown[outcome.payment.id] if outcome.payment else None
    return OutcomeOut(payment=payment, refusal=refused_payment(outcome.error) if outcome.error else None)
