"""Payments in the table: by id, by their month, and by their receipt's number; the series that number receipts."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.payments.domain import Payment, PaymentFilter, PaymentSource, Reversal, Share
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import (
    DayAttribute,
    DocumentAttribute,
    InstantAttribute,
    IntAttribute,
    LiteralAttribute,
    TableItem,
)
from chalicelib.platform.keys import Key
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert, put, update
from chalicelib.tenancy.domain import Project

_READ_AT_ONCE = 100

RawItem = Mapping[str, Any] | None


class PaymentItem(TableItem):
    # The id is part of the key.
    account = UnicodeAttribute(attr_name="ac")
    consumer_id = UnicodeAttribute(attr_name="cu", null=True)
    consumer_name = UnicodeAttribute(attr_name="cn")
    amount_minor = IntAttribute(attr_name="am")
    received_minor = IntAttribute(attr_name="rc")
    currency = UnicodeAttribute(attr_name="cy")
    paid_on = DayAttribute(attr_name="po")
    booked_on = DayAttribute(attr_name="bo")
    method = UnicodeAttribute(attr_name="mt")
    shares = DocumentAttribute(tuple[Share, ...], attr_name="sh", null=True)
    credit_minor = IntAttribute(attr_name="cr", null=True)
    deposit_minor = IntAttribute(attr_name="de", null=True)
    receipt_number = UnicodeAttribute(attr_name="no", null=True)
    desk = UnicodeAttribute(attr_name="dk", null=True)
    cashier_session_id = UnicodeAttribute(attr_name="se", null=True)
    check_number = UnicodeAttribute(attr_name="ck", null=True)
    upi_id = UnicodeAttribute(attr_name="up", null=True)
    reference = UnicodeAttribute(attr_name="rf", null=True)
    notes = UnicodeAttribute(attr_name="nt", null=True)
    waiver_reason = UnicodeAttribute(attr_name="wr", null=True)
    source = LiteralAttribute(PaymentSource, attr_name="so", null=True)
    origin = UnicodeAttribute(attr_name="og", null=True)
    reversal = DocumentAttribute(Reversal, attr_name="rv", null=True)
    recorded_by = UnicodeAttribute(attr_name="rb")
    recorded_at = InstantAttribute(attr_name="at")


class SeriesItem(TableItem):
    """The last number of a series of receipts."""

    last = IntAttribute(attr_name="ct")


class TakenNumberItem(TableItem):
    """A receipt's number that is used, and by which payment."""

    payment_id = UnicodeAttribute(attr_name="py")


def payment_insert_write(project: Project, payment: Payment) -> Action:
    """Build the write of a new payment. Label: `payment`, subject: its account."""
    return insert("payment", _item(project, payment), subject=payment.account)


def payment_reversal_write(project: Project, payment: Payment) -> Action:
    """Build the write of a payment's reversal, unless it is reversed. Label: `payment`."""
    standing: Condition = PaymentItem.pk.exists() & PaymentItem.reversal.does_not_exist()
    return put("payment", _item(project, payment), standing)


def series_write(project: Project, name: str, count: int) -> Action:
    """Build the write of a series' next number. Label: `series`, refused if another receipt got it."""
    key = keys.receipt_series(project.client, project.id, name)
    unchanged = SeriesItem.last == count - 1 if count > 1 else SeriesItem.pk.does_not_exist()
    return update("series", key, [SeriesItem.last.set(count)], unchanged)


def number_insert_write(project: Project, number: str, payment_id: str) -> Action:
    """Build the write that keeps a number from being used twice. Label: `receipt number`."""
    key = keys.receipt_number(project.client, project.id, number)
    return insert("receipt number", TakenNumberItem(*key, payment_id=payment_id))


def find_payment(project: Project, payment_id: str) -> Payment | None:
    item = dynamo.find(PaymentItem, keys.payment(project.client, project.id, payment_id))
    return _payment(item) if item else None


