"""Import a registry: consumers and their connections, line by line."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection, MeterDetails, ambiguous_meter, check_connection, of_brand
from chalicelib.consumers import service as consumers
from chalicelib.files import service as files
from chalicelib.files.domain.record import FileImport, ImportResult
from chalicelib.identity import service as identity
from chalicelib.imports.domain.registry import (
    Outcome,
    Person,
    Registered,
    Registry,
    Row,
    against_standing,
    intake_of,
    parse,
    refusal_of,
    says_otherwise,
)
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.ids import derived_ids
from chalicelib.tenancy.domain import Project, ProjectContext


def run_registry_import(ctx: ProjectContext, *, import_id: str) -> FileImport:
    """Register the connections of an uploaded file, with their consumers, and write its report.

    Valid lines are kept even if others are refused. Idempotent: delivered twice or resumed after a crash, it gives the
    same result and report. A line costs as much as registering a consumer and a connection by hand.

    :raises NotFound: if no such file was announced.
    """
    return files.run_import(
        ctx,
        kind="registry",
        import_id=import_id,
        check_sender=lambda record: identity.check_may_still(
            ctx, user_id=record.requested_by, permission="registry.import"
        ),
        parse=lambda _, content: parse(content),
        take_in=_take_in,
    )


@dataclass(frozen=True, slots=True)
class _Taking:
    """The state of one import: the connections that existed when it began, by meter number; brands by name or id.

    `context` has the time of the announcement, so that a resumed import writes what the interrupted one would have.
    """

    context: ProjectContext
    project: Project
    record: FileImport
    standing: Mapping[str, list[Connection]]
    brands: Mapping[str, str]

    def standing_of(self, row: Row) -> Connection | None:
        """Return the connection that had a line's meter when the import began.

        :raises Conflict: if several have meters of its number, and it names no brand.
        """
        fitting = of_brand(self.standing.get(row.meter_number, []), row.meter_brand)
        if len(fitting) > 1:
            raise ambiguous_meter(row.meter_number, fitting)
        return fitting[0] if fitting else None

    def consumer_id(self, row: Row) -> str | None:
        """Return the id of a line's consumer, if any: derived from the consumer number, else from the meter number."""
        if row.person is None:
            return None
        number = row.person.number
        brand = (row.meter_brand,) if row.meter_brand else ()
        whose = ("number", number) if number else ("meter", self.project.id, row.meter_number, *brand)
        return derived_ids(self.project.client, "registry", *whose)()


def _take_in(ctx: ProjectContext, record: FileImport, registry: Registry) -> ImportResult:
    project = ctx.project
    known = connections.connections_by_numbers(project, meter_numbers=[row.meter_number for row in registry.rows])
    standing: dict[str, list[Connection]] = {}
    for one in known.values():
        if one.status != "closed":
            standing.setdefault(one.meter_number, []).append(one)
    brands = connections.brands_by_word(ctx) if "meter_brand" in registry.titles else {}
    taking = _Taking(replace(ctx, now=record.requested_at), project, record, standing, brands)
    outcomes: list[Outcome] = [*registry.refusals, *(_take_row(taking, row) for row in registry.rows)]
    return intake_of(outcomes, blank=registry.blank).with_titles(registry.titles)


def _take_row(taking: _Taking, row: Row) -> Outcome:
    said = row.meter_brand
    if said:
        row = replace(row, meter_brand=taking.brands.get(said.casefold()))
        if row.meter_brand is None:
            return refusal_of(row, "unknown-brand", f"{said} is on the list of meter brands neither as id nor as name")
    try:
        standing = taking.standing_of(row)
        # A connection of exactly that instant may have been written by this import before it was interrupted.
        # Registering it again finds it.
        if standing is None or standing.created_at == taking.record.requested_at:
            return _register(taking, row)
    except (Invalid, Conflict, NotFound) as error:
        standing = _registered_meanwhile(taking, row) if error.code == "meter-taken" else None
        if standing is None:
            return refusal_of(row, error.code, str(error))
    return against_standing(row, standing, consumer_id=taking.consumer_id(row))


def _registered_meanwhile(taking: _Taking, row: Row) -> Connection | None:
    """Return the connection that another user registered with a line's meter after the list was read."""
    with suppress(Conflict):
        return connections.find_by_number(
            taking.project, account=None, meter_number=row.meter_number, meter_brand=row.meter_brand
        )
    return None


def _register(taking: _Taking, row: Row) -> Outcome:
    """Register a line's consumer and then its connection."""
    consumer_id = taking.consumer_id(row)
    check_connection(
        taking.project,
        consumer_class=row.consumer_class,
        consumer_id=consumer_id,
        given_account=row.account,
        tariff_id=row.tariff,
    )
    if row.person and consumer_id:
        _register_person(taking, row.person, consumer_id)
    connections.register_connection(
        replace(taking.context, request_key=f"import {taking.record.id} line {row.line}"),
        consumer_id=consumer_id,
        account=row.account,
        consumer_class=row.consumer_class,
        meter_number=row.meter_number,
        area=row.area,
        initial_reading=row.initial_reading or Decimal(0),
        details=MeterDetails(
            brand=row.meter_brand,
            digits=row.meter_digits,
            tariff_id=row.tariff,
            facts=row.facts,
            walking_order=row.walking_order,
        ),
    )
    return Registered(row.line, new=True)


def _register_person(taking: _Taking, person: Person, consumer_id: str) -> None:
    try:
        consumers.register_consumer(
            replace(taking.context, new_id=lambda: consumer_id),
            name=person.name,
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email,
            phone=person.phone,
            address=person.address,
        )
    except Invalid as error:
        if error.code != "key-reused":
            raise
        if not says_otherwise(person, consumers.get_consumer(taking.context, consumer_id=consumer_id)):
            return
        reason = "this consumer is registered already, with another name or contact; change them there"
        raise Conflict("other-consumer", reason) from None
