"""Settings come from the environment: what is missing or wrong is named, and secrets are never quoted."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import ValidationError

from chalicelib.platform import settings

Set = Callable[[str, str], None]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    """Sets a variable for a test that begins with none."""
    for name in settings.Environment.model_fields:
        monkeypatch.delenv(f"METERBOOK_{name.upper()}", raising=False)
    settings.read_again()

    def set_variable(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        settings.read_again()

    yield set_variable
    settings.read_again()


def test_a_name_is_read_from_the_environment(given: Set) -> None:
    given("METERBOOK_TABLE", "bills")
    assert settings.table_name() == "bills"


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(
    ("needed", "variable"),
    [(settings.mail_sender, "METERBOOK_MAIL_SENDER"), (settings.token_keys, "METERBOOK_TOKEN_KEYS")],
)
def test_what_a_function_needs_and_was_not_given_is_named(needed: Callable[[], object], variable: str) -> None:
    with pytest.raises(RuntimeError, match=f"{variable} is not set"):
        needed()


def test_an_empty_variable_is_none(given: Set) -> None:
    given("METERBOOK_PORTAL", "")
    assert settings.environment().portal is None


@pytest.mark.parametrize(
    "keys", ['{"k1": "far-too-short"}', '{"k1": ["far-too-short"]}', "far-too-short", "{}"], ids=lambda keys: keys[:8]
)
def test_a_bad_secret_is_refused_and_not_quoted(given: Set, keys: str) -> None:
    given("METERBOOK_ROOT_KEYS", keys)
    with pytest.raises(ValidationError, match="root_keys") as refusal:
        settings.root_keys()
    assert "far-too-short" not in str(refusal.value)


def test_secrets_do_not_show_when_settings_are_printed(given: Set) -> None:
    given("METERBOOK_TOKEN_KEYS", '{"k1": "%s"}' % ("s" * 32))
    assert settings.token_keys() == {"k1": "s" * 32}
    assert "sss" not in repr(settings.environment())


@pytest.mark.parametrize("cost", ["3", "32", "twelve"])
def test_a_cost_that_bcrypt_does_not_know_is_refused(given: Set, cost: str) -> None:
    given("METERBOOK_BCRYPT_COST", cost)
    with pytest.raises(ValidationError, match="bcrypt_cost"):
        settings.environment()
