"""Consumers pay their bills online: a simulated gateway tells by signed callbacks what became of each payment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from chalice.app import Chalice

from chalicelib.kernel.money import Money
from chalicelib.payments import service as payments
from chalicelib.platform import clock, settings
from local.simulated_gateway import callback_of
from tests.support.faults import just_before_writing
from tests.support.http import Api, Reply
from tests.support.ledger import Stored, wrong_with
from tests.support.online import CALLBACKS, Online


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Online:
    return Online(app, api).on("2025-11-18")


def _shown(found: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(found[name] for name in names)


def _is_sound(office: Online) -> bool:
    project = office.utility.context().project
    wrong = wrong_with(Stored.of(project.client, project.id), in_order=False)
    # A payment that made credit of others' money says so: its shares and its credit are more than its amount.
    assert [said for said in wrong if "shares of" not in said and "what its entries say" not in said] == []
    return True


@pytest.mark.covers("S2-031", "S2-060", "S2-064", "S2-067", "S1-138")
def test_a_consumer_pays_a_bill_online(office: Online) -> None:
    started = office.starts()
    assert _shown(started, "status", "amount", "upiId", "paymentId") == ("pending", "275.00", "ana@upi", None)
    assert office.payments() == []
    assert office.bill(office.first["id"])["amountDue"] == "275.00"

    told = office.completes(started)
    assert told == {"onlinePaymentId": started["id"], "status": "completed", "paymentId": started["id"]}
    [payment] = office.payments()
    assert _shown(payment, "amount", "method", "upiId", "source", "desk", "receiptNumber", "status", "paidOn") == (
        "275.00", "online", "ana@upi", "online", "ONLINE", "RCPT-ONLINE-000001", "completed", "2025-11-18",
    )  # fmt: skip
    assert office.bill(office.first["id"])["status"] == "paid"
    assert office.as_consumer().get(f"{office.base}/payments/{payment['id']}/receipt").expect(200)["void"] is False
    assert office.needing_attention() == []


@pytest.mark.covers("S2-064", "S2-067")
def test_a_payment_that_fails_leaves_the_bill_unpaid(office: Online) -> None:
    started = office.starts()
    office.tell(office.paid(started, "failed", reason="Declined")).expect(200)
    assert _shown(office.seen(started), "status", "reason", "paymentId") == ("failed", "Declined", None)
    assert (office.payments(), office.bill(office.first["id"])["amountDue"]) == ([], "275.00")


@pytest.mark.covers("S2-036")
def test_consumers_see_and_pay_only_their_own_bills(office: Online) -> None:
    assert office.asks(office.bens["id"]).expect(404)["code"] == "not-found"
    assert office.asks(office.first["id"], office.bens["id"]).expect(404)["code"] == "not-found"
    bens = office.starts(office.bens["id"], by="Ben")
    ana = office.as_consumer()
    ana.get(f"{office.base}/online-payments/{bens['id']}").expect(404)
    assert ana.get(f"{office.base}/online-payments").expect(200)["items"] == []
    mine = office.starts()
    assert [each["id"] for each in ana.get(f"{office.base}/online-payments").expect(200)["items"]] == [mine["id"]]
    body = {"method": "cash", "bills": [{"billId": office.first["id"]}]}
    ana.post(f"{office.base}/payments", body).expect(403)
    ana.post(f"{office.base}/online-payments/{mine['id']}/review", {"note": "Fine"}).expect(403)


@pytest.mark.covers("S2-061", "S2-066", "S2-319")
def test_only_the_online_method_with_its_upi_id_is_paid_online(office: Online) -> None:
    assert office.asks(upiId=None).expect(400)["code"] == "fact-missing"
    for method in ("cash", "card"):
        assert office.asks(method=method, upiId=None).expect(400)["code"] == "bad-method"


@pytest.mark.covers("S2-317")
def test_a_paid_or_unknown_bill_is_not_paid_online(office: Online) -> None:
    office.asks("2025-11.NONE.1").expect(404)
    office.pays_at_the_counter()
    assert office.asks().expect(409)["code"] == "nothing-due"


@pytest.mark.covers("S2-320")
def test_the_amount_is_what_is_due_with_the_late_charge_of_today(office: Online) -> None:
    assert office.asks(amount="1.00").expect(400)["code"] == "invalid-body"
    office.on("2025-11-25")
    started = office.starts()
    assert started["amount"] == "302.50"
    office.completes(started)
    bill = office.bill(office.first["id"])
    assert _shown(bill, "status", "lateCharge", "paid") == ("paid", "27.50", "302.50")


def test_an_expired_payment_is_only_shown_so_and_a_late_callback_counts(office: Online) -> None:
    started = office.starts()
    paid = office.paid(started)
    assert office.seen(started)["expired"] is False
    office.on("2025-11-25")
    assert _shown(office.seen(started), "expired", "status") == (True, "pending")
    office.tell(paid).expect(200)
    [payment] = office.payments()
    assert _shown(payment, "amount", "paidOn", "bookedOn") == ("275.00", "2025-11-18", "2025-11-25")
    assert _shown(office.bill(office.first["id"]), "status", "lateCharge") == ("paid", "0.00")


def test_a_late_callback_takes_back_late_charges_that_were_posted_since(office: Online) -> None:
    started = office.starts()
    paid = office.paid(started)
    office.on("2025-11-25")
    assert office.pays_at_the_counter()["amount"] == "302.50"
    office.tell(paid).expect(200)
    assert (office.owed()["credit"], office.seen(started)["credit"]) == ("302.50", "302.50")
    assert office.bill(office.first["id"])["lateCharge"] == "0.00"


def _late(office: Online, *, amount: str = "275.00", counter: str = "302.50") -> tuple[str, str]:
    """Pay at the counter on the 25th, then hear of money of the 18th; return the ids of both payments."""
    started = office.starts()
    paid = office.paid(started, amount=amount)
    at_counter = office.on("2025-11-25").pays_at_the_counter(amount=counter)
    office.tell(paid).expect(200)
    return at_counter["id"], started["id"]


def _reverses(office: Online, payment_id: str) -> Reply:
    return office.staff.post(f"{office.base}/payments/{payment_id}/reversal", {"reason": "typing_error"})


def _stands(office: Online) -> tuple[Any, ...]:
    assert _is_sound(office)
    return (*_shown(office.bill(office.first["id"]), "paid", "lateCharge", "amountDue"), office.owed()["credit"])


def test_the_counters_payment_is_reversed_after_a_late_callback_made_it_credit(office: Online) -> None:
    at_counter, online = _late(office)
    assert _stands(office) == ("275.00", "0.00", "0.00", "302.50")
    _reverses(office, at_counter).expect(200)
    assert _stands(office) == ("275.00", "0.00", "0.00", "0.00")
    _reverses(office, online).expect(200)
    assert _stands(office) == ("0.00", "27.50", "302.50", "0.00")


def test_the_late_callbacks_payment_is_reversed_before_the_counters(office: Online) -> None:
    at_counter, online = _late(office)
    _reverses(office, online).expect(200)
    assert _stands(office) == ("302.50", "27.50", "0.00", "0.00")
    _reverses(office, at_counter).expect(200)
    assert _stands(office) == ("0.00", "27.50", "302.50", "0.00")


def test_the_counters_payment_is_reversed_from_its_bill_as_far_as_it_did_not_become_credit(
    app: Chalice, api: Api
) -> None:
    """175.00 of the 18th: the late charge is 10.00, and of the 302.50 at the counter 192.50 are credit."""
    office = Online(app, api, partPayments=True).on("2025-11-18")
    at_counter, online = _late(office, amount="175.00")
    assert _stands(office) == ("285.00", "10.00", "0.00", "192.50")
    _reverses(office, at_counter).expect(200)
    assert _stands(office) == ("175.00", "10.00", "110.00", "0.00")
    _reverses(office, online).expect(200)
    assert _stands(office) == ("0.00", "27.50", "302.50", "0.00")


def test_credit_that_was_freed_pays_its_bill_again_before_the_bill_is_open(app: Chalice, api: Api) -> None:
    """A part of 100.00 and then 200.00 were paid at the counter: what is reversed of it is taken from the credit."""
    office = Online(app, api, partPayments=True).on("2025-11-18")
    started = office.starts()
    paid = office.paid(started)
    parts = [office.on("2025-11-25").pays_at_the_counter(amount=amount)["id"] for amount in ("100.00", "202.50")]
    office.tell(paid).expect(200)
    assert _stands(office) == ("275.00", "0.00", "0.00", "302.50")
    _reverses(office, parts[0]).expect(200)
    assert _stands(office) == ("275.00", "0.00", "0.00", "202.50")
    _reverses(office, started["id"]).expect(200)
    assert _stands(office) == ("202.50", "27.50", "100.00", "0.00")
    _reverses(office, parts[1]).expect(200)
    assert _stands(office) == ("0.00", "27.50", "302.50", "0.00")


def test_the_counters_payment_is_not_reversed_once_its_credit_was_paid_back(office: Online) -> None:
    at_counter, _ = _late(office)
    refund = {"amount": "302.50", "method": "cash", "reason": "Asked for it"}
    office.staff.post(f"{office.path('A1')}/refunds", refund).expect(201)
    assert _reverses(office, at_counter).expect(409)["code"] == "already-used"
    assert _stands(office) == ("275.00", "0.00", "0.00", "0.00")


def test_a_callback_that_comes_twice_makes_one_payment(office: Online) -> None:
    started = office.starts()
    paid = office.paid(started)
    assert office.tell(paid).expect(200) == office.tell(paid).expect(200)
    assert len(office.payments()) == 1
    assert office.needing_attention() == []


def test_eight_callbacks_at_once_make_one_payment(office: Online) -> None:
    started = office.starts()
    paid = office.paid(started)
    with ThreadPoolExecutor(8) as gateways:
        replies = list(gateways.map(lambda _: office.tell(paid), range(8)))
    assert {reply.status for reply in replies} == {200}
    assert len(office.payments()) == 1
    assert office.bill(office.first["id"])["status"] == "paid"
    assert office.owed()["credit"] == "0.00"


def test_eight_payments_of_one_bill_at_once_are_all_posted_without_a_gap_in_the_receipts(office: Online) -> None:
    paid = [office.paid(office.starts()) for _ in range(8)]
    waiting = paid
    for _ in range(3):  # a gateway sends again what was answered with 503
        with ThreadPoolExecutor(8) as gateways:
            replies = list(gateways.map(office.tell, waiting))
        assert {reply.status for reply in replies} <= {200, 503}
        waiting = [each for each, reply in zip(waiting, replies, strict=True) if reply.status == 503]
    assert waiting == []
    numbers = sorted(each["receiptNumber"] for each in office.payments())
    assert numbers == [f"RCPT-ONLINE-{number:06}" for number in range(1, 9)]
    assert office.owed()["credit"] == "1925.00"
    assert len(office.needing_attention()) == 7


def test_a_callback_and_the_counter_at_once_lose_no_money(office: Online) -> None:
    started = office.starts()
    paid = office.paid(started)
    body = {"method": "cash", "bills": [{"billId": office.first["id"]}]}
    staff = office.staff
    with ThreadPoolExecutor(2) as both:
        told = both.submit(office.tell, paid)
        taken = both.submit(staff.post, f"{office.base}/payments", body)
    told.result().expect(200)
    counter = taken.result()
    assert counter.status in {201, 409}
    twice = counter.status == 201
    assert len(office.payments()) == 1 + twice
    assert office.owed()["credit"] == ("275.00" if twice else "0.00")
    assert office.bill(office.first["id"])["amountDue"] == "0.00"


def test_money_that_the_counter_takes_a_moment_before_makes_the_callbacks_credit(office: Online) -> None:
    started = office.starts()
    with just_before_writing(office.pays_at_the_counter):
        office.completes(started)
    assert (len(office.payments()), office.owed()["credit"]) == (2, "275.00")
    assert office.needing_attention() == [started["id"]]


def test_money_whose_month_is_closed_while_it_is_posted_counts_after_it(office: Online) -> None:
    paid = office.paid(office.starts())
    office.on("2025-12-02")
    close = {"month": "2025-11"}
    with just_before_writing(lambda: office.staff.post(f"{office.base}/closed-months", close).expect(200)):
        office.tell(paid).expect(200)
    assert [each["paidOn"] for each in office.payments()] == ["2025-12-01"]


def test_a_failure_that_is_heard_a_moment_before_completion_does_not_hide_it(office: Online) -> None:
    started = office.starts()
    failure = office.paid(started, "failed")
    with just_before_writing(lambda: office.tell(failure).expect(200)):
        office.completes(started)
    assert office.seen(started)["status"] == "completed"
    other = office.starts(office.bens["id"], by="Ben")
    with just_before_writing(lambda: office.completes(other)):
        office.tell(office.paid(other, "failed")).expect(200)
    assert office.seen(other)["status"] == "completed"
    assert len(office.payments("B1")) == 1


def test_money_for_a_bill_that_is_not_there_any_more_is_credit(office: Online) -> None:
    ana = office.first["consumerId"]
    ctx = office.utility.context()
    arrival = payments.Arrival(
        payment_id=ctx.new_id(),
        account="A1",
        consumer_id=ana,
        consumer_name="Ana Reyes",
        bills={"2025-11.A1.9": 10000, office.bens["id"]: 10000},
        amount=Money(20000, "PHP"),
        on=date(2025, 11, 18),
        desk="ONLINE",
        source="online",
        method="online",
    )
    taken = payments.record_arrival(ctx, arrival=arrival)
    assert payments.record_arrival(ctx, arrival=arrival) == taken
    assert office.owed()["credit"] == "200.00"
    assert office.bill(office.bens["id"])["paid"] == "0.00"


def test_bills_of_two_connections_are_paid_at_once_and_what_is_left_is_credit(office: Online) -> None:
    office.on("2025-11-18")
    office.connect("A2", consumer=office.first["consumerId"], initialReading="0")
    office.read("A2", "2025-11-18", "10")
    second = next(bill for bill in office.run("2025-11") if bill["accountNumber"] == "A2")
    started = office.starts(office.first["id"], second["id"])
    assert started["amount"] == "550.00"
    office.pays_at_the_counter()
    office.completes(started)
    assert [each["amount"] for each in office.payments("A2")] == ["550.00"]
    assert office.bill(second["id"])["status"] == "paid"
    assert (office.owed("A2")["credit"], office.seen(started)["credit"]) == ("275.00", "275.00")


def test_a_failure_after_completion_changes_nothing_and_completion_after_failure_counts(office: Online) -> None:
    started = office.starts()
    office.tell(office.paid(started, "failed")).expect(200)
    assert office.completes(started)["status"] == "completed"
    office.tell(office.paid(started, "failed")).expect(200)
    assert office.seen(started)["status"] == "completed"
    assert len(office.payments()) == 1


def test_money_for_a_bill_that_was_paid_at_the_counter_is_credit_and_listed(office: Online) -> None:
    started = office.starts()
    office.pays_at_the_counter()
    office.completes(started)
    assert office.owed()["credit"] == "275.00"
    seen = office.seen(started)
    assert _shown(seen, "status", "credit", "needsAttention", "attention") == ("completed", "275.00", True, "credit")
    assert office.needing_attention() == [started["id"]]
    assert {each["kind"] for each in office.payments()} == {"payment", "advance"}

    path = f"{office.base}/online-payments/{started['id']}/review"
    reviewed = office.staff.post(path, {"note": "Kept for December"}).expect(200)
    assert _shown(reviewed, "needsAttention", "reviewNote") == (False, "Kept for December")
    assert office.needing_attention() == []
    again = office.staff.post(path, {"note": "Another"}).expect(409)
    assert again["code"] == "nothing-to-review"


def _superseded(office: Online) -> dict[str, Any]:
    """Return the bill of December that took Ana's dues over on 5 December, with their late charge."""
    office.read("A1", "2025-12-05", "20")
    [new] = office.run("2025-12")
    assert office.bill(office.first["id"])["supersededBy"] == new["id"]
    return dict(new)


