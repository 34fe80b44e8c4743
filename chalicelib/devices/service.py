"""Register devices, issue their keys, and record the readings that they push."""

import base64
from dataclasses import replace

from chalicelib.areas.domain import outermost
from chalicelib.areas.service import area_listed_checks, refusal_of
from chalicelib.audit import service as audit
from chalicelib.devices import repository
from chalicelib.devices.domain import Device, DeviceStatus, check_signature, refusal
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, MeterbookError, NotFound
from chalicelib.kernel.ids import fingerprint, known_ulid, slug
from chalicelib.kernel.page import Page
from chalicelib.platform import auth
from chalicelib.platform.transaction import Action, Refused
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import MeterValue, Reading
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import ProjectContext


def register_device(ctx: ProjectContext, *, title: str, areas: tuple[str, ...]) -> Device:
    """Register a device in a project. It can't push until a key is issued to it.

    If the client has a list of areas, the transaction checks the device's areas: two read units each.

    :raises Invalid: for an unknown area.
    """
    project = ctx.project
    theirs = outermost(areas)
    listed = area_listed_checks(ctx, areas=areas) if areas else []
    device = Device(
        id=ctx.new_id(), title=title, areas=theirs, active=True, key_version=0, root_id="", created_at=ctx.now
    )
    try:
        entry = _audit_write(ctx, "device.registered", device, {"areas": theirs})
        repository.insert_device(project.client, project.id, device, also=[entry, *listed])
    except Refused as refused:
        unknown = refusal_of(refused)
        if unknown and "device" not in refused.labels:
            raise unknown from None
        return get_device(ctx, device_id=device.id)  # this request was repeated
    return device


def get_device(ctx: Context, *, device_id: str) -> Device:
    """Return a device of a project.

    :raises NotFound: if the project has none with this id.
    """
    device = repository.find_device(ctx.client, ctx.project_id, known_ulid(device_id, "device"))
    if device is None:
        raise NotFound("not-found", "there is no device with this id")
    return device


def list_devices(ctx: ProjectContext, *, status: DeviceStatus | None, limit: int, cursor: str | None) -> Page[Device]:
    """List a project's devices, all or those with a status, oldest first, one page at a time."""
    project = ctx.project
    return repository.devices_page(project.client, project.id, status=status, limit=limit, cursor=cursor)


def issue_key(ctx: Context, *, device_id: str) -> tuple[Device, str]:
    """Issue a device's next key, shown only once; the previous key is refused from now on.

    The same request, repeated with its Idempotency-Key, gets the same key.

    :raises NotFound: if the project has no such device.
    :raises Conflict: if the device is disabled, or was changed meanwhile.
    """
    request = ctx.new_id()
    before = get_device(ctx, device_id=device_id)
    if not before.active:
        raise Conflict("device-disabled", "this device is disabled; register it again")
    if before.key_request == request:
        return before, _secret(ctx, before.id, before.key_version, before.root_id)[1]
    version = before.key_version + 1
    root_id, secret = _secret(ctx, before.id, version, None)
    device = replace(before, key_version=version, root_id=root_id, key_request=request)
    _store(ctx, device, before, _audit_write(ctx, "device.key-issued", device, {"key_version": version}))
    return device, secret


def disable_device(ctx: Context, *, device_id: str) -> Device:
    """Disable a device: its requests are refused from now on.

    :raises NotFound: if the project has no such device.
    :raises Conflict: if it was changed meanwhile.
    """
    before = get_device(ctx, device_id=device_id)
    if not before.active:
        return before
    device = replace(before, active=False)
    try:
        _store(ctx, device, before, _audit_write(ctx, "device.disabled", device, {"active": False}))
    except Conflict:
        now = get_device(ctx, device_id=device_id)
        if not now.active:
            return now  # disabled by another request meanwhile
        raise
    return device


def authenticate(ctx: Context, *, name: str, timestamp: str, signature: str, body: bytes) -> Context:
    """Check which device sent a request, and return a context with the device as the actor.

    `name` is client, project and device, separated by slashes. Each request is accepted once.

    :raises Unauthenticated: if it is not of an active device, or not signed with its newest key within five minutes.
    :raises Conflict: if this request was accepted before.
    """
    client, project, device_id = _place_of(name)
    here = replace(ctx, client=client, project_id=project)
    device = repository.find_device(client, project, device_id)
    if device is None or not device.active or device.key_version == 0:
        raise refusal()
    try:
        _, secret = _secret(here, device.id, device.key_version, device.root_id)
    except KeyError:
        raise refusal() from None
    check_signature(secret, timestamp=timestamp, signature=signature, body=body, now=ctx.now)
    try:
        repository.insert_push(client, fingerprint(device.id, signature), ctx.now)
    except Refused:
        raise Conflict(
            "replayed", "this request was accepted already; sign the next one with its own timestamp"
        ) from None
    return replace(here, actor=device.as_actor())


def push_reading(
    ctx: Context, *, account: str | None, meter_number: str | None, meter_brand: str | None, shown: MeterValue
) -> Reading:
    """Record a reading that a device pushed, like one that a user enters, except for its source.

    :raises NotFound: for an unknown connection, or one outside the device's areas.
    :raises Conflict: if the period is read already, or a billing run is working on it.
    """
    ctx.require("readings.submit")
    here = tenancy.enter_project(ctx)
    return readings.take_reading(
        here, account=account, meter_number=meter_number, meter_brand=meter_brand, shown=shown, source="device"
    )


def _place_of(name: str) -> tuple[str, str, str]:
    parts = name.split("/")
    try:
        if len(parts) != 3:
            raise refusal()
        client, project = slug(parts[0], "a client's id"), slug(parts[1], "a project's id")
        return client, project, known_ulid(parts[2], "device")
    except MeterbookError:
        raise refusal() from None


def _secret(ctx: Context, device_id: str, version: int, root_id: str | None) -> tuple[str, str]:
    """Derive a device's key from a root key. The key is never stored."""
    root, secret = auth.derived_key("device", ctx.client, ctx.project_id, device_id, str(version), key_id=root_id)
    return root, base64.urlsafe_b64encode(secret).decode().rstrip("=")


def _store(ctx: Context, device: Device, before: Device, entry: Action) -> None:
    try:
        repository.store_device(ctx.client, ctx.project_id, device, before=before, also=[entry])
    except Refused:
        raise Conflict("changed", "this device was changed meanwhile; reload and retry") from None


def _audit_write(ctx: Context, action: str, device: Device, after: dict[str, object]) -> Action:
    return audit.entry_write(ctx, action=action, subject=("device", f"{ctx.project_id}.{device.id}"), after=after)
