"""The money of each of the five sources over HTTP, by its preset and with a moved clock: figures of its documents."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.http import Api, Reply
from tests.support.tenants import Tenant

Open = Callable[..., Tenant]


def _shown(found: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(found[name] for name in names)


def _pay(api: Api, base: str, *bills: dict[str, Any], **more: Any) -> Reply:  # noqa: ANN401
    named = [{"billId": bill["id"]} for bill in bills]
    return api.post(f"{base}/payments", {"method": "cash"} | ({"bills": named} if named else {}) | more)


def _bill(tenant: Tenant, project: str, bill: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tenant.admin.get(f"{tenant.base(project)}/bills/{bill['id']}").expect(200)
    return found


def _owed(tenant: Tenant, project: str, **query: str) -> dict[str, Any]:
    """Return what the one connection owes that the inquiry finds."""
    [found] = tenant.admin.get(f"{tenant.base(project)}/inquiry", **query).expect(200)["items"]
    return dict(found)


def _listed(reply: Reply, name: str) -> list[Any]:
    return [each[name] for each in reply.expect(200)["items"]]


# --- S0


@pytest.mark.covers("S0-031")
def test_s0_a_bill_has_a_status_that_changes_with_its_payments(open_tenant: Open) -> None:
    tenant = open_tenant("water-billing-backend", "2025-11-05")
    water = tenant.base("water")
    charge = {"kind": "usage", "code": "usage", "label": "Water", "rate": "2.00"}
    sheet = {"name": "Flat", "currency": "USD", "unit": "m3", "validFrom": "2025-01-01", "charges": [charge]}
    tenant.admin.post(f"{water}/tariffs", {"id": "flat", "sheet": sheet}).expect(201)
    tenant.connect("water", consumerClass="consumer", meterNumber="M-1", initialReading="100")
    tenant.read("water", "M-1", "110", "2025-11-05")
    [bill] = tenant.bill("water", "2025-11").values()
    assert _shown(bill, "total", "status") == ("20.00", "open")
    _pay(tenant.admin, water, bill, amount="5.00").expect(201)
    assert _shown(_bill(tenant, "water", bill), "paid", "amountDue", "status") == ("5.00", "15.00", "partial")
    _pay(tenant.admin, water, bill).expect(201)
    assert _shown(_bill(tenant, "water", bill), "paid", "amountDue", "status") == ("20.00", "0.00", "paid")


# --- S1


class Condominium:
    """S1 with units that owe 25.06 each for July 2025, due on 15 August."""

    def __init__(self, open_tenant: Open, *units: str) -> None:
        self.tenant = open_tenant("water-bills", "2025-08-01")
        self.base = self.tenant.base("waterBills")
        for unit in units:
            facts = {"accountNumber": unit, "meterNumber": f"WM-{unit}", "consumerClass": "unit"}
            self.tenant.connect("waterBills", consumerId=None, initialReading="1774", **facts)
            self.tenant.read("waterBills", f"WM-{unit}", "1785", "2025-08-01")
        self.bills = self.tenant.bill("waterBills", "2025-07", dueOn="2025-08-15")
        assert {bill["total"] for bill in self.bills.values()} == {"25.06"}

    def on(self, day: str) -> None:
        self.tenant = self.tenant.on(day)

    def pay(self, unit: str, **more: Any) -> Reply:  # noqa: ANN401
        return _pay(self.tenant.admin, self.base, self.bills[unit], **more)

    def bill(self, unit: str) -> dict[str, Any]:
        return _bill(self.tenant, "waterBills", self.bills[unit])

    def owed(self, unit: str) -> dict[str, Any]:
        return _owed(self.tenant, "waterBills", accountNumber=unit)


@pytest.mark.covers("S1-042", "S1-074", "S1-120", "S1-056")
def test_s1_a_unit_pays_in_parts_and_not_a_cent_above_its_bill(open_tenant: Open) -> None:
    office = Condominium(open_tenant, "101")
    assert _shown(office.bill("101"), "paid", "status") == ("0.00", "open")
    office.on("2025-08-10")
    taken = office.pay("101", amount="10.00").expect(201)
    assert taken["receiptNumber"] == "TXN-2025-08-001"
    assert _shown(office.bill("101"), "paid", "status", "amountDue") == ("10.00", "partial", "15.06")

    office.on("2025-08-15")  # the last day of the process, and the due day
    assert office.pay("101", amount="15.07").expect(400)["code"] == "above-due"
    office.pay("101", amount="15.06").expect(201)
    bill = office.bill("101")
    assert _shown(bill, "paid", "status", "lateCharge", "amountDue") == ("25.06", "paid", "0.00", "0.00")
    unknown = {"method": "cash", "accountNumber": "999"}
    office.tenant.admin.post(f"{office.base}/payments", unknown).expect(404)


@pytest.mark.covers("S1-012", "S1-013", "S1-014", "S1-044", "S1-045")
def test_s1_five_percent_a_month_is_compounded_after_ten_days_of_grace(open_tenant: Open) -> None:
    office = Condominium(open_tenant, "101")
    assert office.bill("101")["lateCharge"] == "0.00"
    charged = {}
    for day in ("2025-08-25", "2025-08-26", "2025-09-24", "2025-09-25", "2025-10-25"):
        office.on(day)
        [owed] = office.owed("101")["bills"]
        charged[day] = _shown(owed, "total", "lateCharge", "amountDue")
    assert charged == {
        "2025-08-25": ("25.06", "0.00", "25.06"),
        "2025-08-26": ("25.06", "1.25", "26.31"),
        "2025-09-24": ("25.06", "1.25", "26.31"),
        "2025-09-25": ("25.06", "2.57", "27.63"),
        "2025-10-25": ("25.06", "3.95", "29.01"),
    }
    assert office.bill("101")["lateCharge"] == "0.00", "looking charges nothing"

    settings = office.tenant.admin.get(f"{office.base}/settings").expect(200)
    simple = {**settings["settings"]["lateCharge"], "compound": False}
    change = {"version": settings["version"], "settings": {"lateCharge": simple}}
    office.tenant.admin.patch(f"{office.base}/settings", change).expect(200)
    office.on("2025-09-25")
    assert office.owed("101")["bills"][0]["lateCharge"] == "2.50"


@pytest.mark.covers("S1-044", "S1-045")
def test_s1_what_is_charged_for_being_late_stands_beside_the_total(open_tenant: Open) -> None:
    office = Condominium(open_tenant, "101")
    office.on("2025-08-26")
    office.pay("101", amount="5.00").expect(201)
    bill = office.bill("101")
    assert _shown(bill, "total", "lateCharge", "paid", "amountDue") == ("25.06", "1.25", "5.00", "21.31")
    assert [line["amount"] for line in bill["lines"]] == ["25.00", "0.06"]
    office.on("2025-09-25")
    [owed] = office.owed("101")["bills"]
    # The late charge was paid first: 3.75 of the bill itself, so that 5 % compounded is on 21.31.
    assert _shown(owed, "principalDue", "amountDue") == ("21.31", "22.43")


@pytest.mark.covers("S1-053", "S1-054", "S1-055", "S1-057", "S1-059", "S1-060", "S1-061", "S1-062", "S1-063", "S1-076")
def test_s1_a_check_is_recorded_with_its_number_and_posted_at_once(open_tenant: Open) -> None:
    office = Condominium(open_tenant, "101")
    office.on("2025-08-12")
    admin = office.tenant.admin
    check = {"method": "check", "checkNumber": "1234", "paidOn": "2025-08-10", "notes": "Paid at office"}
    assert office.pay("101", method="card").expect(400)["code"] == "bad-method"
    assert office.pay("101", method="check").expect(400)["code"] == "fact-missing"
    assert office.pay("101", checkNumber="1234").expect(400)["code"] == "fact-not-needed"
    made = office.pay("101", **check).expect(201)
    payment = admin.get(f"{office.base}/payments/{made['id']}").expect(200)
    assert payment == made
    assert _shown(payment, "method", "checkNumber", "paidOn", "notes", "amount", "receiptNumber") == (
        "check", "1234", "2025-08-10", "Paid at office", "25.06", "TXN-2025-08-001",
    )  # fmt: skip
    assert _shown(payment["bills"][0], "year", "month", "period") == (2025, 7, "July 2025")
    assert _shown(payment, "recordedByName", "recordedAt", "ledgerPosted") == (
        "Admin",
        "2025-08-12T12:00:00.000Z",
        True,
    )

    [entry] = admin.get(f"{office.base}/connections/101/entries").expect(200)["items"]
    assert _shown(entry, "origin", "kind", "change", "valueOn", "recordedAt") == (
        payment["id"], "payment", "-25.06", "2025-08-10", payment["recordedAt"],
    )  # fmt: skip
    [found] = admin.get(f"{office.base}/payments", receiptNumber="TXN-2025-08-001").expect(200)["items"]
    assert found == payment
    admin.get(f"{office.base}/payments/{'0' * 26}").expect(404)


@pytest.mark.covers("S1-055", "S1-059", "S1-060", "S1-106")
def test_s1_three_units_are_paid_at_once_with_a_result_for_each(open_tenant: Open) -> None:
    office = Condominium(open_tenant, "101", "102", "103", "104")
    office.on("2025-08-10")
    office.pay("104", method="transfer").expect(201)
    pays = [
        {"method": "cash", "bills": [{"billId": office.bills[unit]["id"]}]} for unit in ("101", "104", "102", "103")
    ]
    done = office.tenant.admin.post(f"{office.base}/payments/batch", {"payments": pays}).expect(200)
    assert _shown(done, "taken", "refused") == (3, 1)
    results = [
        each["payment"]["receiptNumber"] if each["payment"] else each["refusal"]["code"] for each in done["results"]
    ]
    assert results == ["TXN-2025-08-002", "nothing-due", "TXN-2025-08-003", "TXN-2025-08-004"]
    assert {each["payment"]["paidOn"] for each in done["results"] if each["payment"]} == {"2025-08-10"}
    listed = office.tenant.admin.get(f"{office.base}/bills", period="2025-07", status="paid")
    assert _listed(listed, "accountNumber") == ["101", "102", "103", "104"]


@pytest.mark.covers("S1-077")
def test_s1_a_payment_is_taken_back_by_an_entry_and_never_deleted(open_tenant: Open) -> None:
    office = Condominium(open_tenant, "101")
    office.on("2025-08-10")
    paid = office.pay("101").expect(201)
    admin = office.tenant.admin
    reason = {"reason": "typing_error"}
    manager = office.tenant.staff("manager")
    manager.post(f"{office.base}/payments/{paid['id']}/reversal", reason).expect(403)
    admin.delete(f"{office.base}/payments/{paid['id']}").expect(405)
    office.on("2025-08-11")
    admin = office.tenant.admin
    admin.post(f"{office.base}/payments/{paid['id']}/reversal", reason).expect(200)
    assert _shown(office.bill("101"), "paid", "amountDue", "status") == ("0.00", "25.06", "open")
    statement = admin.get(f"{office.base}/connections/101/statement").expect(200)
    assert [_shown(line, "kind", "change") for line in statement["lines"]] == [
        ("bill", "25.06"),
        ("payment", "-25.06"),
        ("reversal", "25.06"),
    ]
    assert statement["closing"] == "25.06"
    log = admin.get(f"/api/clients/{office.tenant.client}/audit-log").expect(200)["items"]
    assert {"payment.recorded", "payment.reversed"} <= {each["action"] for each in log}
    office.on("2025-08-16")
    assert office.bill("101")["status"] == "overdue"
    kept = office.tenant.admin.get(f"{office.base}/payments/{paid['id']}").expect(200)
    assert _shown(kept, "status", "reversalReason", "receiptNumber") == ("reversed", "typing_error", "TXN-2025-08-001")


# --- S2


class TwoUtilities:
    """S2 with Ann's electricity: 345.00 for November 2025, due on the 20th, with five days of grace."""

    def __init__(self, open_tenant: Open) -> None:
        self.tenant = open_tenant("utility-billing-system", "2025-11-05")
        self.base = self.tenant.base("electricity")
        self.ann = self.tenant.consumer("Ann")
        self.ann_id = str(self.ann.get("/api/me").expect(200)["consumerId"])
        self.bill = self.make("electricity", "MTR-1", "50", self.ann_id)
        assert _shown(self.bill, "total", "dueOn") == ("345.00", "2025-11-20")

    def make(self, project: str, meter: str, use: str, consumer: str) -> dict[str, Any]:
        """Connect a consumer, and bill a use: 5.00 a unit and 18 % on it, and 50.00."""
        facts = {"meterNumber": meter, "consumerClass": "standard", "tariffId": "flat", "consumerId": consumer}
        self.tenant.connect(project, **facts)
        self.tenant.read(project, meter, use, "2025-11-05")
        return self.tenant.bill(project, "2025-11")[meter]

    def on(self, day: str) -> None:
        self.tenant = self.tenant.on(day)
        self.ann = self.tenant.sign_in("ann")

    def pay(self, **more: Any) -> Reply:  # noqa: ANN401
        return _pay(self.tenant.admin, self.base, self.bill, **more)

    def payments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.tenant.admin.get(f"{self.base}/payments").expect(200)["items"]
        return found


