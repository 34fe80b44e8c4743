"""Column mappings over HTTP."""

from chalice.app import Blueprint

from chalicelib.files import service
from chalicelib.files.schemas import MappingBody, MappingList, MappingOut
from chalicelib.platform.http import endpoint
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_MAPPINGS = "/api/clients/{clientId}/projects/{projectId}/readings/import-mappings"
_MAPPING = _MAPPINGS + "/{mappingId}"


@endpoint(blueprint, "GET", _MAPPINGS, permission="readings.import", returns=MappingList)
def list_mappings(ctx: ProjectContext) -> MappingList:
    """List the column mappings that an import can name: the project's own, and those of common readers."""
    return MappingList(items=tuple(MappingOut.of(mapping) for mapping in service.list_mappings(ctx)))


@endpoint(blueprint, "GET", _MAPPING, permission="readings.import", returns=MappingOut)
def get_mapping(ctx: ProjectContext, *, mapping_id: str) -> MappingOut:
    """Show a column mapping."""
    return MappingOut.of(service.get_mapping(ctx, mapping_id=mapping_id))


@endpoint(
    blueprint,
    "PUT",
    _MAPPING,
    permission="settings.manage",
    body=MappingBody,
    returns=MappingOut,
    errors="bad-mapping too-many-mappings",
)
def save_mapping(ctx: ProjectContext, *, mapping_id: str, body: MappingBody) -> MappingOut:
    """Save a column mapping, in the place of any with its id."""
    return MappingOut.of(service.save_mapping(ctx, mapping=body.to_domain(mapping_id)))


@endpoint(blueprint, "DELETE", _MAPPING, permission="settings.manage", returns=MappingOut)
def delete_mapping(ctx: ProjectContext, *, mapping_id: str) -> MappingOut:
    """Delete a column mapping of the project. Imports that are announced already keep it."""
    return MappingOut.of(service.delete_mapping(ctx, mapping_id=mapping_id))
