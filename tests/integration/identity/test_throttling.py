"""F2, F11: guessing is slowed down by where it comes from, and keeps nobody with the right password out."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.identity import service
from chalicelib.identity.domain.lockout import PER_NAME_AND_DAY, PER_NETWORK
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import MeterbookError
from tests.support import table
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_waterworks

HOME, OFFICE, STRANGER = "203.0.113.7", "198.51.100.1", "192.0.2.66"


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


def _from(utility: Utility, address: str, now: datetime = NOVEMBER) -> Context:
    return replace(utility.client_context(now=now), client="", address=address)


def _try(
    utility: Utility, address: str, login: str = "viewer", password: str = "wrong", now: datetime = NOVEMBER
) -> str:
    try:
        service.sign_in(_from(utility, address, now), client_id=utility.client, login=login, password=password)
    except MeterbookError as error:
        return error.code
    return "in"


def test_a_stranger_keeps_nobody_out_however_often_they_try(utility: Utility) -> None:
    """F2: one wrong password every fifteen minutes locked a named user out for good."""
    for _ in range(10):
        assert _try(utility, STRANGER) == "bad-login"
    assert _try(utility, STRANGER) == "too-many-tries"
    now = NOVEMBER
    for _ in range(8):
        now += timedelta(minutes=15)
        assert _try(utility, STRANGER, now=now) == "bad-login"
        assert _try(utility, STRANGER, password=PASSWORD, now=now + timedelta(seconds=1)) == "too-many-tries"
        assert _try(utility, HOME, password=PASSWORD, now=now + timedelta(seconds=1)) == "in"


def test_many_strangers_leave_a_known_network_its_ten_tries_and_a_new_one_the_first(utility: Utility) -> None:
    """F2: the account counts too, and yet the right password gets in from anywhere."""
    assert _try(utility, HOME, password=PASSWORD) == "in"
    for number in range(PER_NAME_AND_DAY // 10):
        for _ in range(10):
            assert _try(utility, f"192.0.2.{number}") == "bad-login"
    assert [_try(utility, "192.0.2.200") for _ in range(2)] == ["bad-login", "too-many-tries"]
    assert [_try(utility, HOME) for _ in range(10)] == ["bad-login"] * 10
    assert _try(utility, OFFICE, password=PASSWORD) == "in"
    later = NOVEMBER + timedelta(minutes=15)
    assert _try(utility, "192.0.2.200", password=PASSWORD, now=later) == "in"  # the wait is over


def test_a_stranger_at_the_sign_in_keeps_nobody_from_changing_their_password(utility: Utility) -> None:
    for _ in range(11):
        _try(utility, "127.0.0.1")
    me = service.get_user(
        utility.client_context(),
        user_id=service.sign_in(
            _from(utility, HOME), client_id=utility.client, login="viewer", password=PASSWORD
        ).user.id,
    )
    actor = replace(utility.client_context().actor, id=me.id, session_id="a-session")
    ctx = replace(utility.client_context(now=NOVEMBER), actor=actor, address="127.0.0.1")
    assert service.change_own_password(ctx, current=PASSWORD, new="Another-horse-2").id == me.id


def test_one_password_over_many_names_is_limited_by_where_it_comes_from(utility: Utility) -> None:
    """F11: it was unlimited."""
    assert _try(utility, OFFICE, "admin", PASSWORD) == "in"
    for number in range(PER_NETWORK):
        assert _try(utility, OFFICE, f"name-{number}") == "bad-login"
    left = table.items_of(utility.client, sessions=True)
    assert {_try(utility, OFFICE, f"more-{number}") for number in range(5)} == {"too-many-tries"}
    assert _try(utility, OFFICE, "viewer", PASSWORD) == "too-many-tries"  # it would tell that the guess is right
    assert table.items_of(utility.client, sessions=True) == left  # and nothing more is stored
    assert _try(utility, HOME, "viewer", PASSWORD) == "in"
    # Who signed in from there before gets in, and others are told nothing about them.
    assert [_try(utility, OFFICE, "admin") for _ in range(11)] == ["too-many-tries"] * 11
    assert _try(utility, OFFICE, "admin", PASSWORD, NOVEMBER + timedelta(seconds=30)) == "in"
    over = NOVEMBER + timedelta(minutes=15)
    assert _try(utility, OFFICE, "viewer", PASSWORD, over) == "in"


def test_all_addresses_of_one_ipv6_network_count_as_one(utility: Utility) -> None:
    for number in range(10):
        assert _try(utility, f"2001:db8:1:2::{number}") == "bad-login"
    assert _try(utility, "2001:db8:1:2:a:b:c:d") == "too-many-tries"
    assert _try(utility, "2001:db8:1:3::1") == "bad-login"
