"""Request a connection; approve, reject or withdraw the request."""

from decimal import Decimal

from chalicelib.audit import service as audit
from chalicelib.connections import service as connections
from chalicelib.connections.domain.connection import MeterDetails
from chalicelib.consumers import service as consumers
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.ids import fingerprint, known_ulid
from chalicelib.kernel.page import Page
from chalicelib.kernel.quantity import plain
from chalicelib.platform.transaction import Action, Refused
from chalicelib.service_desk import repository
from chalicelib.service_desk.domain import requests as rules
from chalicelib.service_desk.domain.requests import ConnectionRequest, Decision, RequestStatus
from chalicelib.service_desk.service.common import own_consumer_id, project_named
from chalicelib.tenancy import service as tenancy


def ask_for_connection(
    ctx: Context,
    *,
    consumer_id: str | None,
    project_id: str,
    consumer_class: str | None,
    address: str,
    note: str | None,
) -> ConnectionRequest:
    """Record a request for a connection, by the caller or for a consumer that an administrator names.

    Nine write units.

    :raises Invalid: for an unknown project or class.
    :raises NotFound: for an unknown consumer.
    :raises Conflict: if the project is closed.
    """
    consumer = consumers.get_consumer(ctx, consumer_id=consumer_id or own_consumer_id(ctx))
    project = project_named(ctx, project_id)
    classes = project.settings.classes
    if consumer_class is not None and consumer_class not in classes:
        raise Invalid("unknown-class", f"give one of these: {', '.join(classes)}", field="consumerClass")
    request = ConnectionRequest(
        id=ctx.new_id(),
        project=project.id,
        consumer_id=consumer.id,
        consumer_name=consumer.name,
        consumer_class=consumer_class,
        address=address,
        note=note,
        status="pending",
        asked_by=ctx.actor.id,
        asked_at=ctx.now,
        decision=None,
        reason=None,
        account=None,
    )
    try:
        entry = _audit_write(ctx, "request.made", request)
        repository.commit(
            [tenancy.project_open_check(ctx, project), repository.request_insert_write(ctx.client, request), entry]
        )
    except Refused as refused:
        if "project" in refused.labels:
            raise Conflict("project-closed", "this project is closed: it accepts no new connections") from None
        return repository.find_request(ctx.client, request.id) or request  # this request was repeated
    return request


def get_request(ctx: Context, *, request_id: str) -> ConnectionRequest:
    """Return one request; a consumer gets only their own.

    :raises NotFound: for any other.
    """
    request = repository.find_request(ctx.client, known_ulid(request_id, "request"))
    if request is None or not (ctx.actor.may("requests.read") or ctx.actor.owns(request.consumer_id)):
        raise NotFound("not-found", "there is no request with this id")
    return request


def find_request_for(ctx: Context, *, project_id: str, status: RequestStatus | None) -> ConnectionRequest | None:
    """Return a request for a project, with a status or any, or None. Eventually consistent."""
    return repository.first_request_for(ctx.client, project_id, status)


def list_requests(
    ctx: Context, *, status: RequestStatus | None, limit: int, cursor: str | None
) -> Page[ConnectionRequest]:
    """List the client's requests, oldest first, pending ones before decided ones."""
    return repository.requests_page(ctx.client, status, limit=limit, cursor=cursor)


def my_requests(ctx: Context, *, limit: int, cursor: str | None) -> Page[ConnectionRequest]:
    """List the requests of the signed-in consumer, newest first.

    :raises Forbidden: if the caller is not a consumer.
    """
    return repository.requests_of_page(ctx.client, own_consumer_id(ctx), limit=limit, cursor=cursor)