def test_money_for_a_bill_that_was_superseded_with_its_late_charge_pays_the_one_that_took_it_over(
    app: Chalice, api: Api
) -> None:
    office = Online(app, api, newBillsTake="dues").on("2025-11-18")
    started = office.starts()
    paid = office.paid(started)
    new = _superseded(office)
    assert (new["carriedOver"], new["amountDue"]) == ("302.50", "577.50")
    office.on("2025-12-06").tell(paid).expect(200)
    [payment] = office.payments()
    assert _shown(payment, "amount", "paidOn", "bookedOn") == ("275.00", "2025-11-18", "2025-12-06")
    assert [each["billId"] for each in payment["bills"]] == [new["id"]]
    assert (office.bill(new["id"])["amountDue"], office.owed()["credit"]) == ("302.50", "0.00")
    office.staff.post(f"{office.base}/payments/{started['id']}/reversal", {"reason": "other"}).expect(200)
    assert office.bill(new["id"])["amountDue"] == "577.50"
    assert _is_sound(office)


def test_a_superseded_bill_is_not_paid_online_as_the_document_says(app: Chalice, api: Api) -> None:
    office = Online(app, api, newBillsTake="dues")
    new = _superseded(office)
    refused = office.asks(office.first["id"]).expect(409)
    assert (refused["code"], new["id"] in refused["detail"]) == ("superseded", True)
    paths = api.get("/api/openapi.json").expect(200)["paths"]
    for kind in ("online-payments", "announced-payments", "announced-payments/{announcedPaymentId}/confirmation"):
        said = paths[f"/api/clients/{{clientId}}/projects/{{projectId}}/{kind}"]["post"]["responses"]["409"]
        assert "superseded" in said["description"], kind


