"""Each of the five sources as a tenant, from nothing: opened by its preset, its documented figures over HTTP."""

from collections.abc import Callable

import pytest

from tests.support.tenants import Tenant


@pytest.mark.covers("S0-002", "S0-017", "S0-021", "S0-040", "S0-030", "S4-032")
def test_s0_a_consumer_with_two_connections_is_billed_month_by_month(open_tenant: Callable[..., Tenant]) -> None:
    tenant = open_tenant("water-billing-backend", "2025-12-06")
    sheet = {"name": "Flat", "currency": "USD", "unit": "m3", "validFrom": "2025-01-01"}
    charge = {"kind": "usage", "code": "usage", "label": "Water", "rate": "2.00"}
    tariff = {"id": "flat", "sheet": {**sheet, "charges": [charge]}}
    tenant.admin.post(f"{tenant.base('water')}/tariffs", tariff).expect(201)
    first = tenant.connect("water", consumerClass="consumer", meterNumber="M-1", initialReading="100")
    owner = tenant.admin.get(f"{tenant.base('water')}/connections/{first}").expect(200)["consumerId"]
    second = tenant.connect("water", consumerClass="consumer", meterNumber="M-2", consumerId=owner)

    assert tenant.read("water", "M-1", "110", "2025-11-05")["status"] == "confirmed"
    tenant.read("water", "M-2", "4", "2025-11-05")
    november = tenant.bill("water", "2025-11")
    tenant.read("water", "M-1", "125", "2025-12-05")
    december = tenant.bill("water", "2025-12")

    assert {account: bill["total"] for account, bill in november.items()} == {first: "20.00", second: "8.00"}
    assert november[first]["dueOn"] == "2025-11-20"  # 15 days after
    assert {account: bill["total"] for account, bill in december.items()} == {first: "30.00"}
    listed = tenant.admin.get(f"{tenant.base('water')}/connections/{first}/bills").expect(200)["items"]
    assert [bill["period"] for bill in listed] == ["2025-12", "2025-11"]
    tenant.admin.get(f"{tenant.base('water')}/connections/nobody/bills").expect(404)


@pytest.mark.covers(
    "S1-004",
    "S1-005",
    "S1-006",
    "S1-015",
    "S1-020",
    "S1-021",
    "S1-022",
    "S1-025",
    "S1-026",
    "S1-027",
    "S1-035",
    "S1-038",
    "S1-040",
    "S1-041",
    "S1-049",
    "S1-050",
    "S2-310",
)
def test_s1_ten_units_of_a_condominium_are_billed_for_july(open_tenant: Callable[..., Tenant]) -> None:
    tenant = open_tenant("water-bills", "2025-08-01")
    for unit in range(101, 111):
        facts = {"accountNumber": str(unit), "meterNumber": f"WM-{unit}-2025", "consumerClass": "unit"}
        before = "1774" if unit == 101 else "0"
        tenant.connect("waterBills", consumerId=None, initialReading=before, installedOn="2020-01-15", **facts)
        tenant.read("waterBills", f"WM-{unit}-2025", "1785" if unit == 101 else "11", "2025-08-01")
    again = tenant.read("waterBills", "WM-101-2025", "1785", "2025-08-01")
    month = tenant.admin.get(f"{tenant.base('waterBills')}/readings", period="2025-07").expect(200)["items"]
    assert [each["accountNumber"] for each in month] == [str(unit) for unit in range(101, 111)]
    assert month[0] == again
    bills = tenant.bill("waterBills", "2025-07")
    assert list(bills) == [str(unit) for unit in range(101, 111)]

    bill = bills["101"]
    assert [line["amount"] for line in bill["lines"]] == ["25.00", "0.06"]
    assert (bill["total"], bill["billedOn"]) == ("25.06", "2025-08-01")
    assert (bill["previousReading"], bill["currentReading"], bill["usage"]) == ("1774", "1785", "11")
    assert (bill["periodLabel"], bill["dueOn"]) == ("July 2025", "2025-08-10")
    assert bill["fiscal"] == {"year": 2026, "month": 1}
    (run,) = tenant.admin.get(f"{tenant.base('waterBills')}/billing-runs").expect(200)["items"]
    assert (run["bills"], run["total"]) == (10, "250.60")
    meter = tenant.admin.get(f"{tenant.base('waterBills')}/connections/101").expect(200)
    assert (meter["lastReading"], meter["lastReadOn"], meter["installedOn"]) == ("1785", "2025-08-01", "2020-01-15")
    another = {"accountNumber": "101", "meterNumber": "WM-X", "consumerClass": "unit"}
    tenant.admin.post(f"{tenant.base('waterBills')}/connections", another).expect(409)


