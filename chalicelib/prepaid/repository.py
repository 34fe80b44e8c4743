"""Prepaid units in the table: a connection's balance, and its sales, in a partition of their own."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import DecimalAttribute, InstantAttribute, IntAttribute, PeriodAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert, put, transact
from chalicelib.prepaid.domain import PrepaidBalance, PrepaidSale
from chalicelib.tenancy.domain import Project


class PrepaidBalanceItem(TableItem):
    bought = DecimalAttribute()
    month = PeriodAttribute()
    month_units = DecimalAttribute()
    month_paid_minor = IntAttribute()
    currency = UnicodeAttribute()
    used_before = DecimalAttribute()
    since = PeriodAttribute(null=True)
    version = IntAttribute()


class PrepaidSaleItem(TableItem):
    # Account and id are part of the keys.
    consumer_id = UnicodeAttribute(null=True)
    month = PeriodAttribute()
    units = DecimalAttribute()
    unit = UnicodeAttribute()
    received_minor = IntAttribute()
    price_minor = IntAttribute()
    currency = UnicodeAttribute()
    month_units = DecimalAttribute()
    tariff_id = UnicodeAttribute()
    tariff_version = IntAttribute()
    digest = UnicodeAttribute()
    sold_by = UnicodeAttribute()
    sold_at = InstantAttribute()


def find_balance_and_sale(
    project: Project, account: str, sale_id: str
) -> tuple[PrepaidBalance | None, PrepaidSale | None]:
    """Return a connection's balance, and a sale, as they are now: one request, a unit each."""
    place, sold = keys.prepaid_balance(project.client, project.id, account), _sale_key(project, account, sale_id)
    found = bulk.read_together([place, sold])
    balance = dynamo.parsed(PrepaidBalanceItem, found.get(place))
    sale = dynamo.parsed(PrepaidSaleItem, found.get(sold))
    return _balance(balance) if balance else None, _sale(sale) if sale else None


def find_balance(project: Project, account: str) -> PrepaidBalance | None:
    item = dynamo.find(PrepaidBalanceItem, keys.prepaid_balance(project.client, project.id, account))
    return _balance(item) if item else None


def find_sale(project: Project, account: str, sale_id: str) -> PrepaidSale | None:
    item = dynamo.find(PrepaidSaleItem, _sale_key(project, account, sale_id))
    return _sale(item) if item else None


def insert_sale(
    project: Project, sale: PrepaidSale, balance: PrepaidBalance, *, before: PrepaidBalance | None, entry: Action
) -> None:
    """Write a sale and the balance after it, in one transaction.

    :raises Refused: label `sale`, if it is stored; label `balance`, if another sale changed it meanwhile.
    """
    transact([insert("sale", _sale_item(project, sale)), _balance_write(project, balance, before), entry])


def sales_page(project: Project, account: str, *, limit: int, cursor: str | None) -> Page[PrepaidSale]:
    """Read one page of a connection's sales, newest first."""
    partition, prefix = _sale_key(project, account, "")
    page = dynamo.page_of(PrepaidSaleItem, partition, prefix, limit=limit, cursor=cursor, newest_first=True)
    return Page(tuple(map(_sale, page.items)), page.next_cursor)


def _balance_write(project: Project, balance: PrepaidBalance, before: PrepaidBalance | None) -> Action:
    key = keys.prepaid_balance(project.client, project.id, balance.account)
    as_read = PrepaidBalanceItem.pk.does_not_exist() if before is None else PrepaidBalanceItem.version == before.version
    paid = balance.month_paid
    item = to_item(PrepaidBalanceItem, key, balance, month_paid_minor=paid.minor, currency=paid.currency)
    return put("balance", item, as_read)


def _sale_key(project: Project, account: str, sale_id: str) -> keys.Key:
    return keys.prepaid_sale(project.client, project.id, account, sale_id)


def _sale_item(project: Project, sale: PrepaidSale) -> PrepaidSaleItem:
    return to_item(
        PrepaidSaleItem,
        _sale_key(project, sale.account, sale.id),
        sale,
        received_minor=sale.received.minor,
        price_minor=sale.price.minor,
        currency=sale.received.currency,
    )


def _sale(item: PrepaidSaleItem) -> PrepaidSale:
    return to_entity(
        PrepaidSale,
        item,
        id=item.sk.partition("#")[2],
        account=item.pk.rpartition("#")[2],
        received=Money(item.received_minor, item.currency),
        price=Money(item.price_minor, item.currency),
    )


def _balance(item: PrepaidBalanceItem) -> PrepaidBalance:
    paid = Money(item.month_paid_minor, item.currency)
    return to_entity(PrepaidBalance, item, account=item.pk.rpartition("#")[2], month_paid=paid)
