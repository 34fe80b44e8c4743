"""Mail, by SES."""

from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from chalicelib.platform import settings


@cache
def _client() -> Any:  # noqa: ANN401 - SES has no types of its own here
    return boto3.client("sesv2")


def send_mail(*, to: str, subject: str, text: str) -> bool:
    """Send a plain-text mail to one recipient, from the deployment's sender; return whether SES accepted it.

    False only if the address is invalid. Other errors are raised, because a retry or an operator may fix them.
    """
    body = {"Text": {"Data": text, "Charset": "UTF-8"}}
    try:
        _client().send_email(
            FromEmailAddress=settings.mail_sender(),
            Destination={"ToAddresses": [to]},
            Content={"Simple": {"Subject": {"Data": subject, "Charset": "UTF-8"}, "Body": body}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "BadRequestException":
            raise
        return False
    return True