@pytest.mark.covers("S1-017", "S1-069", "S1-118")
def test_s1_another_rate_holds_for_every_unit_from_the_next_month_on(open_tenant: Callable[..., Tenant]) -> None:
    tenant = open_tenant("water-bills", "2025-09-01")
    base = tenant.base("waterBills")
    for unit in ("101", "102"):
        facts = {"accountNumber": unit, "meterNumber": f"WM-{unit}", "consumerClass": "unit"}
        tenant.connect("waterBills", consumerId=None, **facts)
        tenant.read("waterBills", f"WM-{unit}", "1000", "2025-08-01")
    july = tenant.bill("waterBills", "2025-07")
    (known,) = tenant.admin.get(f"{base}/tariffs").expect(200)["items"]
    sheet = tenant.admin.get(f"{base}/tariffs/{known['id']}/versions/1").expect(200)["sheet"]
    charges = [each | ({"rate": "11"} if each["kind"] == "usage" else {}) for each in sheet["charges"]]
    dearer = sheet | {"validFrom": "2025-08-01", "charges": charges}
    tenant.admin.post(f"{base}/tariffs/{known['id']}/versions", dearer).expect(201)
    below = {"accountNumber": "101", "reading": "999", "readOn": "2025-09-01"}
    assert tenant.admin.post(f"{base}/readings", below).expect(400)["code"] == "below-previous"
    for unit in ("101", "102"):
        tenant.read("waterBills", f"WM-{unit}", "2000", "2025-09-01")
    august = tenant.bill("waterBills", "2025-08")
    assert [bill["total"] for bill in july.values()] == ["30.50", "30.50"]
    assert [bill["total"] for bill in august.values()] == ["36.00", "36.00"]
    assert tenant.bill("waterBills", "2025-07") == july


@pytest.mark.covers("S1-002")
def test_s1_another_kind_of_utility_is_added_by_settings_alone(open_tenant: Callable[..., Tenant]) -> None:
    tenant = open_tenant("water-bills", "2025-08-01")
    gas, settings = tenant.base("gas"), tenant.admin.get(f"{tenant.base('waterBills')}/settings").expect(200)
    body = {"id": "gas", "settings": settings["settings"] | {"label": "Gas", "unit": "m3"}}
    tenant.admin.post(f"/api/clients/{tenant.client}/projects", body).expect(201)
    charge = {"kind": "usage", "code": "usage", "label": "Gas", "rate": "2.00"}
    sheet = {"name": "Gas", "currency": "USD", "unit": "m3", "validFrom": "2025-01-01", "charges": [charge]}
    tenant.admin.post(f"{gas}/tariffs", {"id": "gas", "sheet": sheet}).expect(201)
    tenant.connect("gas", consumerId=None, accountNumber="101", meterNumber="G-101", consumerClass="unit")
    assert tenant.read("gas", "G-101", "7", "2025-08-01")["period"] == "2025-07"
    assert {account: bill["total"] for account, bill in tenant.bill("gas", "2025-07").items()} == {"101": "14.00"}
    assert tenant.admin.get(f"{gas}/payments", month="2025-08").expect(200)["items"] == []
    assert tenant.bill("waterBills", "2025-07") == {}


