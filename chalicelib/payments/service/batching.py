"""Take many payments in one request, each by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.kernel.errors import MeterbookError
from chalicelib.payments.domain import Payment
from chalicelib.payments.service.standing import Order
from chalicelib.payments.service.taking import record_payment
from chalicelib.tenancy.domain import ProjectContext


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one payment of several: it was taken, or refused."""

    payment: Payment | None
    error: MeterbookError | None


def record_payments(ctx: ProjectContext, *, orders: Sequence[Order | MeterbookError]) -> list[Outcome]:
    """Take several payments, one after the other; one that is refused, or was not understood, stops no other.

    A repeated request takes those that the first one did not reach.
    """
    ids = [ctx.new_id() for _ in orders]
    outcomes = []
    for order, payment_id in zip(orders, ids, strict=True):
        if isinstance(order, MeterbookError):
            outcomes.append(Outcome(None, order))
            continue
        try:
            outcomes.append(Outcome(record_payment(ctx, order=order, payment_id=payment_id), None))
        except MeterbookError as error:
            outcomes.append(Outcome(None, error))
    return outcomes