@pytest.mark.covers("S2-037", "S2-065", "S2-317", "S2-320", "S2-360", "S2-391")
def test_s2_takes_exactly_the_bill_once_and_numbers_the_receipt(open_tenant: Open) -> None:
    office = TwoUtilities(open_tenant)
    office.on("2025-11-10")
    assert office.pay(amount="344.99").expect(400)["code"] == "no-part-payments"
    assert office.pay(amount="345.01").expect(400)["code"] == "above-due"
    assert office.pay(received="400.00").expect(400)["code"] == "no-change"
    assert office.payments() == []
    paid = office.pay().expect(201)
    assert _shown(paid, "amount", "status", "paidOn", "receiptNumber", "upiId") == (
        "345.00", "completed", "2025-11-10", "RCPT-MAIN-000001", None,
    )  # fmt: skip
    assert _shown(_bill(office.tenant, "electricity", office.bill), "status", "amountDue") == ("paid", "0.00")
    assert office.pay().expect(409)["code"] == "nothing-due"
    assert office.payments() == [paid]
    unknown = {"id": "2025-11.MTR-9.1"}
    _pay(office.tenant.admin, office.base, unknown).expect(404)

    other = office.make("electricity", "MTR-2", "0", office.ann_id)
    second = _pay(office.tenant.admin, office.base, other).expect(201)
    assert second["receiptNumber"] == "RCPT-MAIN-000002"


