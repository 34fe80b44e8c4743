"""Corrections over HTTP."""

from chalice.app import Blueprint

from chalicelib.bills.domain import Bill
from chalicelib.bills.schemas import BillOut, BillView
from chalicelib.corrections import service
from chalicelib.corrections.schemas import NewVoid
from chalicelib.kernel.clock import local_day
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_PROJECT = "/api/clients/{clientId}/projects/{projectId}"


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/bills/{billId}/void",
    permission="adjustments.make",
    body=NewVoid,
    returns=BillOut,
    errors="bill-voided changed later-bill not-voidable period-frozen",
)
def void_bill(ctx: ProjectContext, *, bill_id: str, body: NewVoid) -> BillOut:
    """Void a bill. It stays on record, what was paid on it becomes credit, and its reading can be billed again."""
    return _shown(ctx, service.void_bill(ctx, bill_id=bill_id, reason=body.reason))


def _shown(ctx: ProjectContext, bill: Bill) -> BillOut:
    view = BillView(bill, ctx.project, local_day(ctx.now, ctx.project.settings.timezone))
    return BillOut.of(view, bill, names=user_names(ctx.client, [bill.issued_by, bill.voided_by]))
