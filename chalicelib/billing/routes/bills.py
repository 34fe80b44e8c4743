"""Billing one reading over HTTP."""

from chalicelib.billing import service
from chalicelib.billing.routes.common import blueprint
from chalicelib.bills.schemas import BillOut, BillView, NewBill
from chalicelib.kernel.clock import local_day
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.tenancy.domain import ProjectContext

_BILLS = "/api/clients/{clientId}/projects/{projectId}/bills"


@endpoint(
    blueprint,
    "POST",
    _BILLS,
    permission="bills.generate",
    body=NewBill,
    returns=BillOut,
    status=201,
    location=_BILLS + "/{id}",
    errors="amount-too-large bad-day bill-too-long billed changed due-too-early missing-measure never-billed "
    "no-connection no-tariff not-confirmed not-last-month not-rated period-frozen unknown-meter-size withdrawn",
)
def bill_reading(ctx: ProjectContext, *, body: NewBill) -> BillOut:
    """Bill one confirmed reading at once."""
    project, bill = service.bill_reading(ctx, reading_id=body.reading_id, billed_on=body.billed_on, due_on=body.due_on)
    view = BillView(bill, project, local_day(ctx.now, project.settings.timezone))
    return BillOut.of(view, bill, names=user_names(ctx.client, [bill.issued_by]))
