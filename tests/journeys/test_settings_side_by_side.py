"""What utilities do differently, each by two tenants in one test: neither's setting shows in the other."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.tenants import PASSWORD, Tenant

OpenTenant = Callable[..., Tenant]
_UNIT = {"consumerClass": "unit", "consumerId": None}


def _without(facts: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in names}


def _waterworks(open_tenant: OpenTenant, day: str) -> Tenant:
    """S3, with one barangay."""
    tenant = open_tenant("balilihan", day)
    tenant.admin.post(f"/api/clients/{tenant.client}/areas", {"code": "Poblacion", "name": "Poblacion"}).expect(201)
    return tenant


def _confirmed(tenant: Tenant, project: str) -> None:
    tenant.admin.post(f"{tenant.base(project)}/readings/confirmations", {}).expect(200)


def test_period_rule(open_tenant: OpenTenant) -> None:
    s1, s3 = open_tenant("water-bills", "2025-08-06"), _waterworks(open_tenant, "2025-08-06")
    s1.connect("waterBills", accountNumber="101", meterNumber="M-1", **_UNIT)
    s3.connect("waterworks", meterNumber="M-1", consumerClass="residential", area="Poblacion")
    assert s1.read("waterBills", "M-1", "10", "2025-08-05")["period"] == "2025-07"
    assert s3.read("waterworks", "M-1", "10", "2025-08-05")["period"] == "2025-08"


def test_billing_frequency(open_tenant: OpenTenant) -> None:
    monthly, quarterly = (open_tenant("water-billing-backend", "2025-08-06") for _ in range(2))
    settings = monthly.admin.get(f"{monthly.base('water')}/settings").expect(200)["settings"]
    body = {"id": "quarters", "settings": settings | {"label": "By quarters", "billingFrequency": "quarterly"}}
    quarterly.admin.post(f"/api/clients/{quarterly.client}/projects", body).expect(201)
    monthly.connect("water", meterNumber="M-1", consumerClass="consumer")
    quarterly.connect("quarters", meterNumber="M-1", consumerClass="consumer")
    assert monthly.read("water", "M-1", "10", "2025-08-05")["period"] == "2025-08"
    assert quarterly.read("quarters", "M-1", "10", "2025-08-05")["period"] == "2025-09"


@pytest.mark.covers("S3-032")
def test_due_day(open_tenant: OpenTenant) -> None:
    """S3 by day 20 of the month billed, S1 by day 10 of the month it is read in, S4 and S2 in 15 days."""
    s1, s3 = open_tenant("water-bills", "2025-08-06"), _waterworks(open_tenant, "2025-08-06")
    s2, s4 = open_tenant("utility-billing-system", "2025-08-06"), open_tenant("electricity", "2025-08-06")
    s1.connect("waterBills", accountNumber="101", meterNumber="M-1", **_UNIT)
    s2.connect("water", meterNumber="M-1", consumerClass="standard", tariffId="flat")
    s3.connect("waterworks", meterNumber="M-1", consumerClass="residential", area="Poblacion")
    s4.connect("electricity", accountNumber="SRV-1", meterNumber="M-1", consumerClass="household")
    due = {}
    for tenant, project, period in (
        (s1, "waterBills", "2025-07"),
        (s2, "water", "2025-08"),
        (s3, "waterworks", "2025-08"),
        (s4, "electricity", "2025-08"),
    ):
        tenant.read(project, "M-1", "10", "2025-08-05")
        if project == "waterworks":
            _confirmed(tenant, project)
        (bill,) = tenant.bill(project, period).values()
        due[project] = bill["dueOn"]
    assert due == {
        "waterBills": "2025-08-10",
        "water": "2025-08-20",
        "waterworks": "2025-08-20",
        "electricity": "2025-08-20",
    }
    assert s3.admin.get(f"{s3.base('waterworks')}/settings").expect(200)["settings"]["due"] == {
        "day": 20,
        "month": "period",
    }


def test_tax_base(open_tenant: OpenTenant) -> None:
    """S2 taxes what is used; a neighbour with the same rates taxes the whole bill."""
    usage_only, all_of_it = (open_tenant("utility-billing-system", "2025-11-05") for _ in range(2))
    path = f"{all_of_it.base('water')}/tariffs/flat/versions/1"
    flat = all_of_it.admin.get(path).expect(200)
    charges = [
        charge | ({"of": ["usage", "fixed"]} if charge["code"] == "tax" else {}) for charge in flat["sheet"]["charges"]
    ]
    all_of_it.admin.put(path, flat["sheet"] | {"charges": charges}).expect(200)
    tax = []
    for tenant in (usage_only, all_of_it):
        tenant.connect("water", meterNumber="M-1", consumerClass="standard", tariffId="flat")
        tenant.read("water", "M-1", "50", "2025-11-05")
        (bill,) = tenant.bill("water", "2025-11").values()
        tax.append({line["code"]: line["amount"] for line in bill["lines"]}["tax"])
    assert tax == ["45.00", "54.00"]  # 18 % of 250.00, and of 300.00


def test_confirmation(open_tenant: OpenTenant) -> None:
    s2, s3 = open_tenant("utility-billing-system", "2025-11-05"), _waterworks(open_tenant, "2025-11-05")
    s2.connect("water", meterNumber="M-1", consumerClass="standard", tariffId="flat")
    s3.connect("waterworks", meterNumber="M-1", consumerClass="residential", area="Poblacion")
    assert s2.read("water", "M-1", "10", "2025-11-05")["status"] == "confirmed"
    assert s3.read("waterworks", "M-1", "10", "2025-11-05")["status"] == "pending"
    assert len(s2.bill("water", "2025-11")) == 1
    assert s3.bill("waterworks", "2025-11") == {}
    _confirmed(s3, "waterworks")
    assert len(s3.bill("waterworks", "2025-11")) == 1


def test_first_reading(open_tenant: OpenTenant) -> None:
    """S2 begins at zero, S1 and S4 with what the meter shows when the connection comes in."""
    s1, s2 = open_tenant("water-bills", "2025-11-05"), open_tenant("utility-billing-system", "2025-11-05")
    s1.connect("waterBills", accountNumber="101", meterNumber="M-1", initialReading="1774", **_UNIT)
    s2.connect("water", meterNumber="M-1", consumerClass="standard", tariffId="flat")
    first = s1.read("waterBills", "M-1", "1785", "2025-11-05"), s2.read("water", "M-1", "1785", "2025-11-05")
    assert [(each["previous"], each["usage"]) for each in first] == [("1774", "11"), ("0", "1785")]


def test_numbering(open_tenant: OpenTenant) -> None:
    """S3 makes account numbers, S1 has them given, S2 goes by the meter's."""
    s1, s3 = open_tenant("water-bills", "2025-11-05"), _waterworks(open_tenant, "2025-11-05")
    s2 = open_tenant("utility-billing-system", "2025-11-05")
    assert s1.connect("waterBills", accountNumber="101", meterNumber="M-1", **_UNIT) == "101"
    assert s2.connect("water", meterNumber="M-1", consumerClass="standard", tariffId="flat") == "M-1"
    made = s3.connect("waterworks", meterNumber="M-1", consumerClass="residential", area="Poblacion")
    assert made == "2025110001"
    missing = {"meterNumber": "M-2", "consumerClass": "unit"}
    refused = s1.admin.post(f"{s1.base('waterBills')}/connections", missing).expect(400)
    assert refused["code"] == "account-missing"


