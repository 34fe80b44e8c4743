"""Sell units in advance, and show what is left of them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

from chalicelib.audit import service as audit
from chalicelib.bills.domain import rated, with_history
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection, ConnectionTerms
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.money import LARGEST_MINOR, Money
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform.transaction import Action, Refused
from chalicelib.prepaid import repository
from chalicelib.prepaid.domain import (
    USUAL_STEP,
    PrepaidBalance,
    PrepaidSale,
    after_sale,
    first_balance,
    units_for,
)
from chalicelib.readings.domain.rounds import group_of
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import Rating, TariffBook, Usage
from chalicelib.tenancy.domain import Project, ProjectContext


def sell_units(ctx: ProjectContext, *, account: str, amount: str, currency: str) -> PrepaidSale:
    """Sell as many units as an amount buys in this month; what buys nothing is given back as change.

    Seven write units. The same request again gets the same sale.

    :raises NotFound: for an unknown connection.
    :raises Invalid: for an amount that buys nothing, or if no tariff prices the units.
    :raises Conflict: if the connection is not active, its tariff is not prepaid, or others are sold to it meanwhile.
    """
    project, sale_id = ctx.project, ctx.new_id()
    received = _received(project, amount, currency)
    connection = connections.get_connection(ctx, account=account)
    before, standing = repository.find_balance_and_sale(project, connection.account, sale_id)
    if standing is not None:
        return standing
    if connection.status != "active":
        raise Conflict("not-active", f"connection {connection.account} is {connection.status}: nothing is sold to it")
    today = local_day(ctx.now, project.settings.timezone)
    month = _month_of(project, connection, today)
    terms = connection.terms_on(today)
    book = tariffs.tariff_book(project, until_day=month.shifted(1).first_day)
    tariff = book.version_on(today, terms.consumer_class, tariff_id=terms.tariff_id).tariff
    if not tariff.prepaid:
        raise Conflict(
            "not-prepaid", f"the tariff {tariff.id} of connection {connection.account} is billed by readings"
        )
    balance = before or first_balance(connection, month, project.settings.currency)
    units_before, paid = balance.sold_in(month)
    usual = _usage(project, connection, terms, month, today, book)
    step = tariff.quantity_rounding.step if tariff.quantity_rounding else USUAL_STEP

    @cache
    def price_of(units: Decimal) -> Rating:
        return rated(book, terms, replace(usual, quantity=units))

    units, price = units_for(
        lambda units: price_of(units).total, before=units_before, paid=paid, received=received, step=step
    )
    sale = PrepaidSale(
        id=sale_id,
        account=connection.account,
        consumer_id=connection.consumer_id,
        month=month,
        units=units,
        unit=project.settings.unit,
        received=received,
        price=price,
        month_units=units_before + units,
        tariff_id=tariff.id,
        tariff_version=tariff.version,
        digest=price_of(units_before + units).digest,
        sold_by=ctx.actor.id,
        sold_at=ctx.now,
    )
    after = after_sale(balance, sale, connection)
    try:
        repository.insert_sale(project, sale, after, before=before, entry=_audit_write(ctx, sale))
    except Refused:
        stored = repository.find_sale(project, connection.account, sale_id)
        if stored is not None:
            return stored
        message = "units were sold to this connection at the same moment, so the price is another; send it again"
        raise Conflict("changed", message) from None
    return sale


def get_balance(ctx: ProjectContext, *, account: str) -> tuple[Connection, PrepaidBalance]:
    """Return the prepaid units of a connection that the actor may see.

    :raises NotFound: for any other connection, or one that nothing was sold to.
    """
    connection = connections.get_connection(ctx, account=account)
    balance = repository.find_balance(ctx.project, connection.account)
    if balance is None:
        raise NotFound("not-found", f"nothing was sold to connection {connection.account} in advance")
    return connection, balance


def get_sale(ctx: ProjectContext, *, account: str, sale_id: str) -> PrepaidSale:
    """Return a sale that the actor may see; a consumer sees only their own.

    :raises NotFound: for any other.
    """
    connection = connections.get_connection(ctx, account=account)
    sale = repository.find_sale(ctx.project, connection.account, known_ulid(sale_id, "sale"))
    if sale is None or not _may_see(ctx, sale):
        raise NotFound("not-found", "there is no sale with this id")
    return sale


def list_sales(ctx: ProjectContext, *, account: str, limit: int, cursor: str | None) -> Page[PrepaidSale]:
    """List the sales to a connection, newest first, one page at a time; a consumer sees only their own.

    :raises NotFound: for an unknown connection, or another consumer's.
    """
    connection = connections.get_connection(ctx, account=account)
    page = repository.sales_page(ctx.project, connection.account, limit=limit, cursor=cursor)
    return Page(tuple(sale for sale in page.items if _may_see(ctx, sale)), page.next_cursor)


def _may_see(ctx: ProjectContext, sale: PrepaidSale) -> bool:
    return ctx.actor.may("payments.read") or ctx.actor.owns(sale.consumer_id)


def _received(project: Project, amount: str, currency: str) -> Money:
    ours = project.settings.currency
    if currency != ours:
        raise Invalid("bad-amount", f"units are sold for {ours} here, not for {currency}", field="currency")
    try:
        received = Money.parse(amount, currency)
    except Invalid as error:
        raise Invalid(error.code, str(error), field="amount") from None
    if not 0 < received.minor <= LARGEST_MINOR:
        raise Invalid("bad-amount", f"above zero, and {Money(LARGEST_MINOR, currency)} at the most", field="amount")
    return received


def _month_of(project: Project, connection: Connection, today: date) -> Period:
    month = Period.of(today)
    return group_of(project, connection, month).frequency.period_of(month)


def _usage(
    project: Project, connection: Connection, terms: ConnectionTerms, month: Period, today: date, book: TariffBook
) -> Usage:
    """Return the usage of a whole month before its first unit, as a bill of the connection would have it."""
    group, facts = group_of(project, connection, month), terms.facts
    usage = Usage(
        quantity=Decimal(0),
        unit=project.settings.unit,
        first_day=project.first_day_of(month, group),
        until_day=month.shifted(1).first_day,
        months=group.months,
        consumer_class=terms.consumer_class,
        meter_size=facts.meter_size,
        dwelling_units=facts.dwelling_units,
        winter_average=facts.winter_average,
        flags=facts.all_flags,
        measures={**facts.all_measures, **tariffs.factors_of(project, month)},
    )
    return with_history(project, usage, connection, book, period=month, until=today)


def _audit_write(ctx: ProjectContext, sale: PrepaidSale) -> Action:
    facts: dict[str, object] = {
        "units": sale.units,
        "received": sale.received,
        "price": sale.price,
        "currency": sale.received.currency,
        "month": sale.month,
    }
    subject = ("prepaid-sale", f"{ctx.project_id}.{sale.account}.{sale.id}")
    return audit.entry_write(ctx, action="prepaid.sold", subject=subject, after=facts)
