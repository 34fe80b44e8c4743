"""Begin to take money: whether it was taken before, the number of its receipt, and the cashier's open session."""

from dataclasses import dataclass
from datetime import date

from chalicelib.cashiers import service as cashiers
from chalicelib.cashiers.domain import CASH, Movement, Till
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.payments import repository
from chalicelib.payments.domain import Payment, Tender
from chalicelib.payments.service.numbering import ReceiptPlan, receipt_plan
from chalicelib.platform.transaction import Action, Refused
from chalicelib.tenancy.domain import Project, ProjectContext


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a payment begins from: itself, if it is stored; how its receipt is numbered; the session that counts it."""

    stored: Payment | None
    plan: ReceiptPlan
    last: int
    till: Till | None

    @property
    def session_id(self) -> str | None:
        return self.till.session_id if self.till else None

    def counting_writes(self, project: Project, payment: Payment) -> list[Action]:
        """Build the write that counts a payment in the open session, if there is one. Two write units."""
        if self.till is None:
            return []
        amount, change = payment.amount.minor, payment.change.minor
        moved = Movement(flow="taken", method=payment.method, amount=amount, change=change)
        return [cashiers.movement_write(project, self.till, moved)]


def begin(ctx: ProjectContext, *, tender: Tender, payment_id: str, day: date, at_counter: bool = True) -> Beginning:
    """Read what a payment begins from in one request; in two, if the open session is at another desk than the first.

    :raises Invalid: for a given receipt number that is none, or cash at another desk than that of the open session.
    :raises Conflict: if the project wants an open session, and the actor has none.
    """
    project, place = ctx.project, cashiers.till_key(ctx.project, ctx.actor.id)
    plan = receipt_plan(project, tender, day)
    stored, last, raw = repository.find_with_series(project, payment_id, plan.series, also=place)
    till = cashiers.till_from(raw) if at_counter else None  # no cashier holds what a bank or gateway received
    if at_counter and stored is None and till is None and project.settings.payments.sessions == "required":
        raise Conflict("no-session", "money is taken in a cashier session here: open one at your desk first")
    if stored or till is None or till.desk == plan.desk:
        return Beginning(stored, plan, last, till)
    if tender.desk is None:
        here = receipt_plan(project, tender, day, desk=till.desk)
        number = repository.last_number(project, here.series) if here.series else 0
        return Beginning(None, here, number if here.series != plan.series else last, till)
    if tender.method == CASH:
        message = f"your cashier session is open at desk {till.desk}: cash goes there; leave the desk out"
        raise Invalid("other-desk", message, field="desk")
    return Beginning(stored, plan, last, till)


def check_still_open(refused: Refused) -> None:
    """Check that it was not the closing of the session that refused a payment. One that is stored is no loss.

    :raises Conflict: if it was.
    """
    if "till" in refused.labels and "payment" not in refused.labels:
        raise Conflict("session-closed", "your cashier session was closed meanwhile: it takes nothing more")


def check_number_free(refused: Refused, tender: Tender) -> None:
    """Check that a payment was not refused because another one has the receipt number that was given for it.

    :raises Conflict: if it was. A number of a series is taken anew instead.
    """
    if "receipt number" in refused.labels and tender.receipt_number is not None:
        message = f"receipt {tender.receipt_number} is taken by another payment; give the number of this one"
        raise Conflict("receipt-taken", message, field="receiptNumber")
