"""Consumers in the table: one item each, and the words they are found by."""

from collections.abc import Sequence

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action as Change

from chalicelib.consumers.domain.people import Consumer, ConsumerStatus
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import FlagAttribute, InstantAttribute, IntAttribute, LiteralAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, check, delete, insert, put, transact, update


class ConsumerItem(TableItem):
    id = UnicodeAttribute(attr_name="consumer")
    first_name = UnicodeAttribute(null=True)
    last_name = UnicodeAttribute(null=True)
    single_name = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    address = UnicodeAttribute(null=True)
    created_at = InstantAttribute()
    request_print = UnicodeAttribute()
    status = LiteralAttribute(ConsumerStatus)
    connections = IntAttribute()
    version = IntAttribute()
    deleted_at = InstantAttribute(null=True)
    user_id = UnicodeAttribute(null=True)
    unproven = FlagAttribute(null=True)
    staff_version = IntAttribute(null=True)


class WordItem(TableItem):
    """A word of a consumer's name."""

    consumer = UnicodeAttribute()


def insert_consumer(client_id: str, consumer: Consumer, *, also: Sequence[Action]) -> None:
    """Write a new consumer and the words of their name, with other writes.

    :raises Refused: label `consumer`, for a repetition of this request.
    """
    words = [_word_insert_write(client_id, word, consumer.id) for word in sorted(consumer.words)]
    transact([insert("consumer", _item(client_id, consumer)), *words, *also])


def consumer_update_check(client_id: str, before: Consumer, after: Consumer, *, exactly: bool) -> Action:
    """Build the check of the condition of `store_consumer`, with the same label."""
    return check("consumer", keys.consumer(client_id, before.id), _unchanged(before, after, exactly))


def store_consumer(client_id: str, before: Consumer, after: Consumer, *, also: Sequence[Action], exactly: bool) -> None:
    """Write a changed consumer, if they are unchanged since they were read.

    Not `exactly`: what the consumer changed of themselves doesn't matter, and stays.

    :raises Refused: label `consumer`, if they were changed, connected or given a login meanwhile.
    """
    unchanged = _unchanged(before, after, exactly)
    actions = [put("consumer", _item(client_id, after), unchanged)]
    if not exactly:
        actions = [
            update("consumer", keys.consumer(client_id, before.id), _changes(client_id, before, after), unchanged)
        ]
    gone, new = before.words - after.words, after.words - before.words
    actions += [
        delete("word", keys.consumer_word(client_id, word, after.id), WordItem.consumer == after.id)
        for word in sorted(gone)
    ]
    actions += [_word_insert_write(client_id, word, after.id) for word in sorted(new)]
    transact([*actions, *also])


def commit(actions: Sequence[Action]) -> None:
    """Execute the writes of a consumer, with others, in one transaction.

    :raises Refused: with the labels of the refused writes; then nothing is written.
    """
    transact(actions)


def _changes(client_id: str, before: Consumer, after: Consumer) -> list[Change]:
    """Build the changes of what staff change, at whatever version the consumer's own changes have left."""
    old, new, changes = _item(client_id, before), _item(client_id, after), list[Change]()
    for name in (
        "first_name",
        "last_name",
        "single_name",
        "email",
        "phone",
        "address",
        "status",
        "unproven",
        "g2p",
        "g2s",
    ):
        attribute, value = getattr(ConsumerItem, name), getattr(new, name)
        if getattr(old, name) != value:
            changes.append(attribute.remove() if value is None else attribute.set(value))
    changes.append(ConsumerItem.staff_version.set(ConsumerItem.version + 1))
    return [*changes, ConsumerItem.version.set(ConsumerItem.version + 1)]


def _unchanged(before: Consumer, after: Consumer, exactly: bool) -> Condition:
    same: Condition = ConsumerItem.connections == before.connections
    if exactly:
        same &= ConsumerItem.version == before.version
    else:
        was = before.staff_version
        same &= ConsumerItem.staff_version == was if was else ConsumerItem.staff_version.does_not_exist()
        for name in ("phone", "address"):
            attribute, value = getattr(ConsumerItem, name), getattr(before, name)
            if getattr(after, name) != value:
                same &= attribute == value if value else attribute.does_not_exist()
    same &= ConsumerItem.user_id == before.user_id if before.user_id else ConsumerItem.user_id.does_not_exist()
    return same