def test_fiscal_year(open_tenant: OpenTenant) -> None:
    s1, s3 = open_tenant("water-bills", "2025-08-06"), _waterworks(open_tenant, "2025-08-06")
    s1.connect("waterBills", accountNumber="101", meterNumber="M-1", **_UNIT)
    s3.connect("waterworks", meterNumber="M-1", consumerClass="residential", area="Poblacion")
    s1.read("waterBills", "M-1", "10", "2025-08-05")
    s3.read("waterworks", "M-1", "10", "2025-08-05")
    _confirmed(s3, "waterworks")
    (unit,), (house,) = s1.bill("waterBills", "2025-07").values(), s3.bill("waterworks", "2025-08").values()
    assert (unit["fiscal"], house["fiscal"]) == ({"year": 2026, "month": 1}, None)


def test_areas(open_tenant: OpenTenant) -> None:
    """S3 lists barangays and puroks, and a connection lies in one; S1 lists none, and writes any word."""
    s1, s3 = open_tenant("water-bills", "2025-08-06"), _waterworks(open_tenant, "2025-08-06")
    area = {"code": "Poblacion", "name": "Poblacion"}
    assert s1.admin.post(f"/api/clients/{s1.client}/areas", area).expect(400)["code"] == "no-areas"
    s1.connect("waterBills", accountNumber="101", meterNumber="M-1", area="Anywhere", **_UNIT)
    facts = {"meterNumber": "M-1", "consumerClass": "residential", "consumerId": s3.person("M-1")}
    path = f"{s3.base('waterworks')}/connections"
    assert s3.admin.post(path, facts | {"area": "Anywhere"}).expect(400)["code"] == "unknown-area"
    s3.admin.post(path, facts | {"area": "Poblacion"}).expect(201)


