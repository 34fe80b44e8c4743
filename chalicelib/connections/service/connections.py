"""Register connections."""

from dataclasses import replace
from decimal import Decimal

from chalicelib.areas import service as areas
from chalicelib.audit import service as audit
from chalicelib.connections.domain import (
    Connection,
    MeterDetails,
    account_number,
    account_of_meter,
    account_sequence,
    check_connection,
    check_fed_measures,
    check_unmetered,
    new_connection,
    normalised_meter,
    of_brand,
)
from chalicelib.connections.domain.connection import ORDINARY, check_no_later, not_active
from chalicelib.connections.domain.registers import check_registers
from chalicelib.connections.repository import connections as repository
from chalicelib.connections.service.brands import brand_count_writes
from chalicelib.connections.service.consumers import consumer_count_writes, get_consumer_to_connect
from chalicelib.connections.service.offers import tariff_count_writes
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, MeterbookError
from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.quantity import plain
from chalicelib.kernel.register import check_shown, range_of
from chalicelib.platform.transaction import Action, Refused
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext


def register_connection(
    ctx: ProjectContext,
    *,
    consumer_id: str | None,
    account: str | None,
    consumer_class: str,
    meter_number: str,
    area: str,
    initial_reading: Decimal,
    details: MeterDetails = ORDINARY,
) -> Connection:
    """Register a connection, with a meter or, if its number is empty, without one.

    Its account number is generated or given, by the project's settings.

    :raises Invalid: for an unknown class, or an invalid meter or account number.
    :raises NotFound: for an unknown consumer.
    :raises Conflict: if the meter or account number is taken.
    """
    project = ctx.project
    connection = _draft(
        ctx,
        project,
        consumer_id=consumer_id,
        account=account,
        consumer_class=consumer_class,
        meter_number=meter_number,
        area=area,
        initial_reading=initial_reading,
        details=details,
    )
    if made := _made_before(ctx, project, connection):
        return made
    connection = _with_account(ctx, project, connection)
    try:
        repository.insert_connection(project, connection, also=_registration_writes(ctx, project, connection))
    except Refused as refused:
        if "meter" in refused.labels and (made := _made_before(ctx, project, connection)):
            return made
        raise explain_refusal(ctx, project, connection, refused) from None
    return connection


def prepare_connection(
    ctx: ProjectContext,
    *,
    consumer_id: str | None,
    account: str | None,
    consumer_class: str,
    meter_number: str,
    area: str,
    initial_reading: Decimal,
    details: MeterDetails = ORDINARY,
) -> tuple[Connection, list[Action]]:
    """Return a new connection and the writes that register it, for a transaction that does more.

    `explain_refusal` turns a refusal of that transaction into an error. A crash before the transaction only leaves a
    gap in the account numbers.

    :raises Invalid: for an unknown class, or an invalid meter or account number.
    :raises NotFound: for an unknown consumer.
    :raises Conflict: if the meter number is taken.
    """
    project = ctx.project
    connection = _draft(
        ctx,
        project,
        consumer_id=consumer_id,
        account=account,
        consumer_class=consumer_class,
        meter_number=meter_number,
        area=area,
        initial_reading=initial_reading,
        details=details,
    )
    check_meter_free(ctx, project, connection)
    connection = _with_account(ctx, project, connection)
    return connection, [
        *repository.connection_insert_writes(project, connection),
        *_registration_writes(ctx, project, connection),
    ]


def explain_refusal(ctx: Context, project: Project, connection: Connection, refused: Refused) -> MeterbookError:
    """Return the error for a refused registration or change of a connection."""
    if "meter" in refused.labels:
        return _meter_taken(ctx, connection, _holder(project, connection))
    if unknown := areas.refusal_of(refused):
        return unknown
    reasons: dict[str, MeterbookError] = {
        "project": Conflict("project-closed", "this project is closed: it accepts no new connections"),
        "consumer": not_active(),
        "tariff": Invalid(
            "unknown-tariff", "no such tariff here, or it has ended; see the project's tariffs", field="tariffId"
        ),
        "brand": Invalid(
            "unknown-brand", "no such brand; see GET /api/clients/{clientId}/meter-brands", field="meterBrand"
        ),
        "money": Conflict("connection-used", f"connection {connection.account} has payments; close it instead"),
        "connection": Conflict("changed", "this connection was changed meanwhile; reload and retry"),
    }
    taken = _account_taken(project, connection)
    return next((reason for label, reason in reasons.items() if label in refused.labels), taken)


def check_meter_free(ctx: Context, project: Project, connection: Connection, *, besides: str | None = None) -> None:
    """Check that no connection (`besides` one) has the meter of this one: its number, with its brand or without any.

    Only two meters of two known brands may have one number. The key refuses the same brand; this is for the others.

    :raises Conflict: if one has.
    """
    if holder := _holder(project, connection, besides=besides):
        raise _meter_taken(ctx, connection, holder)