def test_money_for_a_superseded_bill_whose_successor_is_paid_is_credit(app: Chalice, api: Api) -> None:
    office = Online(app, api, newBillsTake="dues").on("2025-11-18")
    paid = office.paid(office.starts())
    new = _superseded(office)
    office.pays_at_the_counter(bills=[{"billId": new["id"]}])
    office.on("2025-12-06").tell(paid).expect(200)
    assert (office.bill(new["id"])["status"], office.owed()["credit"]) == ("paid", "275.00")
    assert _is_sound(office)


def test_money_for_a_superseded_bill_takes_back_what_its_successor_was_charged_since(app: Chalice, api: Api) -> None:
    """The successor is charged 10 % of 550.00 on 21 December; with 275.00 of 18 November, it is 10 % of 275.00.

    The 27.50 that it took over stay: 275.00, 27.50 and 27.50, of which 57.75 are paid.
    """
    office = Online(app, api, newBillsTake="dues", partPayments=True).on("2025-11-18")
    paid = office.paid(office.starts())
    new = _superseded(office)
    office.on("2025-12-22").pays_at_the_counter(bills=[{"billId": new["id"]}], amount="57.75")
    office.tell(paid).expect(200)
    assert _shown(office.bill(new["id"]), "lateCharge", "amountDue") == ("27.50", "272.25")
    assert _is_sound(office)