def approve_request(
    ctx: Context,
    *,
    request_id: str,
    account: str | None,
    consumer_class: str,
    meter_number: str,
    area: str,
    initial_reading: Decimal,
    tariff_id: str | None = None,
    meter_brand: str | None = None,
) -> ConnectionRequest:
    """Approve a request: create the connection and close the request, in one transaction.

    Twenty-five write units. If the meter number is taken, the request stays pending. Source: S2-131, S2-134.

    :raises Invalid: for an unknown class or tariff, or an invalid meter or account number.
    :raises NotFound: if there is no such request or consumer.
    :raises Conflict: if it is decided already, or the meter or account number is taken.
    """
    details = MeterDetails(brand=meter_brand, tariff_id=tariff_id)
    facts = ("approve", account or "", consumer_class, meter_number, area, plain(initial_reading), tariff_id or "")
    decision = _decision(ctx, *facts, *([meter_brand] if meter_brand else []))
    request = get_request(ctx, request_id=request_id)
    if rules.is_repeated(request, decision):
        return request
    rules.check_pending(request)
    here = tenancy.enter_project(ctx.in_project(request.project))
    connection, writes = connections.prepare_connection(
        here,
        consumer_id=request.consumer_id,
        account=account,
        consumer_class=consumer_class,
        meter_number=meter_number,
        area=area,
        initial_reading=initial_reading,
        details=details,
    )
    approved = rules.approve(request, account=connection.account, decision=decision)
    try:
        entry = _audit_write(ctx, "request.approved", approved)
        repository.commit([repository.request_close_write(ctx.client, approved), entry, *writes])
    except Refused as refused:
        if "request" in refused.labels:
            return _decided_meanwhile(ctx, request, decision)
        raise connections.explain_refusal(here, here.project, connection, refused) from None
    return approved


def reject_request(ctx: Context, *, request_id: str, reason: str) -> ConnectionRequest:
    """Reject a request, with a reason that the consumer can read. Eight write units.

    :raises NotFound: if there is no such request.
    :raises Conflict: if it is decided already.
    """
    decision = _decision(ctx, "reject", reason)
    request = get_request(ctx, request_id=request_id)
    if rules.is_repeated(request, decision):
        return request
    return _close(ctx, rules.reject(request, reason=reason, decision=decision), decision)


def withdraw_request(ctx: Context, *, request_id: str) -> ConnectionRequest:
    """Withdraw the signed-in consumer's own request. Idempotent. Eight write units.

    :raises NotFound: if they have no such request.
    :raises Conflict: if it is decided already.
    """
    request = get_request(ctx, request_id=request_id)
    if not ctx.actor.owns(request.consumer_id):
        raise NotFound("not-found", "there is no request of yours with this id")
    if request.status == "withdrawn":
        return request
    decision = _decision(ctx, "withdraw")
    try:
        return _close(ctx, rules.withdraw(request, decision=decision), decision)
    except Conflict:
        now = get_request(ctx, request_id=request_id)
        if now.status == "withdrawn":
            return now  # sent twice at the same moment
        raise


def _decision(ctx: Context, *facts: str) -> Decision:
    # With an Idempotency-Key the fingerprint is the request's own, so that a repetition is recognised.
    return Decision(by=ctx.actor.id, at=ctx.now, print=fingerprint(ctx.request_key or ctx.new_id(), *facts)[:16])


def _audit_write(ctx: Context, action: str, request: ConnectionRequest) -> Action:
    facts = {"status": request.status, "consumer": request.consumer_id, "account": request.account}
    here = ctx.in_project(request.project)
    return audit.entry_write(here, action=action, subject=("request", request.id), after=facts)


def _close(ctx: Context, closed: ConnectionRequest, decision: Decision) -> ConnectionRequest:
    try:
        entry = _audit_write(ctx, f"request.{closed.status}", closed)
        repository.commit([repository.request_close_write(ctx.client, closed), entry])
    except Refused:
        return _decided_meanwhile(ctx, closed, decision)
    return closed


def _decided_meanwhile(ctx: Context, request: ConnectionRequest, decision: Decision) -> ConnectionRequest:
    """Return the request if this same decision has closed it already; otherwise refuse the decision."""
    standing = get_request(ctx, request_id=request.id)
    if not rules.is_repeated(standing, decision):
        rules.check_pending(standing)
    return standing
