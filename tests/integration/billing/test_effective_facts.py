"""Class, tariff and facts count as they were on a bill's first day, whatever is changed before the run."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from chalicelib.tenancy.domain import DeliveredMeasure
from tests.support.examples import WATERWORKS, with_settings
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.utilities import PASSWORD, Utility, open_waterworks

_Charges = list[dict[str, Any]]

_TARIFF: dict[str, Any] = {"name": "Water", "currency": "PHP", "unit": "m3", "validFrom": "2026-01-01"}
_HOMES_AND_SHOPS: _Charges = [
    {"kind": "usage", "code": "home", "label": "Home", "rate": "10", "when": {"classes": ["residential"]}},
    {"kind": "fixed", "code": "basic", "label": "Basic", "amount": "50", "when": {"classes": ["residential"]}},
    {"kind": "usage", "code": "shop", "label": "Shop", "rate": "30", "when": {"classes": ["commercial"]}},
]
_FLAT: _Charges = [
    {"kind": "usage", "code": "use", "label": "Use", "rate": "10"},
    {"kind": "fixed", "code": "basic", "label": "Basic", "amount": "50"},
    {
        "kind": "percent",
        "code": "senior",
        "label": "Senior",
        "of": ["use", "basic"],
        "percent": "-5",
        "when": {"flag": "senior"},
    },
]


@pytest.fixture(autouse=True)
def september() -> Iterator[None]:
    clock.use_time(lambda: datetime.fromisoformat("2026-09-01T01:00:00+00:00"))
    yield
    clock.use_time(None)


def _connect(admin: Api, utility: Utility, facts: dict[str, Any]) -> str:
    consumer = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": "SM-1", "area": "Poblacion"}
    account: str = admin.post(f"{utility.base}/connections", body | {"facts": facts}).expect(201)["accountNumber"]
    return account


class _Office:
    """A waterworks in the autumn of 2026, with one tariff and one connection that has been read in September."""

    def __init__(self, app: Chalice, api: Api, charges: _Charges, facts: dict[str, Any], **more: Any) -> None:  # noqa: ANN401
        self._app = app
        self.utility = open_waterworks(api, settings=more.pop("settings", WATERWORKS.settings), rates={})
        self.admin = self.utility.as_staff()
        sheet = _TARIFF | {"charges": charges} | more
        self.admin.post(f"{self.utility.base}/tariffs", {"id": "flat", "sheet": sheet}).expect(201)
        self.account = _connect(self.admin, self.utility, facts)
        self.path = f"{self.utility.base}/connections/{self.account}"
        self.read("2026-09-05", "10")
        self.first = self.bill("2026-09")

    def on(self, day: str) -> Self:
        clock.use_time(lambda: datetime.fromisoformat(f"{day}T01:00:00+00:00"))
        self.admin = self.utility.as_staff()
        return self

    def read(self, day: str, value: str) -> None:
        self.on(day)
        reading = {"meterNumber": "SM-1", "reading": value, "readOn": day}
        self.admin.post(f"{self.utility.base}/readings", reading).expect(201)
        self.admin.post(f"{self.utility.base}/readings/confirmations", {}).expect(200)

    def change(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
        version = self.admin.get(self.path).expect(200)["version"]
        shown: dict[str, Any] = self.admin.patch(self.path, {"version": version} | changes).expect(200)
        return shown

    def hand_over(self, day: str, **final: str) -> str:
        ben = self.admin.post(self.utility.consumers, {"firstName": "Ben", "lastName": "Cruz"}).expect(201)["id"]
        sold = {"consumerId": ben, "on": day, "reason": "sold"} | final
        self.admin.post(f"{self.path}/handovers", sold).expect(200)
        return str(ben)

    def bills(self, period: str) -> list[dict[str, Any]]:
        self.admin.post(f"{self.utility.base}/billing-runs", {"period": period}).expect(202)
        drain(self._app, "meterbook-billing")
        return whole_bills(self.admin, self.utility.base, period)

    def bill(self, period: str) -> dict[str, Any]:
        (bill,) = self.bills(period)
        return bill


def test_b23_a_class_changed_after_the_reading_counts_from_the_first_bill_that_begins_after_it(
    app: Chalice, api: Api
) -> None:
    office = _Office(app, api, _HOMES_AND_SHOPS, {})
    office.read("2026-10-05", "20")
    office.on("2026-10-06").change(consumerClass="commercial")

    october = office.bill("2026-10")
    assert (october["total"], october["consumerClass"]) == ("150.00", "residential")

    office.read("2026-11-05", "30")
    november = office.bill("2026-11")
    assert (november["total"], november["firstDay"]) == ("150.00", "2026-10-05"), "its days began before the change"

    office.read("2026-12-05", "40")
    december = office.bill("2026-12")
    assert (december["total"], december["consumerClass"]) == ("300.00", "commercial")


def test_b24_b25_a_discount_is_of_a_person_and_ends_with_the_handover(app: Chalice, api: Api) -> None:
    office = _Office(app, api, _FLAT, {"flags": ["senior"], "placeFlags": ["floodZone"]})
    ana = office.admin.get(office.path).expect(200)["consumerId"]
    office.read("2026-10-05", "20")
    ben = office.hand_over("2026-10-05")
    assert office.admin.get(office.path).expect(200)["facts"]["flags"] == []

    october = office.bill("2026-10")
    assert (october["total"], october["consumerId"]) == ("142.50", ana)

    office.read("2026-11-05", "30")
    november = office.bill("2026-11")
    assert (november["total"], november["consumerId"]) == ("150.00", ben)
    assert office.admin.get(office.path).expect(200)["facts"]["placeFlags"] == ["floodZone"]


def test_the_new_holders_bill_of_the_same_month_has_no_discount(app: Chalice, api: Api) -> None:
    office = _Office(app, api, _FLAT, {"flags": ["senior"]})
    ben = office.on("2026-10-06").hand_over("2026-10-05", finalReading="20")
    office.read("2026-10-20", "30")
    final, his = office.bills("2026-10")
    assert (final["kind"], final["total"]) == ("final", "142.50")
    assert (his["consumerId"], his["total"]) == (ben, "150.00")


def test_a_change_is_entered_for_a_day_ahead_or_back_and_shown_with_its_days(app: Chalice, api: Api) -> None:
    office = _Office(app, api, _HOMES_AND_SHOPS, {})
    office.on("2026-10-06").change(consumerClass="commercial", **{"from": "2026-11-01"})
    changed = office.change(facts={"persons": 4, "measures": {"contractedKw": "5"}}, **{"from": "2026-10-01"})

    base: dict[str, Any] = {
        "meterSize": None,
        "dwellingUnits": "1",
        "winterAverage": None,
        "flags": [],
        "placeFlags": [],
    }
    none: dict[str, Any] = base | {"persons": None, "measures": {}}
    four = base | {"persons": 4, "measures": {"contractedKw": "5"}}
    home, shop = {"consumerClass": "residential", "tariffId": None}, {"consumerClass": "commercial", "tariffId": None}
    assert changed["factsHistory"] == [
        {"from": None, "until": "2026-10-01", **home, "facts": none},
        {"from": "2026-10-01", "until": "2026-11-01", **home, "facts": four},
        {"from": "2026-11-01", "until": None, **shop, "facts": four},
    ]
    assert office.admin.get(office.path).expect(200)["factsHistory"] == changed["factsHistory"]
    assert (changed["consumerClass"], changed["facts"]) == ("commercial", four)

    office.change(facts={"measures": {"contractedKw": None, "stormArea": "120.5"}}, **{"from": "2026-10-01"})
    assert office.admin.get(office.path).expect(200)["facts"]["measures"] == {"stormArea": "120.5"}


def test_persons_and_measures_of_a_connection_are_billed(app: Chalice, api: Api) -> None:
    charges = [
        {"kind": "usage", "code": "power", "label": "Contracted", "rate": "7", "measure": "contractedKw"},
        {"kind": "usage", "code": "waste", "label": "Waste", "rate": "2", "measure": "persons"},
    ]
    kw = with_settings(WATERWORKS, measures=(DeliveredMeasure("contractedKw", "place"),)).settings
    measures = [
        {"name": "contractedKw", "label": "Contracted", "unit": "kW"},
        {"name": "persons", "label": "Persons", "unit": "persons"},
    ]
    facts = {"persons": 3, "measures": {"contractedKw": "5.5"}}
    office = _Office(app, api, charges, facts, settings=kw, measures=measures)
    lines = office.first["lines"]
    assert {line["code"]: line["amount"] for line in lines} == {"power": "38.50", "waste": "6.00"}


def test_a_tariff_is_named_for_earlier_days_only_if_there_is_one(app: Chalice, api: Api) -> None:
    office = _Office(app, api, _FLAT, {})
    chosen = _TARIFF | {"charges": _FLAT, "consumerClass": None, "byChoice": True}
    for tariff in ("solar", "wind"):
        office.admin.post(f"{office.utility.base}/tariffs", {"id": tariff, "sheet": chosen}).expect(201)
    office.on("2026-10-06").change(tariffId="solar")
    version = office.admin.get(office.path).expect(200)["version"]
    unknown = office.admin.patch(office.path, {"version": version, "tariffId": "tidal", "from": "2026-10-01"})
    assert (unknown.status, unknown.json["code"]) == (400, "unknown-tariff")

    office.on("2026-10-07").change(tariffId="wind", **{"from": "2026-10-01"})

    shown = office.admin.get(office.path).expect(200)
    assert [each["tariffId"] for each in shown["factsHistory"]] == [None, "wind", "solar"]
    events = office.admin.get(f"{office.path}/history").expect(200)["items"]
    assert [(each["happenedOn"], each["facts"]) for each in events] == [
        ("2026-10-01", {"from": "", "to": "wind"}),
        ("2026-10-06", {"from": "", "to": "solar"}),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from": "2027-10-08", "consumerClass": "commercial"}, "from"),
        ({"from": "soon"}, "from"),
        ({"facts": {"measures": {"persons": "3"}}}, "facts.measures"),
        ({"facts": {"measures": {"kw": "-3"}}}, "facts.measures.kw"),
        ({"facts": {"persons": 1.5}}, "facts.persons"),
        ({"facts": {"measures": None}}, "facts.measures"),
    ],
)
def test_a_change_that_can_not_be_is_refused_and_says_where(
    app: Chalice, api: Api, changes: dict[str, Any], field: str
) -> None:
    clock.use_time(lambda: datetime.fromisoformat("2026-10-06T01:00:00+00:00"))
    utility = open_waterworks(api)
    admin = utility.as_staff()
    path = f"{utility.base}/connections/{_connect(admin, utility, {})}"
    reply = admin.patch(path, {"version": 0} | changes)
    assert (reply.status, reply.json["errors"][0]["field"]) == (400, field)


def test_a_change_of_an_earlier_day_alters_no_bill_and_lists_those_it_would_change(app: Chalice, api: Api) -> None:
    office = _Office(app, api, _HOMES_AND_SHOPS, {})
    for month, value in (("10", "20"), ("11", "30")):
        office.read(f"2026-{month}-05", value)
        office.bill(f"2026-{month}")
    bills = f"{office.path}/bills"
    assert office.admin.get(bills, wouldDiffer="true").expect(200)["items"] == []
    assert office.change(facts={"persons": 3}, **{"from": "2026-10-01"})["affectedBills"] is not None
    assert office.admin.get(bills, wouldDiffer="true").expect(200)["items"] == []  # no tariff asks for persons

    one = office.change(consumerClass="commercial", **{"from": "2026-10-01"})
    listed = office.admin.get(one["affectedBills"]).expect(200)["items"]
    assert [bill["period"] for bill in listed] == ["2026-11"]  # October's days began on 5 September

    changed = office.change(consumerClass="commercial", **{"from": "2026-09-05"})

    listed = office.admin.get(changed["affectedBills"]).expect(200)["items"]
    assert [(bill["period"], bill["total"]) for bill in listed] == [("2026-11", "150.00"), ("2026-10", "150.00")]
    assert len(office.admin.get(bills).expect(200)["items"]) == 3
    assert office.change(consumerClass="residential")["affectedBills"] is None


def test_a_holder_does_not_see_what_was_said_of_the_one_before(app: Chalice, api: Api) -> None:
    office = _Office(app, api, _FLAT, {"flags": ["senior"], "persons": 5})
    ben = office.on("2026-10-06").hand_over("2026-10-05", finalReading="20")
    office.change(facts={"persons": 2}, **{"from": "2026-10-10"})
    office.admin.post(f"{office.utility.consumers}/{ben}/login", {"login": "ben", "password": PASSWORD}).expect(201)
    his = office.utility.api.sign_in(office.utility.client, "ben", PASSWORD)

    shown = his.get(office.path).expect(200)
    assert [(each["from"], each["facts"]["persons"]) for each in shown["factsHistory"]] == [
        (None, None),
        ("2026-10-10", 2),
    ]
    assert his.get("/api/me/connections").expect(200)["items"][0]["connection"] == shown
    assert len(office.admin.get(office.path).expect(200)["factsHistory"]) == 3