@pytest.mark.covers("S3-039", "S3-040", "S3-092")
def test_s3_begins_with_the_days_and_rates_of_its_source(open_tenant: Callable[..., Tenant]) -> None:
    tenant = open_tenant("balilihan", "2025-11-12")
    settings = tenant.admin.get(f"{tenant.base('waterworks')}/settings").expect(200)["settings"]
    assert settings["readingWindow"] == {"firstDay": 1, "lastDay": 10}
    place = f"{tenant.base('waterworks')}/tariffs"
    sheets = [
        tenant.admin.get(f"{place}/{each['id']}/versions/{each['version']}").expect(200)["sheet"]
        for each in tenant.admin.get(place).expect(200)["items"]
    ]
    rates = {
        sheet["consumerClass"]: [charge.get("rate", charge.get("amount")) for charge in sheet["charges"]]
        for sheet in sheets
    }
    assert rates == {"residential": ["22.5", "50"], "commercial": ["25", "50"]}


@pytest.mark.covers("S2-047", "S2-048", "S2-051", "S2-043", "S2-358")
def test_s2_tax_is_on_the_usage_charge_alone_in_two_utilities_of_one_client(
    open_tenant: Callable[..., Tenant],
) -> None:
    tenant = open_tenant("utility-billing-system", "2025-11-05")
    for project in ("electricity", "water"):
        account = tenant.connect(project, meterNumber="MTR-1", consumerClass="standard", tariffId="flat")
        assert account == "MTR-1"  # the meter number is what a connection goes by
        tenant.read(project, "MTR-1", "50", "2025-11-05")
        bill = tenant.bill(project, "2025-11")[account]
        assert {line["code"]: line["amount"] for line in bill["lines"]} == {
            "usage": "250.00",
            "fixed": "50.00",
            "tax": "45.00",
        }
        assert (bill["total"], bill["dueOn"], bill["previousReading"]) == ("345.00", "2025-11-20", "0")
        assert (bill["paid"], bill["amountDue"]) == ("0.00", "345.00")  # always two decimals
        assert bill["chosenTariff"] == "flat"
    cycle = f"/api/clients/{tenant.client}/billing-cycles/monthly"
    assert tenant.admin.get(cycle).expect(200)["projects"] == 2
    assert tenant.admin.delete(cycle).expect(409)["code"] == "cycle-used"


@pytest.mark.covers("S3-031", "S3-041", "S3-072", "S3-097", "S3-098", "S3-100")
def test_s3_a_reading_waits_for_confirmation_and_ten_cubic_metres_cost_275(
    open_tenant: Callable[..., Tenant],
) -> None:
    tenant = open_tenant("balilihan", "2025-11-12")
    areas = f"/api/clients/{tenant.client}/areas"
    for code in ("Poblacion", "Poblacion.P1"):
        tenant.admin.post(areas, {"code": code, "name": code}).expect(201)
    facts = {"consumerClass": "residential", "initialReading": "100", "area": "Poblacion.P1"}
    account = tenant.connect("waterworks", meterNumber="SM-1", **facts)
    assert account == "2025110001"
    reading = tenant.read("waterworks", "SM-1", "110", "2025-11-11")
    assert (reading["status"], reading["flags"]) == ("pending", ["late"])  # read on days 1 to 10
    assert tenant.bill("waterworks", "2025-11") == {}

    tenant.admin.post(f"{tenant.base('waterworks')}/readings/confirmations", {"area": "Poblacion"}).expect(200)
    bill = tenant.bill("waterworks", "2025-11")[account]
    assert (bill["total"], bill["dueOn"], bill["fiscal"]) == ("275.00", "2025-11-20", None)
    assert (bill["firstDay"], bill["lastDay"]) == ("2025-10-11", "2025-11-10")  # up to the day of the reading


