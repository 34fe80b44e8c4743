"""Save, list and delete a project's column mappings. A project's own stands in the place of a preset with its id."""

from chalicelib.audit import service as audit
from chalicelib.files.domain.mapping import ColumnMapping, check_mapping
from chalicelib.files.domain.presets import PRESETS
from chalicelib.files.repository import mappings as repository
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.ids import slug
from chalicelib.platform.transaction import Action, Refused
from chalicelib.tenancy.domain import ProjectContext

MAX_MAPPINGS = 100


def list_mappings(ctx: ProjectContext) -> tuple[ColumnMapping, ...]:
    """List the mappings that an import can name, by id: the project's own and the presets."""
    own = {mapping.id: mapping for mapping in repository.all_mappings(ctx.project)}
    every = {**PRESETS, **own}
    return tuple(every[mapping_id] for mapping_id in sorted(every))


def get_mapping(ctx: ProjectContext, *, mapping_id: str) -> ColumnMapping:
    """Return a mapping of the project, or a preset.

    :raises NotFound: if there is none with this id.
    """
    try:
        found = repository.find_mapping(ctx.project, slug(mapping_id, "a mapping's id"))
    except Invalid:
        found = None
    found = found or PRESETS.get(mapping_id)
    if found is None:
        raise _no_mapping()
    return found


def mapping_named(ctx: ProjectContext, *, mapping_id: str | None) -> ColumnMapping | None:
    """Return the mapping that a request names, if it names one.

    :raises Invalid: if there is none with this id.
    """
    try:
        return get_mapping(ctx, mapping_id=mapping_id) if mapping_id else None
    except NotFound:
        reason = f"there is no mapping {mapping_id}; see GET .../readings/import-mappings"
        raise Invalid("unknown-mapping", reason, field="mappingId") from None


def save_mapping(ctx: ProjectContext, *, mapping: ColumnMapping) -> ColumnMapping:
    """Save a mapping, in the place of any with its id. Imports that are announced already keep the former one.

    :raises Invalid: if it can't be used.
    :raises Conflict: if it would be one too many.
    """
    slug(mapping.id, "a mapping's id", field="mappingId")
    check_mapping(mapping)
    before = repository.find_mapping(ctx.project, mapping.id)
    if before == mapping:
        return mapping
    if before is None and len(repository.all_mappings(ctx.project)) >= MAX_MAPPINGS:
        raise Conflict("too-many-mappings", f"a project has at most {MAX_MAPPINGS} mappings; delete one first")
    repository.put_mapping(ctx.project, mapping, also=[_audit_write(ctx, "saved", before, mapping)])
    return mapping


def delete_mapping(ctx: ProjectContext, *, mapping_id: str) -> ColumnMapping:
    """Delete a mapping of the project. Imports that are announced already keep it.

    :raises NotFound: if the project has none of its own with this id.
    """
    mapping = get_mapping(ctx, mapping_id=mapping_id)
    if mapping.built_in:
        raise _no_mapping()
    try:
        repository.delete_mapping(ctx.project, mapping.id, also=[_audit_write(ctx, "deleted", mapping, None)])
    except Refused:
        raise _no_mapping() from None
    return mapping


def _no_mapping() -> NotFound:
    return NotFound("not-found", "there is no column mapping with this id")


def _audit_write(ctx: Context, action: str, before: ColumnMapping | None, after: ColumnMapping | None) -> Action:
    mapping = after or before
    if mapping is None:
        raise AssertionError("nothing became of no mapping")
    return audit.entry_write(
        ctx,
        action=f"import-mapping.{action}",
        subject=("import-mapping", f"{ctx.project_id}.{mapping.id}"),
        before=before.facts() if before else None,
        after=after.facts() if after else None,
    )
