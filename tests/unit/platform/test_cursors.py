"""A cursor is good for the list that handed it out, as long as the key that signed it is known."""

import json
from collections.abc import Callable, Iterator

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.platform import settings
from chalicelib.platform.cursors import decode_cursor, encode_cursor

_LAST = {"shard": 2, "inner": {"pk": "utility#water#BILL", "sk": "BILL#2025-11#2025110001"}}


@pytest.fixture
def sign_with(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets the signing keys of a test, the current one first."""

    def set_keys(*ids: str) -> None:
        monkeypatch.setenv("METERBOOK_TOKEN_KEYS", json.dumps({each: each * 32 for each in ids}))
        settings.read_again()

    set_keys("a")
    yield set_keys
    settings.read_again()


@pytest.mark.usefixtures("sign_with")
def test_a_cursor_says_where_the_page_before_ended() -> None:
    assert decode_cursor(encode_cursor(_LAST, "list"), "list") == _LAST


@pytest.mark.usefixtures("sign_with")
def test_a_cursor_is_refused_by_another_list() -> None:
    with pytest.raises(Invalid, match="does not belong to this list"):
        decode_cursor(encode_cursor(_LAST, "one client's list"), "another client's list")


def test_a_cursor_outlives_a_change_of_keys_and_ends_with_its_key(sign_with: Callable[..., None]) -> None:
    cursor = encode_cursor(_LAST, "list")
    sign_with("b", "a")
    assert decode_cursor(cursor, "list") == _LAST
    assert encode_cursor(_LAST, "list") != cursor
    sign_with("b")
    with pytest.raises(Invalid, match="start again without it"):
        decode_cursor(cursor, "list")
