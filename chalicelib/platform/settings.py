"""The deployment's settings: names and secrets from the environment, read when first needed."""

from functools import cache
from typing import Annotated, TypeVar

import boto3
from annotated_types import MinLen
from pydantic import ConfigDict, Field, TypeAdapter
from pydantic_settings import BaseSettings, SettingsConfigDict

# Secrets of at least 32 characters by key id, the current one first.
Keys = Annotated[dict[str, Annotated[str, MinLen(32)]], MinLen(1)]
_KEYS: TypeAdapter[dict[str, str]] = TypeAdapter(Keys, config=ConfigDict(hide_input_in_errors=True, defer_build=True))

Value = TypeVar("Value")


class NotGiven(RuntimeError):
    """The deployment lacks a setting that is needed."""


class Environment(BaseSettings):
    """The variables METERBOOK_TABLE and so on. A function gets only those that it uses, so any may be missing."""

    # Errors do not show the value, because it may be a secret.
    model_config = SettingsConfigDict(
        env_prefix="METERBOOK_", env_ignore_empty=True, frozen=True, hide_input_in_errors=True
    )

    stack: str = "local"
    table: str | None = None
    bucket: str | None = None
    billing_queue: str | None = None
    mail_queue: str | None = None
    mail_sender: str | None = None
    portal: str | None = None
    payment_gateway: str | None = None  # where payers are sent: the simulated gateway's URL, on a laptop and in tests
    allowed_origins: str = ""  # separated by commas; * for any
    hsts: str = "max-age=63072000"
    behind_cloudfront: bool = False
    token_keys_parameter: str | None = None
    root_keys_parameter: str | None = None
    token_keys: Keys | None = Field(default=None, repr=False)  # on a laptop, instead of the parameter
    root_keys: Keys | None = Field(default=None, repr=False)
    bcrypt_cost: int = Field(default=12, ge=4, le=31)


@cache
def environment() -> Environment:
    """Read the environment, once per process (see `read_again`).

    :raises ValidationError: for a variable with an invalid value, naming the variable.
    """
    return Environment()


def read_again() -> None:
    """Forget the environment, so that it is read again when next needed: the laptop and tests set it late."""
    environment.cache_clear()
    allowed_origins.cache_clear()
    token_keys.cache_clear()
    root_keys.cache_clear()


def table_name() -> str:
    """Return the name of the table."""
    return _given("table", environment().table)


def bucket_name() -> str:
    """Return the name of the bucket for uploads and reports."""
    return _given("bucket", environment().bucket)


def billing_queue_url() -> str:
    """Return the URL of the billing queue."""
    return _given("billing_queue", environment().billing_queue)


def mail_queue_url() -> str:
    """Return the URL of the queue of mails to send."""
    return _given("mail_queue", environment().mail_queue)


def mail_sender() -> str:
    """Return the sender's address of all mails."""
    return _given("mail_sender", environment().mail_sender)


@cache
def allowed_origins() -> frozenset[str]:
    """Return the web origins that browsers may call the API from; none unless the deployment names some."""
    named = environment().allowed_origins.split(",")
    return frozenset(filter(None, (origin.strip() for origin in named)))


@cache
def token_keys() -> dict[str, str]:
    """Return the signing secrets by key id, the current one first.

    They come from the environment on a laptop and from an SSM SecureString when deployed, never from the repository.
    """
    given = environment()
    return _secrets(given.token_keys_parameter) or _given("token_keys", given.token_keys)


@cache
def root_keys() -> dict[str, str]:
    """Return the root keys by key id, from which other keys are derived, the current one first.

    Seals of the audit log and keys of devices depend on them for years; a signing key is needed for weeks only.
    """
    given = environment()
    return _secrets(given.root_keys_parameter) or _given("root_keys", given.root_keys)


def _secrets(parameter: str | None) -> Keys | None:
    if parameter is None:
        return None
    answer = boto3.client("ssm").get_parameter(Name=parameter, WithDecryption=True)
    return _KEYS.validate_json(answer["Parameter"].get("Value", ""))


def _given(name: str, value: Value | None) -> Value:
    if value is None:
        raise NotGiven(f"METERBOOK_{name.upper()} is not set; infra/resources.yaml and local/ set it")
    return value
