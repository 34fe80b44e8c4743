"""Payments in the table: by bill and account in the account's own partition, by their month in an index."""

from collections.abc import Iterable

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.payments.domain import Payment, PaymentMethod, PaymentSource
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import DayAttribute, InstantAttribute, IntAttribute, LiteralAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert
from chalicelib.tenancy.domain import Project

_READ_AT_ONCE = 100


class PaymentItem(TableItem):
    # Account, period, revision and number are part of the keys.
    consumer_id = UnicodeAttribute(attr_name="cu", null=True)
    amount_minor = IntAttribute(attr_name="am")
    currency = UnicodeAttribute(attr_name="cy")
    paid_on = DayAttribute(attr_name="po")
    method = LiteralAttribute(PaymentMethod, attr_name="mt")
    check_number = UnicodeAttribute(attr_name="cn", null=True)
    reference = UnicodeAttribute(attr_name="rf", null=True)
    notes = UnicodeAttribute(attr_name="nt", null=True)
    source = LiteralAttribute(PaymentSource, attr_name="so")
    origin = UnicodeAttribute(attr_name="og")
    recorded_by = UnicodeAttribute(attr_name="rb")
    recorded_at = InstantAttribute(attr_name="at")


def payment_insert_write(project: Project, payment: Payment) -> Action:
    """Build the write of a new payment. Label: `payment`."""
    return insert("payment", _item(project, payment), subject=payment.account)


def find_payment(project: Project, account: str, period: Period, revision: int, number: str) -> Payment | None:
    key = keys.payment(project.client, project.id, account, period, revision, number)
    item = dynamo.find(PaymentItem, key)
    return _payment(item) if item else None


def standing(project: Project, payments: Iterable[Payment]) -> dict[str, Payment]:
    """Return the payments that are stored, by id. Strongly consistent."""
    found: dict[str, Payment] = {}
    for batch in bulk.batches(payments, _READ_AT_ONCE):
        for raw in bulk.read_together([_key(project, one) for one in batch]).values():
            if item := dynamo.parsed(PaymentItem, raw):
                payment = _payment(item)
                found[payment.id] = payment
    return found


def bill_page(
    project: Project, account: str, period: Period, revision: int, *, limit: int, cursor: str | None
) -> Page[Payment]:
    """Read one page of a bill's payments by day, oldest first. Eventually consistent."""
    partition = keys.payments_by_day(project.client, project.id, account)
    prefix = keys.payment_day_place(period, revision, None, "")
    return _page(dynamo.page_of(PaymentItem, partition, prefix, limit=limit, cursor=cursor, index="worklist"))


def account_page(project: Project, account: str, *, limit: int, cursor: str | None) -> Page[Payment]:
    """Read one page of an account's payments by bill and day, newest first. Eventually consistent."""
    partition = keys.payments_by_day(project.client, project.id, account)
    return _page(
        dynamo.page_of(PaymentItem, partition, "", limit=limit, cursor=cursor, index="worklist", newest_first=True)
    )


def month_page(project: Project, month: Period, *, limit: int, cursor: str | None) -> Page[Payment]:
    """Read one page of a month's payments, newest first. Eventually consistent."""
    partition, _ = keys.paid_in_month(project.client, project.id, month.first_day, "", "")
    return _page(
        dynamo.page_of(PaymentItem, partition, "", limit=limit, cursor=cursor, index="account", newest_first=True)
    )


def _page(page: Page[PaymentItem]) -> Page[Payment]:
    return Page(tuple(_payment(item) for item in page.items), page.next_cursor)


def _key(project: Project, payment: Payment) -> keys.Key:
    place = (payment.account, payment.period, payment.revision, payment.number)
    return keys.payment(project.client, project.id, *place)


def _item(project: Project, payment: Payment) -> PaymentItem:
    month, place = keys.paid_in_month(project.client, project.id, payment.paid_on, payment.account, payment.number)
    return to_item(
        PaymentItem,
        _key(project, payment),
        payment,
        g1p=month,
        g1s=place,
        g2p=keys.payments_by_day(project.client, project.id, payment.account),
        g2s=keys.payment_day_place(payment.period, payment.revision, payment.paid_on, payment.number),
        amount_minor=payment.amount.minor,
        currency=payment.amount.currency,
    )


def _payment(item: PaymentItem) -> Payment:
    _, period, revision, number = item.sk.split("#")
    return to_entity(
        Payment,
        item,
        number=number,
        account=item.pk.rpartition("#")[2],
        period=Period.parse(period),
        revision=int(revision),
        amount=Money(item.amount_minor, item.currency),
    )
