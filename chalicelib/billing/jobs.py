"""What drives the generator: the queue, and a look every five minutes for runs that were interrupted."""

import json

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from chalicelib.billing import service
from chalicelib.platform import log
from chalicelib.platform.jobs import job, job_context
from chalicelib.tenancy import service as tenancy

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(queue="meterbook-billing", batch_size=1, name="generate_bills")
@job("generate_bills")
def generate_bills(event: SQSEvent) -> None:
    """Plan the run that a message names or, if it names a shard, bill that chunk of it."""
    for record in event:
        order = json.loads(record.body)
        ctx = job_context("generate_bills", client=order["client"], project=order["project"])
        if order["shard"] is None:
            service.plan_run(ctx, run_id=order["run"])
        else:
            service.generate_chunk(ctx, run_id=order["run"], shard=order["shard"])
        log.event("run_step_done", run_id=order["run"], chunk=order["shard"], client=ctx.client, project=ctx.project)


@blueprint.schedule("rate(5 minutes)", name="resume_runs")
@job("resume_runs")
def resume_runs(event: CloudWatchEvent) -> None:  # noqa: ARG001 - schedules call with their event
    """Wake the billing runs that were interrupted, of every project."""
    for client, project in tenancy.directory():
        resumed = service.resume_runs(job_context("resume_runs", client=client, project=project))
        if resumed:
            log.event("runs_resumed", client=client, project=project, count=resumed)