def test_special_meters(open_tenant: OpenTenant) -> None:
    """The same meter number is a building's own in S1, read and never billed, and a household's in S3."""
    s1, s3 = open_tenant("water-bills", "2025-08-06"), _waterworks(open_tenant, "2025-08-06")
    s1.connect("waterBills", accountNumber="hall", meterNumber="M-1", purpose="common_area", **_UNIT)
    s3.connect("waterworks", meterNumber="M-1", consumerClass="residential", area="Poblacion")
    for tenant, project in ((s1, "waterBills"), (s3, "waterworks")):
        assert tenant.read(project, "M-1", "10", "2025-08-05")["usage"] == "10"
    _confirmed(s3, "waterworks")
    assert s1.bill("waterBills", "2025-07") == {}
    assert [bill["total"] for bill in s3.bill("waterworks", "2025-08").values()] == ["275.00"]


def test_tariff_by_choice_or_by_class(open_tenant: OpenTenant) -> None:
    """S2's connections each name a tariff; S4's go by their class."""
    s2, s4 = open_tenant("utility-billing-system", "2025-11-05"), open_tenant("electricity", "2025-11-05")
    nameless = {"meterNumber": "M-1", "consumerClass": "standard", "consumerId": s2.person("M-1")}
    refused = s2.admin.post(f"{s2.base('water')}/connections", nameless).expect(400)
    assert refused["code"] == "tariff-missing"
    s2.connect("water", meterNumber="M-1", consumerClass="standard", tariffId="flat")
    s4.connect("electricity", accountNumber="SRV-1", meterNumber="M-1", consumerClass="household")
    named = []
    for tenant, project in ((s2, "water"), (s4, "electricity")):
        tenant.read(project, "M-1", "10", "2025-11-05")
        (bill,) = tenant.bill(project, "2025-11").values()
        named.append((bill["chosenTariff"], {line["tariff"] for line in bill["lines"]}))
    assert named == [("flat", {"flat@1"}), (None, {"household@1"})]


