"""The job that imports uploaded files."""

from chalice.app import Blueprint, SQSEvent

from chalicelib.files import service as files
from chalicelib.imports import service
from chalicelib.kernel.errors import NotFound
from chalicelib.platform import log
from chalicelib.platform.jobs import job, job_context
from chalicelib.platform.messages import IMPORTS, read_messages
from chalicelib.readings import service as readings
from chalicelib.tenancy import service as tenancy

blueprint = Blueprint(__name__)

_TAKEN_IN_BY = {
    "readings": readings.run_import,
    "registry": service.run_registry_import,
    "history": service.run_history_import,
    "bank": service.run_bank_import,
}


@blueprint.on_sqs_message(queue="meterbook-imports", batch_size=1, name="import_readings")
@job("import_readings")
def import_readings(event: SQSEvent) -> None:
    """Import each uploaded file: readings, a registry, a history or a bank file."""
    for message in read_messages(event, IMPORTS):
        place = files.parse_file_key(message.key)
        if place is None:
            log.event("import_ignored")  # another kind of object, or one that was not announced
            continue
        client, project, kind, import_id = place
        try:
            ctx = tenancy.enter_project(job_context("import_readings", client=client, project=project))
            _TAKEN_IN_BY[kind](ctx, import_id=import_id)
        except NotFound:
            log.event("import_ignored")
        else:
            log.event("import_done", client=client, project=project, import_id=import_id)
