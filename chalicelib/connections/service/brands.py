"""Add, list, rename and delete meter brands."""

from dataclasses import replace

from chalicelib.audit import service as audit
from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.brands import MeterBrand
from chalicelib.connections.repository import brands as repository
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.ids import slug
from chalicelib.platform.transaction import Action, Refused


def open_brand(ctx: Context, *, brand_id: str, name: str) -> MeterBrand:
    """Add a brand.

    :raises Invalid: for an invalid id.
    :raises Conflict: if the id is taken.
    """
    brand = MeterBrand(slug(brand_id, "a brand's id", field="id"), name)
    try:
        repository.insert_brand(ctx.client, brand, also=[_audit_write(ctx, "opened", None, brand)])
    except Refused:
        made = repository.find_brand(ctx.client, brand.id)
        if ctx.request_key and made and made.name == name:
            return made  # this request was repeated
        raise Conflict("brand-taken", f"there is a brand {brand_id} already; choose another id", field="id") from None
    return brand


def rename_brand(ctx: Context, *, brand_id: str, name: str) -> MeterBrand:
    """Rename a brand; its id stays, because connections refer to it.

    :raises NotFound: if the client has none with this id.
    """
    before = get_brand(ctx, brand_id=brand_id)
    after = replace(before, name=name)
    try:
        repository.rename_brand(ctx.client, after, also=[_audit_write(ctx, "renamed", before, after)])
    except Refused:
        raise _no_brand() from None
    return after


def delete_brand(ctx: Context, *, brand_id: str) -> MeterBrand:
    """Delete a brand. Closed connections keep its id.

    :raises NotFound: if the client has none with this id.
    :raises Conflict: while an open connection has it.
    """
    brand = get_brand(ctx, brand_id=brand_id)
    try:
        repository.delete_brand(ctx.client, brand, also=[_audit_write(ctx, "deleted", brand, None)])
    except Refused:
        get_brand(ctx, brand_id=brand_id)
        raise Conflict(
            "brand-used", f"connections have meters of the brand {brand_id}; give them another brand first"
        ) from None
    return brand


def brand_count_writes(ctx: Context, *, before: Connection | None, after: Connection | None) -> list[Action]:
    """Build the writes that count a connection's change of brand; a closed one does not count.

    Label `brand` is refused if the brand does not exist.
    """
    was = before.meter_brand if before and before.status != "closed" else None
    becomes = after.meter_brand if after and after.status != "closed" else None
    if was == becomes:
        return []
    left = [repository.brand_exit_write(ctx.client, was)] if was else []
    return [*left, repository.brand_entry_write(ctx.client, becomes)] if becomes else left


def get_brand(ctx: Context, *, brand_id: str) -> MeterBrand:
    """Return a meter brand.

    :raises NotFound: if the client has none with this id.
    """
    try:
        brand = repository.find_brand(ctx.client, slug(brand_id, "a brand's id"))
    except Invalid:
        brand = None
    if brand is None:
        raise _no_brand()
    return brand


def list_brands(ctx: Context) -> tuple[MeterBrand, ...]:
    """List the client's meter brands."""
    return repository.all_brands(ctx.client)


def brands_by_word(ctx: Context) -> dict[str, str]:
    """Return the ids of the client's meter brands by what files call them: id or name, case folded."""
    brands = repository.all_brands(ctx.client)
    return {brand.name.casefold(): brand.id for brand in brands} | {brand.id.casefold(): brand.id for brand in brands}


def _no_brand() -> NotFound:
    return NotFound("not-found", "there is no meter brand with this id")


def _audit_write(ctx: Context, action: str, before: MeterBrand | None, after: MeterBrand | None) -> Action:
    """Build the audit entry of a brand."""
    names = [{"brand_name": each.name} if each else None for each in (before, after)]
    brand_id = next(each.id for each in (after, before) if each)
    subject = ("meter-brand", brand_id)
    return audit.entry_write(ctx, action=f"meter-brand.{action}", subject=subject, before=names[0], after=names[1])
