"""Devices as the API shows them."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field

from chalicelib.devices.domain import Device
from chalicelib.platform.schema import AccountNumber, Day, DecimalText, Instant, Schema, Text
from chalicelib.readings.domain.reading import Reading

_AreaCode = Annotated[Text, Field(max_length=60, pattern=r"^[^#]*$", examples=["Poblacion"])]


class NewDevice(Schema):
    """A machine that is to push readings."""

    title: Text = Field(examples=["Collector, Purok 2"])
    areas: tuple[_AreaCode, ...] = Field(
        default=(), max_length=50, description="Where it may push for; none: everywhere"
    )


class DeviceOut(Schema):
    """A device. `keyVersion` counts its keys; without one (0) it can't push."""

    id: str
    title: str
    areas: tuple[str, ...]
    active: bool
    key_version: int
    created_at: Instant

    @classmethod
    def of(cls, device: Device) -> Self:
        return cls(
            id=device.id,
            title=device.title,
            areas=device.areas,
            active=device.active,
            key_version=device.key_version,
            created_at=device.created_at,
        )


class DevicePage(Schema):
    """A page of devices."""

    items: tuple[DeviceOut, ...]
    cursor: str | None


class KeyOut(Schema):
    """A device's new key. It is shown this once."""

    device_id: str
    key_version: int
    secret: str

    @classmethod
    def of(cls, device: Device, secret: str) -> Self:
        return cls(device_id=device.id, key_version=device.key_version, secret=secret)


class PushedReading(Schema):
    """What a meter showed on a day, as its device tells it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"meterNumber": "SM-12345", "reading": "1785", "readOn": "2025-11-05"}]}
    )

    account_number: AccountNumber | None = None
    meter_number: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    reading: DecimalText
    read_on: Day


class PushOut(Schema):
    """What became of a pushed reading."""

    reading_id: str
    state: str
    flags: tuple[str, ...]

    @classmethod
    def of(cls, reading: Reading) -> Self:
        return cls(reading_id=reading.id, state=reading.state, flags=reading.flags)
