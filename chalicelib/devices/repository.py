"""Devices in the table, and their accepted requests."""

from collections.abc import Sequence
from datetime import datetime

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from chalicelib.devices.domain import Device, DeviceStatus
from chalicelib.kernel.clock import epoch_ms
from chalicelib.kernel.page import Page
from chalicelib.kernel.signatures import TOLERANCE
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import InstantAttribute, IntAttribute, TableItem, TextsAttribute
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert, put, transact


class DeviceItem(TableItem):
    id = UnicodeAttribute(attr_name="device")
    title = UnicodeAttribute()
    areas = TextsAttribute()
    active = BooleanAttribute()
    key_version = IntAttribute()
    root_id = UnicodeAttribute()
    key_request = UnicodeAttribute(null=True)
    created_at = InstantAttribute()


class PushItem(TableItem):
    """An accepted request of a device, kept for as long as its signature is valid."""


def insert_device(client: str, project: str, device: Device, *, also: Sequence[Action]) -> None:
    """Write a new device.

    :raises Refused: label `device`, for a repetition of this request.
    """
    transact([insert("device", _item(client, project, device)), *also])


def store_device(client: str, project: str, device: Device, *, before: Device, also: Sequence[Action]) -> None:
    """Write a changed device.

    :raises Refused: label `device`, if it was changed meanwhile.
    """
    same = (DeviceItem.key_version == before.key_version) & (DeviceItem.active == before.active)
    transact([put("device", _item(client, project, device), same), *also])


def insert_push(client: str, signature: str, now: datetime) -> None:
    """Record an accepted request, until its signature has expired. Two write units.

    :raises Refused: label `push`, if it was accepted before.
    """
    expires = epoch_ms(now + 3 * TOLERANCE) // 1000
    transact([insert("push", PushItem(*keys.device_push(client, signature), expires=expires))])


def find_device(client: str, project: str, device_id: str) -> Device | None:
    item = dynamo.find(DeviceItem, keys.device(client, project, device_id))
    return _device(item) if item else None


def devices_page(
    client: str, project: str, *, status: DeviceStatus | None, limit: int, cursor: str | None
) -> Page[Device]:
    partition, prefix = keys.device(client, project, "")
    only = DeviceItem.active == (status == "active") if status else None
    page = dynamo.page_of(DeviceItem, partition, prefix, limit=limit, cursor=cursor, only=only)
    return Page(tuple(_device(item) for item in page.items), page.next_cursor)


def _item(client: str, project: str, device: Device) -> DeviceItem:
    return to_item(DeviceItem, keys.device(client, project, device.id), device)


def _device(item: DeviceItem) -> Device:
    return to_entity(Device, item)
