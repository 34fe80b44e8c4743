"""Adjustments in the table: by id, by their account, and by their state."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.adjustments.domain import Adjustment, AdjustmentKind, AdjustmentState, CreditReason, Decision, Leak
from chalicelib.kernel.clock import epoch_ms
from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import (
    DayAttribute,
    DocumentAttribute,
    InstantAttribute,
    IntAttribute,
    LiteralAttribute,
    TableItem,
)
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert, put
from chalicelib.tenancy.domain import Project


class AdjustmentItem(TableItem):
    # The id is part of the key.
    account = UnicodeAttribute(attr_name="ac")
    holder = UnicodeAttribute(attr_name="ho", null=True)
    kind = LiteralAttribute(AdjustmentKind, attr_name="ki")
    bill_id = UnicodeAttribute(attr_name="bi", null=True)
    amount_minor = IntAttribute(attr_name="am", null=True)
    currency = UnicodeAttribute(attr_name="cy")
    reason_code = LiteralAttribute(CreditReason, attr_name="rc", null=True)
    reason = UnicodeAttribute(attr_name="rs")
    method = UnicodeAttribute(attr_name="mt", null=True)
    due_on = DayAttribute(attr_name="du", null=True)
    former_due_on = DayAttribute(attr_name="fd", null=True)
    leak = DocumentAttribute(Leak, attr_name="lk", null=True)
    state = LiteralAttribute(AdjustmentState, attr_name="st")
    asked_by = UnicodeAttribute(attr_name="ab")
    asked_at = InstantAttribute(attr_name="at")
    decision = DocumentAttribute(Decision, attr_name="de", null=True)
    reversal = DocumentAttribute(Decision, attr_name="rv", null=True)


def adjustment_insert_write(project: Project, adjustment: Adjustment) -> Action:
    """Build the write of a new adjustment. Label: `adjustment`."""
    return insert("adjustment", _item(project, adjustment), subject=adjustment.id)


def adjustment_change_write(project: Project, adjustment: Adjustment, *, before: Adjustment) -> Action:
    """Build the write of an adjustment's new state, unless it was changed meanwhile. Label: `adjustment`."""
    unchanged = AdjustmentItem.state == before.state
    return put("adjustment", _item(project, adjustment), unchanged, subject=adjustment.id)


def find_adjustment(project: Project, adjustment_id: str) -> Adjustment | None:
    item = dynamo.find(AdjustmentItem, keys.adjustment(project.client, project.id, adjustment_id))
    return _adjustment(item) if item else None


def account_page(project: Project, account: str, *, limit: int, cursor: str | None) -> Page[Adjustment]:
    """Read one page of an account's adjustments, newest first. Eventually consistent."""
    return _page(keys.adjustments_of(project.client, project.id, account), "account", limit=limit, cursor=cursor)


def state_page(project: Project, state: AdjustmentState, *, limit: int, cursor: str | None) -> Page[Adjustment]:
    """Read one page of the adjustments in a state, newest first. Eventually consistent."""
    partition = keys.adjustments_in_state(project.client, project.id, state)
    return _page(partition, "worklist", limit=limit, cursor=cursor)


def _page(partition: str, index: str, *, limit: int, cursor: str | None) -> Page[Adjustment]:
    page = dynamo.page_of(AdjustmentItem, partition, "", limit=limit, cursor=cursor, index=index, newest_first=True)
    return Page(tuple(map(_adjustment, page.items)), page.next_cursor)


def _item(project: Project, adjustment: Adjustment) -> AdjustmentItem:
    place = keys.adjustment_place(epoch_ms(adjustment.asked_at), adjustment.id)
    return to_item(
        AdjustmentItem,
        keys.adjustment(project.client, project.id, adjustment.id),
        adjustment,
        g1p=keys.adjustments_of(project.client, project.id, adjustment.account),
        g1s=place,
        g2p=keys.adjustments_in_state(project.client, project.id, adjustment.state),
        g2s=place,
        amount_minor=adjustment.amount.minor if adjustment.amount else None,
        currency=project.settings.currency,
    )


def _adjustment(item: AdjustmentItem) -> Adjustment:
    minor = item.attribute_values.get("amount_minor")
    amount = None if minor is None else Money(minor, item.currency)
    return to_entity(Adjustment, item, id=item.pk.rpartition("#")[2], amount=amount)