@pytest.mark.covers("S2-061", "S2-066", "S2-319", "S2-391")
def test_s2_takes_cash_with_a_receipt_by_hand_and_online_money_with_its_upi_id(open_tenant: Open) -> None:
    office = TwoUtilities(open_tenant)
    second = office.make("electricity", "MTR-2", "0", office.ann_id)
    office.on("2025-11-10")
    assert office.pay(method="card").expect(400)["code"] == "bad-method"
    assert office.pay(method="online").expect(400)["code"] == "fact-missing"
    assert office.pay(upiId="ann@upi").expect(400)["code"] == "fact-not-needed"
    paid = office.pay(method="online", upiId="ann@upi").expect(201)
    assert _shown(paid, "method", "upiId") == ("online", "ann@upi")
    assert office.tenant.admin.get(f"{office.base}/payments/{paid['id']}").expect(200)["upiId"] == "ann@upi"

    by_hand = _pay(office.tenant.admin, office.base, second, receiptNumber="a-1001").expect(201)
    assert by_hand["receiptNumber"] == "A-1001"
    third = office.make("electricity", "MTR-3", "0", office.ann_id)
    taken = _pay(office.tenant.admin, office.base, third, receiptNumber="A-1001").expect(409)
    assert taken["code"] == "receipt-taken"


