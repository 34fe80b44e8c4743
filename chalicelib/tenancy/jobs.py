"""The daily job of every client."""

from chalice.app import Blueprint, CloudWatchEvent

from chalicelib.audit import service as audit
from chalicelib.platform import log
from chalicelib.platform.jobs import for_each_tenant, job, job_context
from chalicelib.tenancy import service

blueprint = Blueprint(__name__)


@blueprint.schedule("rate(1 day)", name="seal_audit_logs")
@job("seal_audit_logs")
def seal_audit_logs(event: CloudWatchEvent) -> None:  # noqa: ARG001 - schedules call with their event
    """Seal the past days of every client's audit log.

    The newest seal is also logged, where it can't be changed with access to the table.
    """
    for_each_tenant("seal_audit_logs", [(client, "") for client in service.every_client()], _seal_days)


def _seal_days(client: str, project: str) -> None:
    for seal in audit.seal_days(job_context("seal_audit_logs", client=client, project=project)):
        log.event("audit_day_sealed", client=client, day=seal.day, count=seal.count, seal=seal.seal)
