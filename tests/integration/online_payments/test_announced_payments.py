"""Consumers announce cash: it is pending until staff confirm it, and nothing is posted before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.faults import just_before_writing
from tests.support.http import Api, Reply
from tests.support.online import Online


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Online:
    return Online(app, api, overpayment="change").on("2025-11-18")


def _announces(office: Online, *bills: str, by: str = "Ana", **more: Any) -> Reply:  # noqa: ANN401
    body = {"bills": [{"billId": each} for each in bills or (office.first["id"],)]} | more
    return office.as_consumer(by).post(f"{office.base}/announced-payments", body)


def _confirms(office: Online, announced: dict[str, Any], *, key: str | None = None, **more: Any) -> Reply:  # noqa: ANN401
    path = f"{office.base}/announced-payments/{announced['id']}/confirmation"
    return office.staff.post(path, {"method": "cash"} | more, key=key)


def _pending(office: Online) -> list[str]:
    return [each["id"] for each in office.staff.get(f"{office.base}/announced-payments").expect(200)["items"]]


@pytest.mark.covers("S2-060", "S2-061", "S2-064", "S2-065")
def test_announced_cash_is_posted_when_staff_confirm_it(office: Online) -> None:
    announced = _announces(office, notes="I come on Friday").expect(201)
    assert (announced["status"], announced["amount"], announced["paymentId"]) == ("pending", "275.00", None)
    assert (office.payments(), office.bill(office.first["id"])["amountDue"]) == ([], "275.00")
    assert _pending(office) == [announced["id"]]

    confirmed = _confirms(office, announced, received="300.00").expect(200)
    assert (confirmed["status"], confirmed["received"], confirmed["paymentId"]) == (
        "completed", "275.00", announced["id"],
    )  # fmt: skip
    [payment] = office.payments()
    assert (payment["source"], payment["change"], payment["method"]) == ("counter", "25.00", "cash")
    assert payment["receiptNumber"] == "RCPT-MAIN-000001"
    assert office.bill(office.first["id"])["status"] == "paid"
    assert _pending(office) == []


@pytest.mark.covers("S2-064")
def test_rejected_cash_leaves_the_bill_unpaid(office: Online) -> None:
    announced = _announces(office).expect(201)
    path = f"{office.base}/announced-payments/{announced['id']}/rejection"
    office.staff.post(path, {}).expect(400)
    rejected = office.staff.post(path, {"reason": "Nobody came"}).expect(200)
    assert (rejected["status"], rejected["reason"]) == ("failed", "Nobody came")
    assert office.bill(office.first["id"])["amountDue"] == "275.00"
    assert _confirms(office, announced).expect(409)["code"] == "already-decided"
    assert office.payments() == []


@pytest.mark.covers("S2-036")
def test_consumers_announce_and_see_only_what_is_theirs(office: Online) -> None:
    _announces(office, office.bens["id"]).expect(404)
    bens = _announces(office, office.bens["id"], by="Ben").expect(201)
    ana = office.as_consumer()
    assert ana.get(f"{office.base}/announced-payments").expect(200)["items"] == []
    path = f"{office.base}/announced-payments/{bens['id']}"
    ana.get(path).expect(404)
    ana.post(f"{path}/confirmation", {"method": "cash"}).expect(403)
    ana.post(f"{path}/rejection", {"reason": "No"}).expect(403)
    office.staff.get(f"{office.base}/online-payments/{bens['id']}").expect(404)


def test_what_is_paid_online_is_not_announced(office: Online) -> None:
    for method in ("online", "card"):
        assert _announces(office, method=method).expect(400)["code"] == "bad-method"


def test_the_late_charge_of_the_day_of_confirmation_is_paid(office: Online) -> None:
    announced = _announces(office).expect(201)
    office.on("2025-11-25")
    assert _confirms(office, announced, received="275.00").expect(400)["code"] == "received-too-little"
    assert _confirms(office, announced, received="302.50").expect(200)["received"] == "302.50"


def test_only_the_request_that_confirmed_it_is_answered_again(office: Online) -> None:
    announced = _announces(office).expect(201)
    first = _confirms(office, announced, key="one").expect(200)
    assert _confirms(office, announced, key="one").expect(200) == first
    assert _confirms(office, announced, key="two").expect(409)["code"] == "already-decided"
    assert len(office.payments()) == 1


def test_eight_officers_confirm_it_once(office: Online) -> None:
    announced = _announces(office).expect(201)
    with ThreadPoolExecutor(8) as officers:
        replies = list(officers.map(lambda _: _confirms(office, announced), range(8)))
    assert sorted(reply.status for reply in replies) == [200, *[409] * 7]
    assert len(office.payments()) == 1


def test_an_officer_whose_colleague_confirmed_it_a_moment_before_is_told(office: Online) -> None:
    announced = _announces(office).expect(201)
    with just_before_writing(lambda: _confirms(office, announced).expect(200)):
        late = _confirms(office, announced, amount="275.00")
    assert late.expect(409)["code"] == "already-decided"
    assert len(office.payments()) == 1


def test_what_was_paid_meanwhile_is_not_paid_again(office: Online) -> None:
    announced = _announces(office).expect(201)
    office.pays_at_the_counter()
    assert _confirms(office, announced).expect(409)["code"] == "nothing-due"
    assert _pending(office) == [announced["id"]]