@pytest.mark.covers(
    "S2-020",
    "S2-130",
    "S2-152",
    "S2-153",
    "S2-157",
    "S2-158",
    "S2-167",
    "S2-170",
    "S2-179",
    "S2-180",
    "S2-182",
    "S2-183",
    "S2-185",
    "S2-189",
    "S2-385",
    "S2-407",
    "S2-408",
    "S0-061",
)
def test_what_officers_may_do(open_tenant: OpenTenant) -> None:
    """S2 keeps connections to its administrators and settings from account officers; elsewhere officers see both."""
    s2, s0 = open_tenant("utility-billing-system", "2025-11-05"), open_tenant("water-billing-backend", "2025-11-05")
    s2.connect("water", meterNumber="M-1", consumerClass="standard", tariffId="flat")
    client, water = f"/api/clients/{s2.client}", s2.base("water")
    billing, account = s2.staff("billing_officer"), s2.staff("account_officer")
    read = {"meterNumber": "M-1", "reading": "10", "readOn": "2025-11-05"}
    account.post(f"{water}/readings", read).expect(403)
    reading = billing.post(f"{water}/readings", read).expect(201)["id"]
    account.post(f"{water}/bills", {"readingId": reading}).expect(403)
    billing.post(f"{water}/bills", {"readingId": reading}).expect(201)
    asked = {
        f"{client}/projects": (200, 200),
        water: (200, 403),
        f"{water}/tariffs": (200, 403),
        f"{water}/tariffs/flat": (200, 403),
        f"{client}/billing-cycles": (200, 403),
        f"{client}/service-requests": (200, 403),
        f"{water}/connections": (403, 403),
        f"{water}/connections/M-1": (403, 403),
        f"{water}/connections/M-1/bills": (200, 200),
        f"{water}/readings": (200, 403),
        f"{water}/readings/{reading}": (200, 403),
        f"{water}/readings/2025-11.nobody": (404, 403),
        f"{water}/readings/unread?period=2025-11": (200, 403),
        f"{water}/readings/unbilled?period=2025-11": (200, 403),
        f"{water}/bills/{reading}.1": (200, 200),
    }
    assert {path: (billing.get(path).status, account.get(path).status) for path in asked} == asked
    consumer = s2.consumer("C-1")
    for anybody in (s2.admin, consumer):
        assert len(anybody.get(f"{client}/projects").expect(200)["items"]) == 2
    s2.api.get(f"{client}/projects").expect(401)
    consumer.get(f"{water}/bills/{reading}.1").expect(404)  # another's
    facts = {"meterNumber": "M-2", "consumerClass": "standard", "tariffId": "flat", "consumerId": s2.person("M-2")}
    sheet = s2.admin.get(f"{water}/tariffs/flat/versions/1").expect(200)["sheet"]
    settings = s2.admin.get(f"{water}/settings").expect(200)
    cycle = {"id": "other", "name": "Other", "generationDay": 1, "dueDays": 1, "graceDays": 0}
    user = {"login": "x@example.com", "name": "X", "password": "Abcdef1!", "role": "viewer"}
    for somebody in (billing, account):
        somebody.post(f"{water}/connections", facts).expect(403)
        somebody.delete(f"{water}/connections/M-1").expect(403)
        somebody.post(f"{water}/tariffs", {"id": "other", "sheet": sheet}).expect(403)
        somebody.patch(f"{water}/settings", _without(settings, "id", "label", "closed")).expect(403)
        somebody.post(f"{client}/billing-cycles", cycle).expect(403)
        somebody.post(f"{client}/users", user).expect(403)
    s2.admin.post(f"{water}/connections", facts).expect(201)
    unread = billing.get(f"{water}/readings/unread", period="2025-12").expect(200)["items"]
    assert [(one["meterNumber"], one["previous"]) for one in unread] == [("M-1", "10"), ("M-2", "0")]
    for role in ("billing_officer", "account_officer"):
        officer = s0.staff(role)
        officer.get(f"{s0.base('water')}/connections").expect(200)
        officer.get(s0.base("water")).expect(200)


@pytest.mark.covers("S4-035")
def test_an_employee_is_made_with_a_number_and_may_bill_but_not_administer(open_tenant: OpenTenant) -> None:
    """S4's employees are billing officers who sign in by their employee number, too."""
    s4 = open_tenant("electricity", "2025-11-05")
    client, project = f"/api/clients/{s4.client}", s4.base("electricity")
    s4.connect("electricity", accountNumber="SRV-1", meterNumber="M-1", consumerClass="household")
    body = {"login": "ravi@example.com", "name": "Ravi", "password": PASSWORD, "role": "billing_officer"}
    made = s4.admin.post(f"{client}/users", body | {"number": "EMP-7"}).expect(201)
    assert (made["number"], made["role"]) == ("EMP-7", "billing_officer")
    employee = s4.api.sign_in(s4.client, "EMP-7", PASSWORD)
    read = {"meterNumber": "M-1", "reading": "100", "readOn": "2025-11-05"}
    reading = employee.post(f"{project}/readings", read).expect(201)["id"]
    assert employee.post(f"{project}/bills", {"readingId": reading}).expect(201)["total"] == "200.00"
    settings = s4.admin.get(f"{project}/settings").expect(200)
    employee.get(f"{client}/users").expect(403)
    employee.post(f"{client}/users", body | {"login": "x@example.com"}).expect(403)
    employee.patch(f"{project}/settings", _without(settings, "id", "label", "closed")).expect(403)
