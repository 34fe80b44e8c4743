"""The job that sends mails."""

from chalice.app import Blueprint, SQSEvent

from chalicelib.identity import service
from chalicelib.platform import log
from chalicelib.platform.jobs import job, job_context
from chalicelib.platform.messages import MAILS, read_messages

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(queue="meterbook-mails", batch_size=1, name="send_mails")
@job("send_mails")
def send_mails(event: SQSEvent) -> None:
    """Mail a reset token to the user of a login name, if there is one."""
    for message in read_messages(event, MAILS):
        ctx = job_context("send_mails", client=message.client, project="")
        sent = service.mail_reset(ctx, login=message.login, order=message.order)
        # The client comes from a public request, so it may be any text.
        log.event("mail_considered", client=ctx.client if sent else "", count=int(sent))