def connection_entry_write(client_id: str, consumer_id: str) -> Action:
    """Build the write that counts one more active connection. Label: `consumer`."""
    active = ConsumerItem.status == "active"
    return update("consumer", keys.consumer(client_id, consumer_id), [ConsumerItem.connections.add(1)], active)


def connection_exit_write(client_id: str, consumer_id: str) -> Action:
    """Build the write that counts one fewer active connection. Label: `former consumer`."""
    some = ConsumerItem.connections > 0
    return update("former consumer", keys.consumer(client_id, consumer_id), [ConsumerItem.connections.add(-1)], some)


def login_link_write(client_id: str, consumer_id: str, user_id: str) -> Action:
    """Build the write that links a login to a consumer who has none. Label: `consumer`."""
    free = (ConsumerItem.status != "deleted") & ConsumerItem.user_id.does_not_exist()
    return update("consumer", keys.consumer(client_id, consumer_id), [ConsumerItem.user_id.set(user_id)], free)


def login_unlink_write(client_id: str, consumer_id: str) -> Action:
    """Build the write that unlinks a login, if no connection is active. Label: `consumer`."""
    unconnected = ConsumerItem.connections == 0
    return update("consumer", keys.consumer(client_id, consumer_id), [ConsumerItem.user_id.remove()], unconnected)


def find_consumer(client_id: str, consumer_id: str) -> Consumer | None:
    item = dynamo.find(ConsumerItem, keys.consumer(client_id, consumer_id))
    return _consumer(item) if item else None


def consumers_page(client_id: str, *, limit: int, cursor: str | None) -> Page[Consumer]:
    """Read one page of all consumers, oldest first. Eventually consistent."""
    page = dynamo.page_of(ConsumerItem, keys.consumers(client_id), "", limit=limit, cursor=cursor, index="account")
    return Page(tuple(_consumer(item) for item in page.items), page.next_cursor)


def page_by_name(client_id: str, status: str, *, limit: int, cursor: str | None) -> Page[Consumer]:
    """Read one page of the consumers of a status, by name. Eventually consistent."""
    partition = keys.consumers_by_name(client_id, status)
    page = dynamo.page_of(ConsumerItem, partition, "", limit=limit, cursor=cursor, index="worklist")
    return Page(tuple(_consumer(item) for item in page.items), page.next_cursor)


def words_page(client_id: str, part: str, *, limit: int, cursor: str | None) -> Page[tuple[str, str]]:
    """Read one page of (word, consumer id) for words that begin with a text."""
    page = dynamo.page_of(WordItem, keys.consumer_words(client_id, part), part, limit=limit, cursor=cursor)
    return Page(tuple((item.sk.partition("#")[0], item.consumer) for item in page.items), page.next_cursor)


def consumers_of(client_id: str, ids: set[str]) -> dict[str, Consumer]:
    """Read consumers by id, 100 to a request, half a read unit each."""
    found = ConsumerItem.batch_get([keys.consumer(client_id, each) for each in sorted(ids)], consistent_read=False)
    return {item.id: _consumer(item) for item in found}


def _word_insert_write(client_id: str, word: str, consumer_id: str) -> Action:
    return insert("word", WordItem(*keys.consumer_word(client_id, word, consumer_id), consumer=consumer_id))


def _item(client_id: str, consumer: Consumer) -> ConsumerItem:
    return to_item(
        ConsumerItem,
        keys.consumer(client_id, consumer.id),
        consumer,
        g1p=keys.consumers(client_id),
        g1s=consumer.id,
        g2p=keys.consumers_by_name(client_id, consumer.status),
        g2s=keys.consumer_name_place(consumer.sort_name, consumer.id),
    )


def _consumer(item: ConsumerItem) -> Consumer:
    return to_entity(Consumer, item)
