"""When another mail may go out, how long its token is good, and what the mail says."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.identity.domain.resets import GOOD_FOR, Reset, mails_with, may_mail, reset_mail, wait_after
from tests.support.utilities import NOVEMBER


def _mailed(mails: int) -> Reset:
    return Reset("user", "token", "state", "order", NOVEMBER, mails)


@pytest.mark.parametrize(("mails", "minutes"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 60), (7, 60), (5000, 60)])
def test_the_wait_doubles_with_each_mail_up_to_an_hour(mails: int, minutes: int) -> None:
    assert wait_after(mails) == timedelta(minutes=minutes)
    assert not may_mail(_mailed(mails), "another", NOVEMBER + timedelta(minutes=minutes, milliseconds=-1))
    assert may_mail(_mailed(mails), "another", NOVEMBER + timedelta(minutes=minutes))


@given(st.integers(1, 10_000), st.timedeltas(timedelta(0), timedelta(days=2)))
def test_who_gets_no_new_mail_has_one_that_is_still_good(mails: int, later: timedelta) -> None:
    last, now = _mailed(mails), NOVEMBER + later
    assert may_mail(last, "another", now) or last.is_good(now)


def test_an_order_that_comes_again_may_mail_again_and_counts_once() -> None:
    assert may_mail(_mailed(3), "order", NOVEMBER)
    assert mails_with(_mailed(3), "order", NOVEMBER) == 3
    assert mails_with(_mailed(3), "another", NOVEMBER + timedelta(hours=24)) == 4
    assert mails_with(_mailed(3), "another", NOVEMBER + timedelta(hours=24, seconds=1)) == 1


def test_a_token_is_good_for_an_hour() -> None:
    assert _mailed(1).is_good(NOVEMBER + GOOD_FOR - timedelta(milliseconds=1))
    assert not _mailed(1).is_good(NOVEMBER + GOOD_FOR)


def test_a_mail_carries_a_code_or_where_there_is_a_portal_a_link_that_no_server_is_sent() -> None:
    subject, text = reset_mail(client_name="Waterworks", login="ana", token="t.o.ken", portal=None)
    assert (subject, "\nt.o.ken\n" in text, "ana at Waterworks" in text) == ("Waterworks: a new password", True, True)
    _, text = reset_mail(client_name="Waterworks", login="ana", token="t.o.ken", portal="https://portal.example")
    assert "\nhttps://portal.example/reset-password#t.o.ken\n" in text