def test_another_amount_than_asked_for_is_posted_and_listed(office: Online) -> None:
    less, more = office.starts(), office.starts()
    office.completes(less, amount="100.00")
    assert office.bill(office.first["id"])["amountDue"] == "175.00"
    assert _shown(office.seen(less), "attention", "received") == ("amount", "100.00")
    office.completes(more, amount="300.00")
    assert office.owed()["credit"] == "125.00"
    assert sorted(office.needing_attention()) == sorted([less["id"], more["id"]])


def test_a_second_different_completion_is_posted_to_nobody_and_listed(office: Online) -> None:
    started = office.starts()
    office.completes(started)
    office.completes(started, transaction_id="T-2")
    assert len(office.payments()) == 1
    assert _shown(office.seen(started), "attention", "reason") == ("again", "275.00 PHP by transaction T-2, too")


def test_the_day_of_the_money_is_when_the_gateway_took_it_within_what_can_be(office: Online) -> None:
    started = office.starts()
    office.completes(started, at=datetime.fromisoformat("1990-01-01T00:00:00+00:00"))
    assert office.payments()[0]["paidOn"] == "2025-11-18"


def test_a_reversed_online_payment_is_not_posted_again_by_a_repeated_callback(office: Online) -> None:
    started = office.starts()
    office.completes(started)
    office.staff.post(f"{office.base}/payments/{started['id']}/reversal", {"reason": "other"}).expect(200)
    office.completes(started)
    [payment] = office.payments()
    assert payment["status"] == "reversed"
    assert office.bill(office.first["id"])["amountDue"] == "275.00"