@pytest.mark.covers("S2-050", "S2-315", "S2-320", "S2-389", "S2-390")
def test_s2_the_total_includes_tax_and_penalty(open_tenant: Open) -> None:
    office = TwoUtilities(open_tenant)
    assert _shown(office.bill, "status", "lateCharge") == ("open", "0.00")
    office.on("2025-11-20")
    assert _bill(office.tenant, "electricity", office.bill)["status"] == "open"
    office.on("2025-11-25")
    assert _bill(office.tenant, "electricity", office.bill)["status"] == "overdue"
    assert _owed(office.tenant, "electricity", accountNumber="MTR-1")["amountDue"] == "345.00"
    office.on("2025-11-26")
    [owed] = _owed(office.tenant, "electricity", accountNumber="MTR-1")["bills"]
    assert _shown(owed, "principalDue", "lateCharge", "amountDue") == ("345.00", "20.00", "365.00")
    assert office.pay(amount="345.00").expect(400)["code"] == "no-part-payments"
    assert office.pay().expect(201)["amount"] == "365.00"
    bill = _bill(office.tenant, "electricity", office.bill)
    assert {line["code"]: line["amount"] for line in bill["lines"]} == {
        "usage": "250.00", "fixed": "50.00", "tax": "45.00",
    }  # fmt: skip
    assert _shown(bill, "total", "lateCharge", "paid", "status") == ("345.00", "20.00", "365.00", "paid")


@pytest.mark.covers("S2-359")
def test_s2_could_take_parts_by_a_setting(open_tenant: Open) -> None:
    office = TwoUtilities(open_tenant)
    settings = office.tenant.admin.get(f"{office.base}/settings").expect(200)
    parts = {**settings["settings"]["payments"], "partPayments": True}
    change = {"version": settings["version"], "settings": {"payments": parts}}
    office.tenant.admin.patch(f"{office.base}/settings", change).expect(200)
    office.pay(amount="100.00").expect(201)
    assert _bill(office.tenant, "electricity", office.bill)["status"] == "partial"
    office.pay(amount="245.00").expect(201)
    assert _bill(office.tenant, "electricity", office.bill)["status"] == "paid"
    listed = office.tenant.admin.get(f"{office.base}/bills/{office.bill['id']}/payments")
    assert sorted(_listed(listed, "amount")) == ["100.00", "245.00"]


@pytest.mark.covers("S2-062", "S2-068", "S2-069", "S2-102", "S2-324", "S2-392")
def test_s2_a_consumer_sees_what_they_owe_in_both_utilities_with_todays_penalties(open_tenant: Open) -> None:
    office = TwoUtilities(open_tenant)
    office.make("water", "W-1", "0", office.ann_id)
    paid = office.make("water", "W-2", "10", office.ann_id)
    _pay(office.tenant.admin, office.tenant.base("water"), paid).expect(201)
    office.make("electricity", "MTR-2", "20", office.tenant.person("Bob"))
    owed = office.ann.get("/api/me/owed").expect(200)
    assert [_shown(each, "projectId", "accountNumber", "amountDue") for each in owed["items"]] == [
        ("electricity", "MTR-1", "345.00"),
        ("water", "W-1", "50.00"),
        ("water", "W-2", "0.00"),
    ]
    assert owed["totals"] == [{"currency": "INR", "amountDue": "395.00", "credit": "0.00"}]

    office.on("2025-11-26")
    owed = office.ann.get("/api/me/owed").expect(200)
    assert [[bill["lateCharge"] for bill in each["bills"]] for each in owed["items"]] == [["20.00"], ["20.00"], []]
    assert owed["totals"][0]["amountDue"] == "435.00"
    assert office.pay().expect(201)["amount"] == "365.00"
    assert office.ann.get("/api/me/owed").expect(200)["totals"][0]["amountDue"] == "70.00"
    office.ann.get(f"{office.base}/inquiry", accountNumber="MTR-1").expect(403)


