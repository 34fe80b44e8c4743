"""Adjustments over HTTP."""

from collections.abc import Iterable

from chalice.app import Blueprint

from chalicelib.adjustments import service
from chalicelib.adjustments.domain import Adjustment
from chalicelib.adjustments.schemas import (
    AdjustmentOut,
    AdjustmentPage,
    AdjustmentsQuery,
    AdjustmentView,
    LeakOut,
    LeakQuery,
    NewCharge,
    NewCreditNote,
    NewDueDay,
    NewLeakAllowance,
    NewRefund,
    NewRejection,
    NewWaiver,
    NewWriteOff,
    parsed_amount,
)
from chalicelib.bills.schemas import BillOut, BillView
from chalicelib.kernel.clock import local_day
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.platform.schema import PageQuery
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_PROJECT = "/api/clients/{clientId}/projects/{projectId}"
_BILL = _PROJECT + "/bills/{billId}"
_CONNECTION = _PROJECT + "/connections/{accountNumber}"
_ADJUSTMENT = _PROJECT + "/adjustments/{adjustmentId}"
_PLACE = _PROJECT + "/adjustments/{id}"
_RATING_ERRORS = (
    "amount-too-large bad-usual-use bill-too-long missing-measure negative-use no-reading no-tariff not-rated "
    "nothing-due unknown-meter-size"
)


@endpoint(
    blueprint,
    "POST",
    _BILL + "/waivers",
    permission="late_charges.waive",
    body=NewWaiver,
    returns=AdjustmentOut,
    status=201,
    location=_PLACE,
    errors="above-due bad-amount bill-voided changed nothing-due",
)
def waive_late_charge(ctx: ProjectContext, *, bill_id: str, body: NewWaiver) -> AdjustmentOut:
    """Waive a bill's late charge of today, or a part of it, with a reason; what was charged stays on record."""
    amount = parsed_amount(body.amount, ctx.project.settings.currency) if body.amount is not None else None
    return _shown(ctx, service.waive_late_charge(ctx, bill_id=bill_id, amount=amount, reason=body.reason))


@endpoint(
    blueprint,
    "POST",
    _BILL + "/credit-notes",
    permission="adjustments.make",
    body=NewCreditNote,
    returns=AdjustmentOut,
    status=201,
    location=_PLACE,
    errors="above-bill bad-amount bill-voided changed",
)
def credit_bill(ctx: ProjectContext, *, bill_id: str, body: NewCreditNote) -> AdjustmentOut:
    """Credit an amount of a bill. What exceeds what is due on it becomes the consumer's credit.

    Above the project's limit it is pending until somebody else approves it.
    """
    amount = parsed_amount(body.amount, ctx.project.settings.currency)
    done = service.credit_bill(ctx, bill_id=bill_id, amount=amount, code=body.reason_code, reason=body.reason)
    return _shown(ctx, done)


@endpoint(
    blueprint,
    "GET",
    _BILL + "/leak-allowance",
    permission="adjustments.make",
    query=LeakQuery,
    returns=LeakOut,
    errors=_RATING_ERRORS,
)
def preview_leak_allowance(ctx: ProjectContext, *, bill_id: str, query: LeakQuery) -> LeakOut:
    """Compute the leak allowance of a bill, without crediting it."""
    allowance = service.leak_allowance(ctx, bill_id=bill_id, usual_use=query.usual_use)
    return LeakOut.of(allowance)


@endpoint(
    blueprint,
    "POST",
    _BILL + "/leak-allowances",
    permission="adjustments.make",
    body=NewLeakAllowance,
    returns=AdjustmentOut,
    status=201,
    location=_PLACE,
    errors=f"above-bill bad-amount bill-voided changed {_RATING_ERRORS}",
)
def allow_leak(ctx: ProjectContext, *, bill_id: str, body: NewLeakAllowance) -> AdjustmentOut:
    """Credit a bill with half of what its use exceeds the usual one, by its tariff."""
    return _shown(ctx, service.allow_leak(ctx, bill_id=bill_id, usual_use=body.usual_use, reason=body.reason))


@endpoint(
    blueprint,
    "POST",
    _BILL + "/write-offs",
    permission="adjustments.make",
    body=NewWriteOff,
    returns=AdjustmentOut,
    status=201,
    location=_PLACE,
    errors="bill-voided changed nothing-due",
)
def write_off_bill(ctx: ProjectContext, *, bill_id: str, body: NewWriteOff) -> AdjustmentOut:
    """Write off all that is due on a bill; late charges are waived."""
    return _shown(ctx, service.write_off_bill(ctx, bill_id=bill_id, reason=body.reason))