def test_no_drawer_gives_back_what_the_gateway_received(office: Online) -> None:
    started = office.starts()
    office.completes(started)
    opened = office.staff.post(f"{office.base}/cashier-sessions", {"desk": "MAIN", "float": "100.00"}).expect(201)
    path = f"{office.base}/payments/{started['id']}/reversal"
    assert office.staff.post(path, {"reason": "other"}).expect(200)["reversalCashierSessionId"] is None
    session = office.staff.get(f"{office.base}/cashier-sessions/{opened['id']}").expect(200)
    assert (session["expected"], session["methods"]) == ("100.00", opened["methods"])


def test_a_repeated_request_starts_one_payment(office: Online) -> None:
    first, second = office.starts(key="once"), office.starts(key="once")
    assert first == second
    assert len(office.as_consumer().get(f"{office.base}/online-payments").expect(200)["items"]) == 1


def _is_refused(reply: Reply) -> None:
    assert reply.expect(401)["code"] == "bad-signature"


def test_a_callback_that_the_gateway_did_not_sign_is_refused(office: Online) -> None:
    started = office.starts()
    paid = office.paid(started)
    for forged in ("v1=" + "0" * 64, "", "x", "é"):
        _is_refused(office.tell(paid, **{"Meterbook-Signature": forged}))
    headers, _ = callback_of(paid, sent_at=clock.now())
    _, altered = callback_of(replace(paid, amount="1.00"), sent_at=clock.now())
    _is_refused(office.utility.api.send("POST", CALLBACKS, altered, headers))
    for missing in ("Meterbook-Client", "Meterbook-Timestamp"):
        _is_refused(office.tell(paid, **{missing: ""}))
    assert office.payments() == []