@pytest.mark.covers("S2-063", "S2-069", "S2-195", "S2-393", "S2-405")
def test_s2_a_consumer_sees_their_own_payments_the_newest_first(open_tenant: Open) -> None:
    office = TwoUtilities(open_tenant)
    water = office.make("water", "W-1", "0", office.ann_id)
    bobs = office.make("electricity", "MTR-2", "20", office.tenant.person("Bob"))
    office.on("2025-11-10")
    first = office.pay(method="online", upiId="ann@upi").expect(201)
    _pay(office.tenant.admin, office.base, bobs).expect(201)
    office.on("2025-11-11")
    second = _pay(office.tenant.admin, office.tenant.base("water"), water).expect(201)
    mine = office.ann.get("/api/me/payments").expect(200)
    assert [_shown(each, "id", "projectLabel", "amount", "paidOn", "status") for each in mine["items"]] == [
        (second["id"], "Water", "50.00", "2025-11-11", "completed"),
        (first["id"], "Electricity", "345.00", "2025-11-10", "completed"),
    ]
    shown = mine["items"][1]
    assert _shown(shown, "method", "upiId", "receiptNumber") == ("online", "ann@upi", "RCPT-MAIN-000001")
    assert _shown(shown["bills"][0], "billId", "period") == (office.bill["id"], "November 2025")
    office.tenant.admin.get("/api/me/payments").expect(403)
    office.tenant.admin.get("/api/me/owed").expect(403)


@pytest.mark.covers("S2-070", "S2-071", "S2-072", "S2-074", "S2-077", "S2-115", "S2-409")
def test_s2_the_account_officer_sees_all_payments_and_dues_and_changes_nothing(open_tenant: Open) -> None:
    office = TwoUtilities(open_tenant)
    water = office.make("water", "W-1", "0", office.ann_id)
    open_yet = office.make("water", "W-2", "20", office.tenant.person("Bob"))
    office.on("2025-11-10")
    paid = office.pay(method="online", upiId="ann@upi", reference="BANK-7").expect(201)
    _pay(office.tenant.admin, office.tenant.base("water"), water).expect(201)
    teller, biller = office.tenant.staff("account_officer"), office.tenant.staff("billing_officer")
    in_project = {
        project: _listed(teller.get(f"{office.tenant.base(project)}/payments"), "accountNumber")
        for project in ("electricity", "water")
    }
    assert in_project == {"electricity": ["MTR-1"], "water": ["W-1"]}
    [found] = teller.get(f"{office.base}/payments", q="ann", method="online", month="2025-11").expect(200)["items"]
    assert _shown(found, "consumerId", "consumerName", "amount", "method", "reference", "paidOn", "recordedAt") == (
        office.ann_id, "Ana Reyes Ann", "345.00", "online", "BANK-7", "2025-11-10", "2025-11-10T12:00:00.000Z",
    )  # fmt: skip
    assert _shown(found["bills"][0], "billId", "period", "paid") == (office.bill["id"], "November 2025", "345.00")
    assert _listed(teller.get(f"{office.tenant.base('water')}/bills", status="open"), "amountDue") == ["168.00"]
    [owed] = teller.get(f"{office.tenant.base('water')}/inquiry", q="Bob").expect(200)["items"]
    assert owed["amountDue"] == "168.00"

    for somebody in (teller, biller):
        _pay(somebody, office.tenant.base("water"), open_yet).expect(403)
        somebody.post(f"{office.base}/payments/{paid['id']}/reversal", {"reason": "other"}).expect(403)
    advance = {"accountNumber": "W-2", "amount": "1.00", "method": "cash"}
    teller.post(f"{office.tenant.base('water')}/advances", advance).expect(403)
    for path in ("payments", f"payments/{paid['id']}", "inquiry?q=Ann"):
        biller.get(f"{office.base}/{path}").expect(403)
    biller.get(f"{office.base}/readings/unbilled", period="2025-11").expect(200)
    biller.get(f"{office.base}/bills", period="2025-11").expect(200)


# --- S3