def find_with_series(
    project: Project, payment_id: str, series: str | None, *, also: Key | None = None
) -> tuple[Payment | None, int, RawItem]:
    """Read a payment, the last number of a series, and another item, as they are now: one request, a unit each."""
    place = keys.payment(project.client, project.id, payment_id)
    counted = keys.receipt_series(project.client, project.id, series) if series else None
    found = bulk.read_together([each for each in (place, also, counted) if each])
    item = dynamo.parsed(PaymentItem, found.get(place))
    counter = dynamo.parsed(SeriesItem, found.get(counted)) if counted else None
    return _payment(item) if item else None, counter.last if counter else 0, found.get(also) if also else None


def last_number(project: Project, series: str) -> int:
    """Read the last number of a series of receipts; 0 before the first."""
    counter = dynamo.find(SeriesItem, keys.receipt_series(project.client, project.id, series))
    return counter.last if counter else 0


def payments_by_id(project: Project, payment_ids: Iterable[str]) -> dict[str, Payment]:
    """Read payments that are stored, by id. Strongly consistent; one read unit each."""
    found: dict[str, Payment] = {}
    for batch in bulk.batches(payment_ids, _READ_AT_ONCE):
        wanted = [keys.payment(project.client, project.id, each) for each in batch]
        for raw in bulk.read_together(wanted).values():
            if item := dynamo.parsed(PaymentItem, raw):
                found[item.pk.rpartition("#")[2]] = _payment(item)
    return found


def payments_by_receipt(project: Project, number: str) -> tuple[Payment, ...]:
    """Read the payments with a receipt's number. Eventually consistent."""
    partition, _ = keys.receipt(project.client, project.id, number, "")
    page = dynamo.page_of(PaymentItem, partition, "", limit=10, cursor=None, index="worklist")
    return tuple(map(_payment, page.items))


def month_page(
    project: Project, month: Period, *, only: PaymentFilter, limit: int, cursor: str | None
) -> Page[Payment]:
    """Read one page of a month's payments, newest first. Eventually consistent.

    With a filter, those that can't match are left out by the table; words of names are not compared there.
    """
    partition = keys.payments_of_month(project.client, project.id, month)
    page = dynamo.page_of(
        PaymentItem,
        partition,
        "",
        limit=limit,
        cursor=cursor,
        index="account",
        newest_first=True,
        only=_condition(month, only),
    )
    return Page(tuple(map(_payment, page.items)), page.next_cursor)


def _condition(month: Period, only: PaymentFilter) -> Condition | None:
    """Build what the table compares; None if a whole month is listed."""
    wanted: list[Condition] = []
    if only.first_day and only.first_day > month.first_day:
        wanted.append(PaymentItem.paid_on >= only.first_day)
    if only.last_day and only.last_day < month.last_day:
        wanted.append(PaymentItem.paid_on <= only.last_day)
    if only.method:
        wanted.append(PaymentItem.method == only.method)
    if only.status:
        reversal = PaymentItem.reversal
        wanted.append(reversal.exists() if only.status == "reversed" else reversal.does_not_exist())
    if only.consumer_id:
        wanted.append(PaymentItem.consumer_id == only.consumer_id)
    if only.min_minor is not None:
        wanted.append(PaymentItem.amount_minor >= only.min_minor)
    if only.max_minor is not None:
        wanted.append(PaymentItem.amount_minor <= only.max_minor)
    return reduce(and_, wanted) if wanted else None


def _item(project: Project, payment: Payment) -> PaymentItem:
    month, place = keys.paid_in_month(project.client, project.id, payment.paid_on, payment.id)
    number = payment.receipt_number
    receipt, at = keys.receipt(project.client, project.id, number, payment.id) if number else (None, None)
    return to_item(
        PaymentItem,
        keys.payment(project.client, project.id, payment.id),
        payment,
        g1p=month,
        g1s=place,
        g2p=receipt,
        g2s=at,
        amount_minor=payment.amount.minor,
        received_minor=payment.received.minor,
        currency=payment.amount.currency,
    )


def _payment(item: PaymentItem) -> Payment:
    amount = Money(item.amount_minor, item.currency)
    received = Money(item.received_minor, item.currency)
    return to_entity(Payment, item, id=item.pk.rpartition("#")[2], amount=amount, received=received)
