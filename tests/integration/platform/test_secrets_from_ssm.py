"""When deployed, secrets come from an SSM SecureString that the environment names."""

from collections.abc import Iterator

import boto3
import pytest
from pydantic import ValidationError

from chalicelib.platform import settings
from tests.support.engine import Engine

_NAME = "/meterbook/test/root-keys"


@pytest.fixture
def named(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment that names a parameter for the root keys."""
    monkeypatch.setenv("METERBOOK_ROOT_KEYS_PARAMETER", _NAME)
    settings.read_again()
    yield
    settings.read_again()


def _put(value: str) -> None:
    boto3.client("ssm").put_parameter(Name=_NAME, Value=value, Type="SecureString", Overwrite=True)


@pytest.mark.usefixtures("named")
def test_root_keys_are_read_from_the_parameter_that_is_named() -> None:
    _put('{"2026": "%s"}' % ("r" * 32))
    assert settings.root_keys() == {"2026": "r" * 32}


@pytest.mark.usefixtures("named")
def test_a_parameter_with_a_short_secret_is_refused_and_not_quoted() -> None:
    _put('{"2026": "far-too-short"}')
    with pytest.raises(ValidationError, match="at least 32 characters") as refusal:
        settings.root_keys()
    assert "far-too-short" not in str(refusal.value)