class Waterworks:
    """S3 with Juan's bill of 275.00, due on 20 November 2025."""

    def __init__(self, open_tenant: Open) -> None:
        self.tenant = open_tenant("balilihan", "2025-11-05")
        self.base = self.tenant.base("waterworks")
        areas = f"/api/clients/{self.tenant.client}/areas"
        for code in ("Poblacion", "Poblacion.P1"):
            self.tenant.admin.post(areas, {"code": code, "name": code}).expect(201)
        self.field = self.tenant.register("field_staff", areas=["Poblacion"])
        juan = {"firstName": "Juan", "lastName": "Dela Cruz"}
        consumer = self.tenant.admin.post(f"/api/clients/{self.tenant.client}/consumers", juan).expect(201)["id"]
        facts = {"consumerClass": "residential", "initialReading": "100", "area": "Poblacion.P1"}
        self.account = self.tenant.connect("waterworks", meterNumber="SM-1", consumerId=consumer, **facts)
        self.tenant.read("waterworks", "SM-1", "110", "2025-11-05")
        self.tenant.admin.post(f"{self.base}/readings/confirmations", {}).expect(200)
        self.bill = self.tenant.bill("waterworks", "2025-11")[self.account]
        assert _shown(self.bill, "total", "dueOn", "lateCharge") == ("275.00", "2025-11-20", "0.00")

    def on(self, day: str) -> None:
        self.tenant = self.tenant.on(day)
        self.field = self.tenant.sign_in("field_staff")

    def pay(self, **more: Any) -> Reply:  # noqa: ANN401
        return _pay(self.tenant.admin, self.base, self.bill, **more)

    def bill_now(self) -> dict[str, Any]:
        return _bill(self.tenant, "waterworks", self.bill)

    def late(self, **rule: Any) -> None:  # noqa: ANN401
        """Change the rule of late charges; in S3 only a superuser may."""
        chief = self.tenant.register("superuser")
        settings = chief.get(f"{self.base}/settings").expect(200)
        change = {"version": settings["version"], "settings": {"lateCharge": rule}}
        chief.patch(f"{self.base}/settings", change).expect(200)


@pytest.mark.covers("S3-009", "S3-034", "S3-035", "S3-036", "S3-037", "S3-078", "S3-080", "S3-081", "S3-106")
def test_s3_300_received_for_275_give_25_change_and_an_official_receipt(open_tenant: Open) -> None:
    office = Waterworks(open_tenant)
    for asked in ({"accountNumber": "2025110001"}, {"q": "Juan"}):
        owed = _owed(office.tenant, "waterworks", **asked)
        assert _shown(owed, "accountNumber", "consumerName", "amountDue") == (
            "2025110001", "Juan Dela Cruz", "275.00",
        )  # fmt: skip
    office.on("2025-11-18")
    _pay(office.field, office.base, office.bill, received="300.00").expect(403)
    assert office.pay(received="274.99").expect(400)["code"] == "received-too-little"
    paid = office.pay(received="300.00").expect(201)
    assert _shown(paid, "amount", "received", "change", "paidOn") == ("275.00", "300.00", "25.00", "2025-11-18")
    receipt = office.tenant.admin.get(f"{office.base}/payments/{paid['id']}/receipt").expect(200)
    kind, day, suffix = receipt["receiptNumber"].split("-")
    assert (kind, day, len(suffix), suffix) == ("OR", "20251118", 6, suffix.upper())
    assert suffix.isalnum()
    assert _shown(receipt, "amount", "received", "change") == ("275.00", "300.00", "25.00")
    assert office.bill_now()["status"] == "paid"
    assert _owed(office.tenant, "waterworks", q="Juan")["bills"] == []


@pytest.mark.covers("S3-049", "S3-050", "S3-052", "S3-054")
def test_s3_five_days_late_275_are_302_50(open_tenant: Open) -> None:
    office = Waterworks(open_tenant)
    late = {}
    for day in ("2025-11-20", "2025-11-21", "2025-11-25"):
        office.on(day)
        [bill] = _owed(office.tenant, "waterworks", q="Juan")["bills"]
        late[day] = _shown(bill, "status", "daysOverdue", "lateCharge", "amountDue")
    assert late == {
        "2025-11-20": ("open", 0, "0.00", "275.00"),
        "2025-11-21": ("overdue", 1, "27.50", "302.50"),
        "2025-11-25": ("overdue", 5, "27.50", "302.50"),
    }
    assert office.pay(received="302.49").expect(400)["code"] == "received-too-little"
    paid = office.pay(received="302.50").expect(201)
    assert _shown(paid, "amount", "change") == ("302.50", "0.00")
    assert _shown(office.bill_now(), "total", "lateCharge", "paid", "status") == ("275.00", "27.50", "302.50", "paid")


