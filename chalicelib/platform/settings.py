"""What the deployment decides: names and secrets from the environment, read when first needed."""

import json
import os
from functools import cache

import boto3


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"the environment variable {name} is not set; infra/resources.yaml and local/ set it")
    return value


def table_name() -> str:
    """Name the one table."""
    return _required("METERBOOK_TABLE")


def bucket_name() -> str:
    """Name the bucket of uploads and reports."""
    return _required("METERBOOK_BUCKET")


def billing_queue_url() -> str:
    """Give the address of the queue that drives the bill generator."""
    return _required("METERBOOK_BILLING_QUEUE")


def mail_queue_url() -> str:
    """Give the address of the queue of mails to send."""
    return _required("METERBOOK_MAIL_QUEUE")


def mail_sender() -> str:
    """Give the address that all mails come from."""
    return _required("METERBOOK_MAIL_SENDER")


def portal() -> str | None:
    """Give the address of the web portal that mails lead to, if there is one."""
    return os.environ.get("METERBOOK_PORTAL") or None


@cache
def token_keys() -> dict[str, str]:
    """Give the signing secrets by key id, the current one first.

    They come from the environment on a laptop and from an SSM SecureString when deployed, never from the repository.
    """
    return _secrets(os.environ.get("METERBOOK_TOKEN_KEYS_PARAMETER"), "METERBOOK_TOKEN_KEYS")


@cache
def root_keys() -> dict[str, str]:
    """Give the secrets by key id that other keys are derived from, the current one first.

    Seals of the audit log and the keys of devices hang on them for years, where a signing key lives for weeks.
    """
    return _secrets(os.environ.get("METERBOOK_ROOT_KEYS_PARAMETER"), "METERBOOK_ROOT_KEYS")


def _secrets(parameter: str | None, variable: str) -> dict[str, str]:
    if parameter:
        answer = boto3.client("ssm").get_parameter(Name=parameter, WithDecryption=True)
        text = answer["Parameter"].get("Value", "")
    else:
        text = _required(variable)
    keys: dict[str, str] = json.loads(text)
    if not keys or any(len(secret) < 32 for secret in keys.values()):
        raise RuntimeError(f"{variable.lower()} must be a JSON object of key id to a secret of at least 32 characters")
    return keys


def allowed_origin() -> str:
    """Name the web origin that browsers may call from ("*" unless set)."""
    return os.environ.get("METERBOOK_ALLOWED_ORIGIN", "*")
