"""Jobs of billing runs: messages of the queue, and a check for interrupted runs every five minutes."""

from functools import partial

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from chalicelib.billing import service
from chalicelib.platform import log
from chalicelib.platform.jobs import for_each_tenant, job, job_context
from chalicelib.platform.messages import BILLING, PlanRun, read_messages
from chalicelib.tenancy import service as tenancy

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(queue="meterbook-billing", batch_size=1, name="generate_bills")
@job("generate_bills")
def generate_bills(event: SQSEvent) -> None:
    """Plan a run or bill chunks of it, depending on the message."""
    for record, message in zip(event, read_messages(event, BILLING), strict=True):
        hide = partial(service.hide_message, receipt=record.receipt_handle)
        hide()
        ctx = tenancy.enter_project(job_context("generate_bills", client=message.client, project=message.project))
        if isinstance(message, PlanRun):
            service.plan_run(ctx, run_id=message.run)
            log.event("run_planned", run_id=message.run, client=ctx.client, project=message.project)
        else:
            done = service.generate_chunks(
                ctx, run_id=message.run, shard=message.shard, expired_lease=message.expired_lease, beat=hide
            )
            for shard in done:
                log.event("chunk_billed", run_id=message.run, chunk=shard, client=ctx.client, project=ctx.project_id)


@blueprint.schedule("rate(5 minutes)", name="resume_runs")
@job("resume_runs")
def resume_runs(event: CloudWatchEvent) -> None:  # noqa: ARG001 - schedules call with their event
    """Resume interrupted billing runs of all projects."""
    for_each_tenant("resume_runs", tenancy.directory(), _resume_runs)


def _resume_runs(client: str, project: str) -> None:
    resumed = service.resume_runs(tenancy.enter_project(job_context("resume_runs", client=client, project=project)))
    if resumed:
        log.event("runs_resumed", client=client, project=project, count=resumed)