@pytest.mark.covers("S3-051")
def test_s3_nothing_is_charged_within_the_grace(open_tenant: Open) -> None:
    office = Waterworks(open_tenant)
    office.late(kind="percent", percent="10", graceDays=5)
    office.on("2025-11-25")
    assert _owed(office.tenant, "waterworks", q="Juan")["amountDue"] == "275.00"
    office.on("2025-11-26")
    assert _owed(office.tenant, "waterworks", q="Juan")["amountDue"] == "302.50"


@pytest.mark.covers("S3-043", "S3-048")
def test_s3_charges_500_at_most_and_nothing_if_it_is_turned_off(open_tenant: Open) -> None:
    office = Waterworks(open_tenant)
    facts = {"consumerClass": "commercial", "initialReading": "0", "area": "Poblacion.P1"}
    office.on("2025-11-06")
    account = office.tenant.connect("waterworks", meterNumber="SM-2", **facts)
    office.tenant.read("waterworks", "SM-2", "238", "2025-11-06")
    office.tenant.admin.post(f"{office.base}/readings/confirmations", {}).expect(200)
    assert office.tenant.bill("waterworks", "2025-11")[account]["total"] == "6000.00"
    office.on("2025-11-25")
    assert _owed(office.tenant, "waterworks", accountNumber=account)["bills"][0]["lateCharge"] == "500.00"
    chief = office.tenant.register("superuser")
    for rule, late in (({"cap": "0"}, "600.00"), (None, "0.00")):
        settings = chief.get(f"{office.base}/settings").expect(200)
        change = {"version": settings["version"], "settings": {"lateCharge": rule}}
        chief.patch(f"{office.base}/settings", change).expect(200)
        assert _owed(office.tenant, "waterworks", accountNumber=account)["bills"][0]["lateCharge"] == late


@pytest.mark.covers("S3-053")
def test_s3_may_charge_a_fixed_amount_instead(open_tenant: Open) -> None:
    office = Waterworks(open_tenant)
    office.late(kind="fixed", amount="50.00")
    office.on("2025-11-25")
    assert _owed(office.tenant, "waterworks", q="Juan")["amountDue"] == "325.00"
    assert office.pay().expect(201)["amount"] == "325.00"


@pytest.mark.covers("S3-056", "S3-057", "S3-058", "S3-059", "S3-060", "S3-127")
def test_s3_a_waived_penalty_leaves_275_to_pay_and_its_record(open_tenant: Open) -> None:
    office = Waterworks(open_tenant)
    office.on("2025-11-25")
    why = "First-time late payment"
    _pay(office.field, office.base, office.bill, waiveLateCharges=why).expect(403)
    _pay(office.tenant.register("cashier"), office.base, office.bill, waiveLateCharges=why).expect(403)
    for blank in ("", "  "):
        refused = office.pay(waiveLateCharges=blank).expect(400)
        assert refused["errors"][0]["field"] == "waiveLateCharges"
    paid = office.pay(waiveLateCharges=why, received="300.00").expect(201)
    assert _shown(paid, "amount", "change", "waiverReason") == ("275.00", "25.00", why)
    assert _shown(paid["bills"][0], "lateCharge", "waived", "lateChargeWaived") == ("27.50", "27.50", True)
    assert _shown(office.bill_now(), "status", "total", "lateCharge", "waived", "paid") == (
        "paid", "275.00", "27.50", "27.50", "275.00",
    )  # fmt: skip
    [_, waiver, _] = office.tenant.admin.get(f"{office.base}/connections/{office.account}/entries").expect(200)["items"]
    assert _shown(waiver, "kind", "reason", "recordedByName", "bookedOn") == ("waiver", why, "Admin", "2025-11-25")
    receipt = office.tenant.admin.get(f"{office.base}/payments/{paid['id']}/receipt").expect(200)
    assert [_shown(line, "label", "amount", "original") for line in receipt["lines"]] == [
        ("Waterworks, November 2025", "275.00", None),
        ("Late charge (waived)", "0.00", "27.50"),
    ]
    assert _shown(receipt, "amount", "waivedByName") == ("275.00", "Admin")
    history = office.tenant.admin.get(f"{office.base}/connections/{office.account}/payments").expect(200)["items"]
    assert history == [paid]


@pytest.mark.covers("S3-056")
def test_s3_a_superuser_may_waive_too(open_tenant: Open) -> None:
    office = Waterworks(open_tenant)
    office.on("2025-11-25")
    chief = office.tenant.register("superuser")
    paid = _pay(chief, office.base, office.bill, waiveLateCharges="Financial hardship").expect(201)
    assert _shown(paid, "amount", "waiverReason") == ("275.00", "Financial hardship")


# --- S4


