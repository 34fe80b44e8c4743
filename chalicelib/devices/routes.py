"""Devices and pushed readings over HTTP."""

from chalice.app import Blueprint

from chalicelib.devices import service
from chalicelib.devices.schemas import DeviceOut, DevicePage, DevicesQuery, KeyOut, NewDevice, PushedReading, PushOut
from chalicelib.kernel.context import Context
from chalicelib.platform.http import PUBLIC, endpoint
from chalicelib.platform.request_parsing import raw_body
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_DEVICES = "/api/clients/{clientId}/projects/{projectId}/devices"
_MANAGE = "devices.manage"


@endpoint(
    blueprint,
    "POST",
    _DEVICES,
    permission=_MANAGE,
    body=NewDevice,
    returns=DeviceOut,
    status=201,
    location=_DEVICES + "/{id}",
    errors="unknown-area",
)
def register_device(ctx: ProjectContext, *, body: NewDevice) -> DeviceOut:
    """Register a device that pushes readings."""
    return DeviceOut.of(service.register_device(ctx, title=body.title, areas=body.areas))


@endpoint(blueprint, "GET", _DEVICES, permission=_MANAGE, query=DevicesQuery, returns=DevicePage)
def list_devices(ctx: ProjectContext, *, query: DevicesQuery) -> DevicePage:
    """List a project's devices."""
    return DevicePage.of(service.list_devices(ctx, status=query.status, limit=query.limit, cursor=query.cursor))


@endpoint(blueprint, "GET", _DEVICES + "/{deviceId}", permission=_MANAGE, returns=DeviceOut)
def get_device(ctx: ProjectContext, *, device_id: str) -> DeviceOut:
    """Show a device."""
    return DeviceOut.of(service.get_device(ctx, device_id=device_id))


@endpoint(
    blueprint,
    "POST",
    _DEVICES + "/{deviceId}/keys",
    permission=_MANAGE,
    returns=KeyOut,
    status=201,
    location=_DEVICES + "/{device_id}",
    secret=True,
    errors="changed device-disabled",
)
def issue_device_key(ctx: ProjectContext, *, device_id: str) -> KeyOut:
    """Issue a device's next key; the previous key is refused from now on.

    The key is shown in this answer only. The same request with its Idempotency-Key returns the same key, unless a later
    one was issued.
    """
    holder, secret = service.issue_key(ctx, device_id=device_id)
    return KeyOut(device_id=holder.id, key_version=holder.key_version, secret=secret)


@endpoint(blueprint, "DELETE", _DEVICES + "/{deviceId}", permission=_MANAGE, returns=DeviceOut, errors="changed")
def disable_device(ctx: ProjectContext, *, device_id: str) -> DeviceOut:
    """Disable a device; it stays on record."""
    return DeviceOut.of(service.disable_device(ctx, device_id=device_id))


@endpoint(
    blueprint,
    "POST",
    "/api/webhooks/readings",
    permission=PUBLIC,
    body=PushedReading,
    returns=PushOut,
    errors="already-read ambiguous-meter bad-signature before-installed below-previous billed changed future-date "
    "handed-over implausible-reading impossible-reading later-reading meter-exchanged no-meter not-active "
    "not-after-last not-found number-missing other-period period-frozen register-missing replayed too-many-readings "
    "undelivered-measure unknown-register",
)
def push_reading(ctx: Context, *, body: PushedReading) -> PushOut:
    """Push a reading, signed by a device (headers Meterbook-Device, Meterbook-Timestamp and Meterbook-Signature)."""
    name, timestamp, signature = _signed()
    here = service.authenticate(
        ctx, name=name, timestamp=timestamp, signature=signature, body=raw_body(blueprint.current_request)
    )
    number = {"account": body.account_number, "meter_number": body.meter_number, "meter_brand": body.meter_brand}
    return PushOut.of(service.push_reading(here, **number, shown=body.to_domain()))


def _signed() -> tuple[str, str, str]:
    headers = blueprint.current_request.headers
    name, timestamp, signature = (headers.get(f"meterbook-{part}", "") for part in ("device", "timestamp", "signature"))
    return str(name), str(timestamp), str(signature)
