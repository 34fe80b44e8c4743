"""The audit log over HTTP."""

from chalice.app import Blueprint

from chalicelib.audit import service
from chalicelib.audit.schemas import AuditPage, AuditQuery, VerificationOut, VerificationQuery
from chalicelib.kernel.context import Context
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint

blueprint = Blueprint(__name__)

_LOG = "/api/clients/{clientId}/audit-log"


@endpoint(blueprint, "GET", _LOG, permission="audit.read", query=AuditQuery, returns=AuditPage, errors="bad-filter")
def list_audit_log(ctx: Context, *, query: AuditQuery) -> AuditPage:
    """List the entries of the audit log, newest first."""
    page = service.list_entries(
        ctx,
        actor_id=query.actor_id,
        action=query.action,
        project_id=query.project_id,
        subject=(query.subject_kind, query.subject_id),
        first_day=query.from_,
        last_day=query.to,
        limit=query.limit,
        cursor=query.cursor,
    )
    return AuditPage.of(page, names=user_names(ctx.client, [entry.actor_id for entry in page.items]))


@endpoint(
    blueprint,
    "GET",
    _LOG + "/verification",
    permission="audit.read",
    query=VerificationQuery,
    returns=VerificationOut,
)
def verify_audit_log(ctx: Context, *, query: VerificationQuery) -> VerificationOut:
    """Verify that the sealed days of the audit log are unchanged."""
    return VerificationOut.of(service.verify_log(ctx, from_day=query.from_))
