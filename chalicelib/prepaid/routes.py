"""Prepaid units over HTTP."""

from chalice.app import Blueprint

from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.platform.schema import PageQuery
from chalicelib.prepaid import service
from chalicelib.prepaid.domain import PrepaidSale
from chalicelib.prepaid.schemas import BalanceView, NewSale, PrepaidOut, SaleOut, SalePage
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_CONNECTION = "/api/clients/{clientId}/projects/{projectId}/connections/{accountNumber}"
_SALES = _CONNECTION + "/prepaid-sales"


@endpoint(
    blueprint,
    "POST",
    _SALES,
    permission="prepaid.sell",
    body=NewSale,
    returns=SaleOut,
    status=201,
    location=_SALES + "/{id}",
    errors="amount-too-large bad-amount bill-too-long changed missing-measure no-tariff not-active not-prepaid "
    "not-rated unknown-currency unknown-meter-size",
)
def sell_units(ctx: ProjectContext, *, account_number: str, body: NewSale) -> SaleOut:
    """Sell units in advance for money; the rest that buys nothing is given back."""
    sale = service.sell_units(ctx, account=account_number, amount=body.amount, currency=body.currency)
    return _shown(ctx, sale)[0]


@endpoint(blueprint, "GET", _SALES, permission="payments.read", or_own=True, query=PageQuery, returns=SalePage)
def list_prepaid_sales(ctx: ProjectContext, *, account_number: str, query: PageQuery) -> SalePage:
    """List what was sold to a connection in advance, newest first; a consumer sees only their own."""
    page = service.list_sales(ctx, account=account_number, limit=query.limit, cursor=query.cursor)
    return SalePage(items=_shown(ctx, *page.items), next_cursor=page.next_cursor)


@endpoint(blueprint, "GET", _SALES + "/{saleId}", permission="payments.read", or_own=True, returns=SaleOut)
def get_prepaid_sale(ctx: ProjectContext, *, account_number: str, sale_id: str) -> SaleOut:
    """Show what was sold; a consumer sees only their own."""
    return _shown(ctx, service.get_sale(ctx, account=account_number, sale_id=sale_id))[0]


@endpoint(blueprint, "GET", _CONNECTION + "/prepaid", permission="payments.read", or_own=True, returns=PrepaidOut)
def get_prepaid(ctx: ProjectContext, *, account_number: str) -> PrepaidOut:
    """Show the units of a connection that were bought, used and are left; a consumer sees only their own."""
    connection, balance = service.get_balance(ctx, account=account_number)
    return PrepaidOut.of(BalanceView(balance, connection, ctx.project.settings.unit), balance)


def _shown(ctx: ProjectContext, *sales: PrepaidSale) -> tuple[SaleOut, ...]:
    names = user_names(ctx.client, [sale.sold_by for sale in sales])
    return tuple(SaleOut.of(sale, names=names) for sale in sales)
