"""What uploads of readings set off."""

import json

from chalice.app import Blueprint, SQSEvent

from chalicelib.kernel.errors import NotFound
from chalicelib.platform import log
from chalicelib.platform.jobs import job, job_context
from chalicelib.readings import service

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(queue="meterbook-imports", batch_size=1, name="import_readings")
@job("import_readings")
def import_readings(event: SQSEvent) -> None:
    """This function will import each uploaded file that the bucket announces."""
    for record in event:
        key = json.loads(record.body)["detail"]["object"]["key"]
        place = service.parse_file_key(key)
        if place is None:
            log.event("import_ignored")  # another kind of object, or one that nobody announced
            continue
        client, project, import_id = place
        try:
            service.run_import(job_context("import_readings", client=client, project=project), import_id=import_id)
        except NotFound:
            log.event("import_ignored")
        else:
            log.event("import_done", client=client, project=project, import_id=import_id)
