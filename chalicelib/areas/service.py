"""Keep the client's list of areas."""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.areas import repository
from chalicelib.areas.domain import Area, known_code, lies_in, new_area, reaches
from chalicelib.audit import service as audit
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.platform.transaction import Action, Refused
from chalicelib.tenancy import service as tenancy


def open_area(ctx: Context, *, code: str, name: str) -> Area:
    """Add an area to the client's list. Idempotent: if it exists with the same name, return it.

    :raises Invalid: for an invalid code, or one whose outer area does not exist.
    :raises Conflict: if the code is taken by an area with another name.
    """
    area = new_area(tenancy.get_client(ctx), code=code, name=name, created_at=ctx.now)
    try:
        repository.insert_area(ctx.client, area, also=[_audit_write(ctx, "opened", area)])
    except Refused as refused:
        if "area" not in refused.labels:
            raise _unknown(str(area.parent)) from None
        made = repository.find_area(ctx.client, code)
        if made and made.name == name:
            return made
        raise Conflict("area-taken", f"there is an area {code} already; choose another code", field="code") from None
    return area


def get_area(ctx: Context, *, code: str) -> Area:
    """Return one area.

    :raises NotFound: if the client has none with this code, or it is outside the caller's areas.
    """
    area = repository.find_area(ctx.client, known_code(code))
    if area is None or not _concerns(ctx, code):
        raise NotFound("not-found", "there is no area with this code")
    return area


def list_areas(ctx: Context, *, outer: str | None = None, text: str | None = None) -> Sequence[Area]:
    """List all areas by code, or one area with those inside it; with a text, those that it matches.

    A user limited to areas sees only those, the areas inside them and the areas around them.
    """
    known = [area for area in repository.areas_in(ctx.client, outer) if _concerns(ctx, area.code)]
    return [area for area in known if text is None or area.is_found_by(text)]


def rename_area(ctx: Context, *, code: str, name: str | None, version: int) -> Area:
    """Rename an area, unless the name is None; its code stays, because connections and readings carry it.

    :raises NotFound: if the client has none with this code.
    :raises Conflict: if it was changed meanwhile.
    """
    area = get_area(ctx, code=code)
    renamed = replace(area, name=name or area.name, version=version + 1)
    try:
        repository.rename_area(
            ctx.client, renamed, version=version, also=[_audit_write(ctx, "renamed", renamed, before=area)]
        )
    except Refused:
        raise Conflict("changed", "this area was changed meanwhile; reload and retry") from None
    return renamed


def delete_area(ctx: Context, *, code: str) -> Area:
    """Delete an area.

    :raises NotFound: if the client has none with this code.
    :raises Conflict: while it has connections or smaller areas.
    """
    area = get_area(ctx, code=code)
    try:
        repository.delete_area(ctx.client, area, also=[_audit_write(ctx, "deleted", area)])
    except Refused:
        raise Conflict("area-used", f"area {code} has connections or smaller areas in it; move them first") from None
    return area


def area_entry_writes(ctx: Context, *, area: str) -> list[Action]:
    """Build the writes that count a connection in its area; `refusal_of` explains their refusals.

    A client without area levels has no list of areas: its connections may have any text as area, or none.

    :raises Invalid: if the client has a list of areas and the code is missing or invalid, or the area is outside
        the caller's areas.
    """
    if not reaches(ctx.actor, area):
        raise _unknown(area)
    if not tenancy.get_client(ctx).area_levels:
        return []
    try:
        return [repository.area_entry_write(ctx.client, known_code(area))]
    except NotFound:
        raise _unknown(area) from None


def area_exit_writes(ctx: Context, *, area: str) -> list[Action]:
    """Build the writes that no longer count a connection in its area."""
    # An area that was free text, from before the client had a list, is not counted.
    listed = bool(area) and repository.find_area(ctx.client, area) is not None
    return [repository.area_exit_write(ctx.client, area)] if listed else []


def area_listed_checks(ctx: Context, *, areas: Sequence[str]) -> list[Action]:
    """Build the checks that areas exist; none if the client has no list of areas.

    :raises Invalid: if the client has a list and a code is invalid.
    """
    if not tenancy.get_client(ctx).area_levels:
        return []
    try:
        return [repository.area_listed_check(ctx.client, known_code(area)) for area in sorted(set(areas))]
    except NotFound:
        raise _unknown(", ".join(areas)) from None


def check_listed(ctx: Context, *, area: str) -> None:
    """Check that an area exists; if the client has no list of areas, any is accepted. Two reads.

    :raises Invalid: if the client's list does not have it.
    """
    if tenancy.get_client(ctx).area_levels and repository.find_area(ctx.client, area) is None:
        raise _unknown(area)


def refusal_of(refused: Refused) -> Invalid | None:
    """Return the error for an area that does not exist, if a transaction was refused for that reason."""
    unknown = refused.subjects("listed area")
    return _unknown(unknown[0]) if unknown else None


def _concerns(ctx: Context, code: str) -> bool:
    return reaches(ctx.actor, code) or any(lies_in(own, code) for own in ctx.actor.areas or ())


def _audit_write(ctx: Context, action: str, area: Area, *, before: Area | None = None) -> Action:
    was = {"area_name": before.name} if before else None
    subject = ("area", area.code)
    return audit.entry_write(ctx, action=f"area.{action}", subject=subject, before=was, after={"area_name": area.name})


def _unknown(code: str) -> Invalid:
    said = f"there is no area {code!r}" if code else "name the area that it lies in"
    return Invalid("unknown-area", f"{said}; see GET /api/clients/{{clientId}}/areas", field="area")
