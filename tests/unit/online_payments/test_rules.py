"""The rules of online payments: nothing that arrived is forgotten, and nothing comes back to pending."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.money import Money
from chalicelib.online_payments.domain import (
    OPEN_FOR,
    Heard,
    Intent,
    Part,
    Review,
    check_method,
    check_size,
    completed,
    day_of,
    failed,
    heard_again,
    reviewed,
)
from chalicelib.tenancy.domain import PaymentMethod, PaymentSettings

_STARTED = datetime(2025, 11, 18, 1, tzinfo=UTC)
_NOW = _STARTED + timedelta(days=3)
_INTENT = Intent(
    id="01KBN5Q3W6Y9A2C5E8G1J4L7N0",
    kind="online",
    account="A1",
    consumer_id="C1",
    consumer_name="Ana Reyes",
    parts=(Part("2025-11.A1.1", "A1", 27500),),
    amount=Money(27500, "PHP"),
    method="online",
    started_by="ana",
    started_at=_STARTED,
)
_HEARD = Heard(outcome="completed", transaction_id="T-1", amount=Money(27500, "PHP"), at=_STARTED)


def _done(heard: Heard = _HEARD, credit_minor: int = 0) -> Intent:
    return completed(_INTENT, heard, credit_minor=credit_minor, by="gateway", now=_NOW)


@pytest.mark.covers("S2-067")
def test_what_is_completed_never_fails_or_waits_again() -> None:
    done = _done()
    assert failed(done, "Declined", by="gateway", now=_NOW) == done
    assert heard_again(done, _HEARD) == done


def test_what_failed_is_completed_when_the_money_comes_after_all() -> None:
    lost = failed(_INTENT, "Declined", by="gateway", now=_NOW)
    assert (lost.status, lost.payment_id) == ("failed", None)
    found = completed(lost, _HEARD, credit_minor=0, by="gateway", now=_NOW)
    assert (found.status, found.reason, found.payment_id) == ("completed", None, _INTENT.id)


def test_a_person_looks_at_credit_other_amounts_and_second_payments() -> None:
    assert not _done().needs_attention
    assert _done(credit_minor=1).attention == "credit"
    assert _done(replace(_HEARD, amount=Money(27499, "PHP"))).attention == "amount"
    for changed in (replace(_HEARD, transaction_id="T-2"), replace(_HEARD, amount=Money(1, "PHP"))):
        assert heard_again(_done(), changed).attention == "again"


def test_a_review_ends_the_attention_until_something_else_is_heard() -> None:
    looked = reviewed(_done(credit_minor=1), Review("eva", _NOW, "Fine"))
    assert (looked.needs_attention, looked.state) == (False, "completed")
    with pytest.raises(Conflict):
        reviewed(looked, Review("eva", _NOW, "Fine"))
    assert heard_again(looked, replace(_HEARD, transaction_id="T-2")).state == "attention"


def test_only_what_is_pending_expires_and_only_for_the_eye() -> None:
    assert not _INTENT.is_expired(_STARTED + OPEN_FOR - timedelta(seconds=1))
    assert _INTENT.is_expired(_STARTED + OPEN_FOR)
    assert not _done().is_expired(_NOW)
    assert not replace(_INTENT, kind="announced").is_expired(_NOW)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (_STARTED, date(2025, 11, 18)),
        (datetime(2025, 11, 19, 15, 59, tzinfo=UTC), date(2025, 11, 19)),
        (datetime(2025, 11, 19, 16, 0, tzinfo=UTC), date(2025, 11, 20)),
        (datetime(1, 1, 1, tzinfo=UTC), date(2025, 11, 18)),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), date(2025, 11, 21)),
    ],
)
def test_the_day_of_the_money_is_the_local_one_of_the_gateway(at: datetime, day: date) -> None:
    assert day_of(_INTENT, at, now=_NOW, timezone="Asia/Manila") == day


@pytest.mark.covers("S2-061")
def test_online_methods_are_paid_online_and_the_others_announced() -> None:
    settings = PaymentSettings(methods=(PaymentMethod("cash"), PaymentMethod("online", ("upiId",), online=True)))
    check_method("online", settings, kind="online")
    check_method("cash", settings, kind="announced")
    for name, kind in (("cash", "online"), ("online", "announced"), ("card", "online")):
        with pytest.raises(Invalid):
            check_method(name, settings, kind=kind)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="nobody can pay online here"):
        check_method("cash", PaymentSettings(), kind="online")


def test_a_payment_that_one_transaction_could_not_take_is_not_started() -> None:
    def parts(accounts: int) -> list[Part]:
        return [Part(f"2025-11.A{number}.1", f"A{number}", 1) for number in range(accounts)]

    check_size(parts(19))
    with pytest.raises(Invalid):
        check_size(parts(20))