@pytest.mark.covers("S4-037", "S4-038", "S4-039", "S4-018")
def test_s4_units_are_charged_by_blocks_and_due_in_fifteen_days(open_tenant: Callable[..., Tenant]) -> None:
    tenant = open_tenant("electricity", "2025-03-20")
    uses = {"household": ("SRV-1", "0", "25.00"), "commercial": ("SRV-2", "100", "300.00")}
    for consumer_class, (service, use, _) in uses.items():
        facts = {"accountNumber": service, "meterNumber": f"E-{service}", "consumerClass": consumer_class}
        tenant.connect("electricity", initialReading="700", **facts)
        tenant.read("electricity", f"E-{service}", str(700 + int(use)), "2025-03-20")
    tenant.connect(
        "electricity", accountNumber="SRV-3", meterNumber="E-3", consumerClass="household", initialReading="50"
    )
    tenant.read("electricity", "E-3", "150", "2025-03-20")
    bills = tenant.bill("electricity", "2025-03")

    assert {service: bills[service]["total"] for service, _, _ in uses.values()} == {
        service: total for service, _, total in uses.values()
    }
    assert (bills["SRV-3"]["total"], bills["SRV-3"]["dueOn"]) == ("200.00", "2025-04-04")
    below = {"accountNumber": "SRV-3", "reading": "149", "readOn": "2025-04-20"}
    assert tenant.admin.post(f"{tenant.base('electricity')}/readings", below).expect(400)


def test_what_one_tenant_sets_never_shows_in_another(open_tenant: Callable[..., Tenant]) -> None:
    """S1 and S3 in one table, doing the same things on the same day, each by its own settings."""
    condominium, waterworks = open_tenant("water-bills", "2025-08-06"), open_tenant("balilihan", "2025-08-06")
    area = {"code": "Poblacion", "name": "Poblacion"}
    assert condominium.admin.post(f"/api/clients/{condominium.client}/areas", area).expect(400)["code"] == "no-areas"
    waterworks.admin.post(f"/api/clients/{waterworks.client}/areas", area).expect(201)
    unit = {"consumerClass": "unit", "meterNumber": "M-1", "initialReading": "100", "area": "Anywhere"}
    here = condominium.connect("waterBills", consumerId=None, accountNumber="101", **unit)
    there = waterworks.connect("waterworks", **{**unit, "consumerClass": "residential", "area": "Poblacion"})
    listed = {**unit, "consumerClass": "residential", "meterNumber": "M-2"}
    for refused, code in (({}, "consumer-missing"), ({"accountNumber": "7", "consumerId": "0" * 26}, "account-given")):
        answer = waterworks.admin.post(f"{waterworks.base('waterworks')}/connections", {**listed, **refused})
        assert answer.expect(400)["code"] == code
    common = {"consumerClass": "unit", "accountNumber": "common", "meterNumber": "M-C", "purpose": "common_area"}
    condominium.connect("waterBills", consumerId=None, **common)
    condominium.read("waterBills", "M-C", "9", "2025-08-05")

    readings = (
        condominium.read("waterBills", "M-1", "110", "2025-08-05"),
        waterworks.read("waterworks", "M-1", "110", "2025-08-05"),
    )
    assert [(each["period"], each["status"], each["usage"]) for each in readings] == [
        ("2025-07", "confirmed", "10"),
        ("2025-08", "pending", "10"),
    ]
    waterworks.admin.post(f"{waterworks.base('waterworks')}/readings/confirmations", {}).expect(200)
    bills = condominium.bill("waterBills", "2025-07"), waterworks.bill("waterworks", "2025-08")
    assert [list(each) for each in bills] == [[here], [there]] == [["101"], ["2025080001"]]
    shown = [bills[0][here], bills[1][there]]
    assert [(each["dueOn"], each["currency"], each["fiscal"] is None) for each in shown] == [
        ("2025-08-10", "USD", False),
        ("2025-08-20", "PHP", True),
    ]
