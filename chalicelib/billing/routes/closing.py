"""Handing connections over and closing them, which bills their holders, over HTTP."""

from chalicelib.billing import service
from chalicelib.billing.routes.common import blueprint
from chalicelib.billing.schemas.closing import ClosingOut, ClosingView, Closure, HandOver, MeterInstallation
from chalicelib.billing.service import ClosingResult
from chalicelib.platform.http import endpoint
from chalicelib.tenancy.domain import ProjectContext

_CONNECTION = "/api/clients/{clientId}/projects/{projectId}/connections/{accountNumber}"
# What making any bill may refuse.
_BILL_ERRORS = "amount-too-large bill-too-long missing-measure no-tariff not-rated unknown-meter-size "
_READ_ERRORS = (
    "already-read before-installed below-previous changed future-date implausible-reading impossible-reading "
    "not-after-last nothing-to-estimate-by period-frozen reading-missing reading-waits register-missing "
    "too-many-readings undelivered-measure unknown-register wrong-order wrong-status "
)


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/closure",
    permission="connections.manage",
    body=Closure,
    returns=ClosingOut,
    errors=_BILL_ERRORS + _READ_ERRORS + "use-unread",
)
def close_connection(ctx: ProjectContext, *, account_number: str, body: Closure) -> ClosingOut:
    """Close a connection for good, with a final reading and its bill."""
    return _shown(service.close(ctx, account=account_number, on=body.on, reason=body.reason, final=body.final()))


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/handovers",
    permission="connections.manage",
    body=HandOver,
    returns=ClosingOut,
    errors=_BILL_ERRORS + _READ_ERRORS + "consumer-given consumer-not-active",
)
def hand_over(ctx: ProjectContext, *, account_number: str, body: HandOver) -> ClosingOut:
    """Hand a connection over to another consumer, with a final reading and bill for the former one."""
    result = service.hand_over(
        ctx,
        account=account_number,
        consumer_id=body.consumer_id,
        on=body.on,
        reason=body.reason,
        final=body.final(),
    )
    return _shown(result)


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/meter-installations",
    permission="connections.manage",
    body=MeterInstallation,
    returns=ClosingOut,
    errors=_BILL_ERRORS + "bad-number bad-register changed future-date has-meter impossible-reading meter-taken "
    "period-frozen undelivered-measure unknown-brand wrong-order wrong-status",
)
def install_meter(ctx: ProjectContext, *, account_number: str, body: MeterInstallation) -> ClosingOut:
    """Put the first meter on a connection that had none, and bill the days of the period without it."""
    return _shown(service.install_meter(ctx, account=account_number, meter=body.to_domain(), reason=body.reason))


def _shown(result: ClosingResult) -> ClosingOut:
    return ClosingOut.of(ClosingView(result), result.connection)