@endpoint(
    blueprint,
    "POST",
    _BILL + "/due-day",
    permission="adjustments.make",
    body=NewDueDay,
    returns=AdjustmentOut,
    status=201,
    location=_PLACE,
    errors="bill-voided changed due-too-early nothing-due",
)
def extend_due_day(ctx: ProjectContext, *, bill_id: str, body: NewDueDay) -> AdjustmentOut:
    """Give a bill a later due day, with a reason. Late charges that are posted stand."""
    return _shown(ctx, service.extend_due_day(ctx, bill_id=bill_id, due_on=body.due_on, reason=body.reason))


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/refunds",
    permission="adjustments.make",
    body=NewRefund,
    returns=AdjustmentOut,
    status=201,
    location=_PLACE,
    errors="above-credit bad-amount bad-method changed",
)
def refund_credit(ctx: ProjectContext, *, account_number: str, body: NewRefund) -> AdjustmentOut:
    """Pay credit of a connection's consumer back."""
    done = service.refund_credit(
        ctx,
        account=account_number,
        amount=parsed_amount(body.amount, ctx.project.settings.currency),
        method=body.method,
        reason=body.reason,
        consumer_id=body.consumer_id,
    )
    return _shown(ctx, done)


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/charges",
    permission="adjustments.make",
    body=NewCharge,
    returns=BillOut,
    status=201,
    location=_PROJECT + "/bills/{id}",
    errors="amount-too-large bad-amount bad-day changed due-too-early too-many-charges",
)
def charge_connection(ctx: ProjectContext, *, account_number: str, body: NewCharge) -> BillOut:
    """Charge an amount, such as a reconnection fee or a debit note: a bill of its own, without a reading."""
    project = ctx.project
    bill = service.charge_connection(ctx, account=account_number, charge=body.charge(project.settings.currency))
    view = BillView(bill, project, local_day(ctx.now, project.settings.timezone))
    return BillOut.of(view, bill, names=user_names(ctx.client, [bill.issued_by]))


@endpoint(
    blueprint,
    "GET",
    _PROJECT + "/adjustments",
    permission="payments.read",
    query=AdjustmentsQuery,
    returns=AdjustmentPage,
    errors="not-found",
)
def list_adjustments(ctx: ProjectContext, *, query: AdjustmentsQuery) -> AdjustmentPage:
    """List the adjustments of a connection or bill, newest first; or those that wait for a second person."""
    page = service.list_adjustments(
        ctx,
        account=query.account_number,
        bill_id=query.bill_id,
        state=query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    return AdjustmentPage(items=_all_shown(ctx, page.items), next_cursor=page.next_cursor)


@endpoint(
    blueprint,
    "GET",
    _CONNECTION + "/adjustments",
    permission="payments.read",
    or_own=True,
    query=PageQuery,
    returns=AdjustmentPage,
)
def list_adjustments_of_connection(ctx: ProjectContext, *, account_number: str, query: PageQuery) -> AdjustmentPage:
    """List the adjustments of a connection, newest first; a consumer sees only their own."""
    page = service.list_adjustments_of_connection(ctx, account=account_number, limit=query.limit, cursor=query.cursor)
    return AdjustmentPage(items=_all_shown(ctx, page.items), next_cursor=page.next_cursor)


@endpoint(blueprint, "GET", _ADJUSTMENT, permission="payments.read", or_own=True, returns=AdjustmentOut)
def get_adjustment(ctx: ProjectContext, *, adjustment_id: str) -> AdjustmentOut:
    """Show an adjustment; a consumer sees only their own."""
    return _shown(ctx, service.get_adjustment(ctx, adjustment_id=adjustment_id))


@endpoint(
    blueprint,
    "POST",
    _ADJUSTMENT + "/approval",
    permission="adjustments.make",
    returns=AdjustmentOut,
    errors="above-bill above-credit already-decided bad-amount bill-voided changed nothing-due yourself",
)
def approve_adjustment(ctx: ProjectContext, *, adjustment_id: str) -> AdjustmentOut:
    """Approve a pending adjustment that somebody else asked for, and post it as of today."""
    return _shown(ctx, service.approve_adjustment(ctx, adjustment_id=adjustment_id))


@endpoint(
    blueprint,
    "POST",
    _ADJUSTMENT + "/rejection",
    permission="adjustments.make",
    body=NewRejection,
    returns=AdjustmentOut,
    errors="already-decided changed",
)
def reject_adjustment(ctx: ProjectContext, *, adjustment_id: str, body: NewRejection) -> AdjustmentOut:
    """Reject a pending adjustment with a reason; nothing was changed."""
    return _shown(ctx, service.reject_adjustment(ctx, adjustment_id=adjustment_id, reason=body.reason))


@endpoint(
    blueprint,
    "POST",
    _ADJUSTMENT + "/reversal",
    permission="adjustments.make",
    body=NewRejection,
    returns=AdjustmentOut,
    errors="already-reversed already-used bill-voided changed due-day-changed not-posted",
)
def reverse_adjustment(ctx: ProjectContext, *, adjustment_id: str, body: NewRejection) -> AdjustmentOut:
    """Take a posted adjustment back with a reason, by a correcting entry."""
    return _shown(ctx, service.reverse_adjustment(ctx, adjustment_id=adjustment_id, reason=body.reason))


def _shown(ctx: ProjectContext, adjustment: Adjustment) -> AdjustmentOut:
    return _all_shown(ctx, [adjustment])[0]


def _all_shown(ctx: ProjectContext, found: Iterable[Adjustment]) -> tuple[AdjustmentOut, ...]:
    known = list(found)
    people = [each.asked_by for each in known]
    people += [decision.by for each in known for decision in (each.decision, each.reversal) if decision]
    names = user_names(ctx.client, people)
    currency = ctx.project.settings.currency
    return tuple(AdjustmentOut.of(AdjustmentView(each, currency), each, names=names) for each in known)