class Electricity:
    """S4 with a household's bill of 200.00, made on 20 March 2025 and due fifteen days after, on 4 April."""

    def __init__(self, open_tenant: Open) -> None:
        self.tenant = open_tenant("electricity", "2025-03-20")
        self.base = self.tenant.base("electricity")
        facts = {"accountNumber": "SRV-1", "meterNumber": "E-1", "consumerClass": "household"}
        self.tenant.connect("electricity", initialReading="700", **facts)
        self.tenant.read("electricity", "E-1", "800", "2025-03-20")
        self.bill = self.tenant.bill("electricity", "2025-03")["SRV-1"]
        assert _shown(self.bill, "total", "dueOn", "status") == ("200.00", "2025-04-04", "open")

    def on(self, day: str) -> None:
        self.tenant = self.tenant.on(day)

    def pay(self, amount: str) -> Reply:
        return _pay(self.tenant.admin, self.base, self.bill, amount=amount)

    def now(self) -> tuple[Any, ...]:
        return _shown(_bill(self.tenant, "electricity", self.bill), "status", "amountDue")


@pytest.mark.covers("S4-024", "S4-025", "S4-026", "S4-029", "S4-030", "S4-041", "S4-045")
def test_s4_a_bill_is_paid_in_full_on_its_due_day(open_tenant: Open) -> None:
    office = Electricity(open_tenant)
    office.on("2025-04-04")
    for amount in ("0", "-1"):
        office.pay(amount).expect(400)
    assert office.pay("200.01").expect(400)["code"] == "above-due"
    _pay(office.tenant.admin, office.base, {"id": "2025-03.SRV-9.1"}, amount="1.00").expect(404)
    assert office.now() == ("open", "200.00")
    paid = office.pay("200.00").expect(201)
    assert _shown(paid["bills"][0], "billId", "lateCharge", "paid") == (office.bill["id"], "0.00", "200.00")
    assert office.now() == ("paid", "0.00")
    assert _owed(office.tenant, "electricity", accountNumber="SRV-1")["amountDue"] == "0.00"


@pytest.mark.covers("S4-029", "S4-042", "S4-055")
def test_s4_a_part_leaves_the_bill_pending(open_tenant: Open) -> None:
    office = Electricity(open_tenant)
    office.on("2025-03-25")
    office.pay("50.00").expect(201)
    assert office.now() == ("partial", "150.00")
    assert _owed(office.tenant, "electricity", accountNumber="SRV-1")["amountDue"] == "150.00"
    office.on("2025-03-26")
    office.pay("20.00").expect(201)
    made = office.tenant.admin.get(f"{office.base}/bills/{office.bill['id']}/payments").expect(200)["items"]
    assert [_shown(each, "paidOn", "amount") for each in made] == [("2025-03-26", "20.00"), ("2025-03-25", "50.00")]


@pytest.mark.covers("S4-023", "S4-027", "S4-043", "S4-054")
@pytest.mark.parametrize("day", ["2025-04-05", "2025-07-13"])
def test_s4_a_day_or_a_hundred_late_the_fine_is_150(open_tenant: Open, day: str) -> None:
    office = Electricity(open_tenant)
    office.on(day)
    assert office.pay("350.01").expect(400)["code"] == "above-due"
    paid = office.pay("350.00").expect(201)
    assert _shown(paid["bills"][0], "principalDue", "lateCharge", "paid") == ("200.00", "150.00", "350.00")
    assert office.now() == ("paid", "0.00")


@pytest.mark.covers("S4-028", "S4-043")
def test_s4_200_paid_late_leave_150(open_tenant: Open) -> None:
    office = Electricity(open_tenant)
    office.on("2025-04-05")
    office.pay("200.00").expect(201)
    assert office.now() == ("overdue", "150.00")
    office.on("2025-04-20")
    assert office.now() == ("overdue", "150.00"), "the fine is charged once"
    assert office.pay("150.01").expect(400)["code"] == "above-due"
    office.pay("150.00").expect(201)
    assert office.now() == ("paid", "0.00")


@pytest.mark.covers("S4-020", "S4-021")
def test_s4_a_new_bill_takes_over_the_old_one_with_its_fine(open_tenant: Open) -> None:
    office = Electricity(open_tenant)
    office.on("2025-04-20")
    office.tenant.read("electricity", "E-1", "900", "2025-04-20")
    new = office.tenant.bill("electricity", "2025-04")["SRV-1"]
    assert _shown(new, "total", "carriedOver", "amountDue") == ("200.00", "350.00", "550.00")
    assert office.now() == ("superseded", "0.00")
    assert office.pay("1.00").expect(409)["code"] == "superseded"
    owed = _owed(office.tenant, "electricity", accountNumber="SRV-1")
    assert (owed["amountDue"], [each["billId"] for each in owed["bills"]]) == ("550.00", [new["id"]])
    listed = office.tenant.admin.get(f"{office.base}/connections/SRV-1/bills")
    assert _listed(listed, "status") == ["open", "superseded"]
    office.bill = new
    assert office.pay("550.01").expect(400)["code"] == "above-due"
    office.pay("550.00").expect(201)
    assert office.now() == ("paid", "0.00")
