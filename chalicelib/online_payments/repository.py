"""Payment intents in the table: by id, by consumer, and by what staff have to do."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.clock import iso
from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page
from chalicelib.online_payments.domain import Attention, Intent, IntentKind, IntentStatus, Part, Review
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import DocumentAttribute, InstantAttribute, IntAttribute, LiteralAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert, put
from chalicelib.tenancy.domain import Project


class IntentItem(TableItem):
    # The id is part of the key.
    kind = LiteralAttribute(IntentKind, attr_name="kd")
    account = UnicodeAttribute(attr_name="ac")
    consumer_id = UnicodeAttribute(attr_name="cu", null=True)
    consumer_name = UnicodeAttribute(attr_name="cn")
    parts = DocumentAttribute(tuple[Part, ...], attr_name="pa")
    amount_minor = IntAttribute(attr_name="am")
    currency = UnicodeAttribute(attr_name="cy")
    method = UnicodeAttribute(attr_name="mt")
    upi_id = UnicodeAttribute(attr_name="up", null=True)
    check_number = UnicodeAttribute(attr_name="ck", null=True)
    reference = UnicodeAttribute(attr_name="rf", null=True)
    notes = UnicodeAttribute(attr_name="nt", null=True)
    status = LiteralAttribute(IntentStatus, attr_name="st")
    gateway_reference = UnicodeAttribute(attr_name="gr", null=True)
    pay_at = UnicodeAttribute(attr_name="ur", null=True)
    transaction_id = UnicodeAttribute(attr_name="tx", null=True)
    arrived_minor = IntAttribute(attr_name="ar", null=True)
    credit_minor = IntAttribute(attr_name="cr", null=True)
    attention = LiteralAttribute(Attention, attr_name="at", null=True)
    review = DocumentAttribute(Review, attr_name="rv", null=True)
    reason = UnicodeAttribute(attr_name="rs", null=True)
    ended_at = InstantAttribute(attr_name="ea", null=True)
    ended_by = UnicodeAttribute(attr_name="eb", null=True)
    decision = UnicodeAttribute(attr_name="dc", null=True)
    started_by = UnicodeAttribute(attr_name="sb")
    started_at = InstantAttribute(attr_name="sa")
    version = IntAttribute(attr_name="vs")


def intent_insert_write(project: Project, intent: Intent) -> Action:
    """Build the write of a new intent. Label: `intent`."""
    return insert("intent", _item(project, intent))


def intent_write(project: Project, intent: Intent) -> Action:
    """Build the write of an intent's next version. Label: `intent`, refused if it was changed meanwhile."""
    return put("intent", _item(project, intent), IntentItem.version == intent.version - 1)


def find_intent(project: Project, intent_id: str) -> Intent | None:
    item = dynamo.find(IntentItem, keys.payment_intent(project.client, project.id, intent_id))
    return _intent(item) if item else None


def state_page(project: Project, kind: IntentKind, state: str, *, limit: int, cursor: str | None) -> Page[Intent]:
    """Read one page of the intents that stand somewhere, oldest first. Eventually consistent."""
    partition = keys.payment_intents(project.client, project.id, kind, state)
    page = dynamo.page_of(IntentItem, partition, "", limit=limit, cursor=cursor, index="worklist")
    return Page(tuple(map(_intent, page.items)), page.next_cursor)


def consumer_page(
    project: Project, kind: IntentKind, consumer_id: str, *, limit: int, cursor: str | None
) -> Page[Intent]:
    """Read one page of a consumer's intents, newest first. Eventually consistent."""
    partition = keys.payment_intents_of(project.client, project.id, kind, consumer_id)
    page = dynamo.page_of(IntentItem, partition, "", limit=limit, cursor=cursor, index="account", newest_first=True)
    return Page(tuple(map(_intent, page.items)), page.next_cursor)


def _item(project: Project, intent: Intent) -> IntentItem:
    place = f"{iso(intent.started_at)}#{intent.id}"
    theirs = intent.consumer_id and keys.payment_intents_of(project.client, project.id, intent.kind, intent.consumer_id)
    return to_item(
        IntentItem,
        keys.payment_intent(project.client, project.id, intent.id),
        intent,
        g1p=theirs or None,
        g1s=place if theirs else None,
        g2p=keys.payment_intents(project.client, project.id, intent.kind, intent.state),
        g2s=place,
        amount_minor=intent.amount.minor,
        currency=intent.amount.currency,
    )


def _intent(item: IntentItem) -> Intent:
    amount = Money(item.amount_minor, item.currency)
    return to_entity(Intent, item, id=item.pk.rpartition("#")[2], amount=amount)