def test_an_old_or_early_callback_is_refused(office: Online) -> None:
    started = office.starts()
    for seconds, status in ((-301, 401), (301, 401), (-299, 200)):
        headers, body = callback_of(office.paid(started), sent_at=clock.now() + timedelta(seconds=seconds))
        assert office.utility.api.send("POST", CALLBACKS, body, headers).status == status


def test_another_clients_signature_is_refused(app: Chalice, api: Api, office: Online) -> None:
    other = Online(app, api).on("2025-11-18")
    started, theirs = office.starts(), other.starts()
    paid = office.paid(started)
    headers, body = callback_of(other.paid(theirs), sent_at=clock.now())
    _is_refused(office.tell(paid, **{"Meterbook-Signature": headers["Meterbook-Signature"]}))
    _is_refused(api.send("POST", CALLBACKS, body, headers | {"Meterbook-Client": office.utility.client}))
    borrowed = replace(paid, pay_at=started["payAt"].replace(office.utility.client, other.utility.client))
    assert other.tell(borrowed).expect(404)["code"] == "not-found"
    assert (office.payments(), other.payments()) == ([], [])


def test_a_callback_is_bounded(office: Online) -> None:
    started = office.starts()
    headers, body = callback_of(office.paid(started), sent_at=clock.now())
    reply = office.utility.api.send("POST", CALLBACKS, body + b" " * 8_000, headers)
    assert reply.expect(413)["code"] == "too-large"
    for amount, currency in (("0.00", "PHP"), ("-1.00", "PHP"), ("1.001", "PHP"), ("1.00", "USD"), ("1.00", "XXX")):
        office.tell(office.paid(started, amount=amount, currency=currency)).expect(400)


def test_the_payer_confirms_or_fails_on_the_simulated_gateways_page(office: Online) -> None:
    started = office.starts()
    gateway = office.utility.api.gateway
    page = gateway.answer("GET", started["payAt"], {}, b"")
    assert (page.status, b"Simulated gateway" in page.body) == (200, True)
    for outcome, status in (("failed", "failed"), ("completed", "completed")):
        form = urlencode({"outcome": outcome, "amount": "275.00", "currency": "PHP"}).encode()
        assert gateway.answer("POST", started["payAt"], {}, form).status == 200
        assert office.seen(started)["status"] == status
    assert gateway.answer("GET", "/simulated-gateway/nothing", {}, b"").status == 404


def test_without_a_gateway_nobody_pays_online(office: Online, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("METERBOOK_PAYMENT_GATEWAY")
    settings.read_again()
    refused = office.asks().expect(409)
    monkeypatch.undo()
    settings.read_again()
    assert refused["code"] == "no-gateway"
