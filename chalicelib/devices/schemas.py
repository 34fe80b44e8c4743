"""Devices as the API shows them."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.devices.domain import Device, DeviceStatus
from chalicelib.kernel.page import Page
from chalicelib.platform.schema import (
    Instant,
    OutSchema,
    PageQuery,
    Schema,
    Shows,
    Text,
)
from chalicelib.readings.domain.reading import Reading
from chalicelib.readings.schemas import NewReading

_AreaCode = Annotated[Text, Field(max_length=60, pattern=r"^[^#]*$", examples=["Poblacion"])]


class NewDevice(Schema):
    """A device to register."""

    title: Text = Field(examples=["Collector, Purok 2"])
    areas: tuple[_AreaCode, ...] = Field(
        default=(), max_length=50, description="The areas for which it may push; none: everywhere"
    )


class DeviceOut(OutSchema, Shows[Device]):
    """A device. `keyVersion` counts its keys; without a key (0) it can't push."""

    id: str
    title: str
    areas: tuple[str, ...]
    status: DeviceStatus
    key_version: int
    created_at: Instant


class DevicePage(OutSchema, Shows[Page[Device]]):
    """A page of devices."""

    items: tuple[DeviceOut, ...]
    next_cursor: str | None


class DevicesQuery(PageQuery):
    """The devices to list: all, or those with a status."""

    status: DeviceStatus | None = None


class KeyOut(Schema):
    """A device's new key. It is shown only once."""

    device_id: str
    key_version: int
    secret: str


class PushedReading(NewReading):
    """A reading that a device pushes: what a person would enter. Name the connection by account or meter number."""


class PushOut(OutSchema, Shows[Reading]):
    """The result of a pushed reading."""

    reading_id: str = Field(validation_alias="id")
    status: Literal["pending", "held", "confirmed"] = Field(
        validation_alias="state", description="Held: implausible, until a person has confirmed it by itself"
    )
    flags: tuple[str, ...]
