"""Every byte of a password counts, however long it is."""

from collections.abc import Iterator

import pytest

from chalicelib.platform import settings
from chalicelib.platform.auth import hash_password, password_matches


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Cost 4 tells right from wrong as well as cost 12."""
    monkeypatch.setenv("METERBOOK_BCRYPT_COST", "4")
    settings.read_again()
    yield
    settings.read_again()


@pytest.mark.parametrize("length", [1, 8, 64, 71, 72, 73, 100, 200])
def test_a_password_of_any_length_matches_itself_alone(length: int) -> None:
    password = "p" * length
    stored = hash_password(password)
    assert stored.startswith("$2b$")
    assert password not in stored or length == 1
    assert password_matches(password, stored)
    assert not password_matches(password + "x", stored)
    assert not password_matches(password[:-1] + "q", stored)


@pytest.mark.parametrize("password", ["é" * 40, "x" * 71 + "é", "a\x00b", "密码" * 30, "\U0001f600" * 20])
def test_a_password_is_not_cut_inside_or_after_a_character(password: str) -> None:
    stored = hash_password(password)
    assert password_matches(password, stored)
    assert not password_matches(password[:-1], stored)


def test_the_same_password_is_stored_differently_each_time() -> None:
    assert hash_password("Abcdef1!") != hash_password("Abcdef1!")