def audit_write(ctx: Context, action: str, before: Connection | None, after: Connection | None) -> Action:
    """Build the audit entry of a connection."""
    connection = after or before
    if connection is None:
        raise AssertionError("nothing became of no connection")
    return audit.entry_write(
        ctx,
        action=f"connection.{action}",
        subject=("connection", f"{ctx.project_id}.{connection.account}"),
        before=before.audit_facts() if before else None,
        after=after.audit_facts() if after else None,
    )


def _draft(
    ctx: Context,
    project: Project,
    *,
    consumer_id: str | None,
    account: str | None,
    consumer_class: str,
    meter_number: str,
    area: str,
    initial_reading: Decimal,
    details: MeterDetails = ORDINARY,
) -> Connection:
    """Return a connection that the project's settings allow; its account number may be missing."""
    check_connection(
        project,
        consumer_class=consumer_class,
        consumer_id=consumer_id,
        given_account=account,
        purpose=details.purpose,
        tariff_id=details.tariff_id,
    )
    _check_meter(ctx, project, initial_reading, details)
    consumer = get_consumer_to_connect(ctx, consumer_id=consumer_id) if consumer_id else None
    meter = normalised_meter(meter_number) if meter_number else ""
    if not meter:
        check_unmetered(project, details)
    # With an Idempotency-Key the fingerprint is the request's: a repetition finds its connection by the meter number.
    said = (consumer_class, meter, details.brand or "", area, plain(initial_reading), details.purpose)
    return new_connection(
        account=account_of_meter(meter) if project.settings.account_numbers == "meter" else account or "",
        consumer=consumer,
        consumer_class=consumer_class,
        meter_number=meter,
        area=area,
        initial_reading=initial_reading,
        created_at=ctx.now,
        # Short, because it is stored on every connection, which each run reads.
        request_print=fingerprint(
            ctx.request_key or ctx.new_id(), consumer_id or "", account or "", *said, details.tariff_id or ""
        )[:16],
        details=details,
    )


def _check_meter(ctx: Context, project: Project, initial_reading: Decimal, details: MeterDetails) -> None:
    today = local_day(ctx.now, project.settings.timezone)
    check_no_later(details.installed_on, today=today, where="installedOn")
    check_registers(details.registers, main_multiplier=details.multiplier)
    check_fed_measures(project, details.main_measure, details.registers)
    wraps_at = range_of(details.digits) if details.wraps_at is None and details.digits is not None else details.wraps_at
    try:
        check_shown(initial_reading, wraps_at)
    except Invalid as error:
        raise Invalid(error.code, f"{error}", field="initialReading") from None


def _registration_writes(ctx: Context, project: Project, connection: Connection) -> list[Action]:
    """Build the other writes of a registration: counts in the client's lists, and the audit entry."""
    return [
        tenancy.project_open_check(ctx, project),
        *consumer_count_writes(ctx, before=None, after=connection),
        *areas.area_entry_writes(ctx, area=connection.area),
        *brand_count_writes(ctx, before=None, after=connection),
        *tariff_count_writes(ctx, project, before=None, after=connection),
        audit_write(ctx, "registered", None, connection),
    ]


def _with_account(ctx: Context, project: Project, connection: Connection) -> Connection:
    """Assign the account number where the project generates them."""
    if connection.account:
        return connection
    day = local_day(ctx.now, project.settings.timezone)
    number = repository.next_number(project, account_sequence(day))
    return replace(connection, account=account_number(day, number))


def _made_before(ctx: Context, project: Project, asked: Connection) -> Connection | None:
    """Return the connection that an earlier sending of this request made, or None; another's meter is refused."""
    account = _holder(project, asked)
    if account is None:
        return None
    holder = repository.find_connection(project, account)
    if holder and holder.request_print == asked.request_print:
        return holder
    raise _meter_taken(ctx, asked, account)


def _holder(project: Project, asked: Connection, *, besides: str | None = None) -> str | None:
    """Return the account number of a connection with a meter that may be the same one."""
    meters = repository.meters_of_number(project, repository.meter_place(asked))
    others = [meter for meter in meters if meter.account != besides]
    return next((meter.account for meter in of_brand(others, asked.meter_brand)), None)


def _meter_taken(ctx: Context, asked: Connection, account: str | None) -> Conflict:
    # The error must say that the number is taken, but not everyone may see by which connection.
    place = f"connection {account}" if ctx.actor.areas is None else "another connection"
    reason = f"meter number {asked.meter_number} is already on {place}; two makers' meters both need their brand"
    return Conflict("meter-taken", reason, field="meterNumber")


def _account_taken(project: Project, connection: Connection) -> Conflict:
    taken = f"account number {connection.account} is already in use"
    if project.settings.account_numbers == "meter":
        reason = f"{taken}; it is the meter number here, whatever the brand: add to the number, as in 123-ITRON"
        return Conflict("account-taken", reason, field="meterNumber")
    return Conflict("account-taken", taken, field="accountNumber")
