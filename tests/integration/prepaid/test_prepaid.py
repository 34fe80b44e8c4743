"""Units are sold through the tariff's blocks, used up by readings, and not billed again."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.cycles.domain import DueOffset
from chalicelib.platform import clock
from tests.published.tariff_kinds import PREPAID
from tests.support.http import Api, Reply
from tests.support.office import Office


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Office:
    return _office(app, api)


def _office(app: Chalice, api: Api, **sheet: Any) -> Office:  # noqa: ANN401
    whole = PREPAID | {"prepaid": True} | sheet
    return Office(
        app, api, PREPAID["charges"], today="2025-06-01", sheet=whole, currency="ZAR", unit="kWh", due=DueOffset(15)
    )


def _sell(office: Office, amount: str, *, currency: str = "ZAR", key: str | None = None) -> Reply:
    body = {"amount": amount, "currency": currency}
    return office.staff.post(f"{office.path('1')}/prepaid-sales", body, key=key)


def _balance(office: Office) -> tuple[str, str, str, str]:
    shown = office.staff.get(f"{office.path('1')}/prepaid").expect(200)
    return shown["bought"], shown["used"], shown["left"], shown["overdrawn"]


def test_units_are_sold_used_up_and_not_billed(office: Office) -> None:
    office.connect("1", installedOn="2025-06-01")
    first = _sell(office, "60.00").expect(201)
    assert (first["units"], first["price"], first["change"], first["month"]) == ("40", "60.00", "0.00", "2025-06")
    second = _sell(office.on("2025-06-10"), "100.00").expect(201)
    assert (second["units"], second["price"], second["change"]) == ("54.7", "99.93", "0.07")
    assert (second["monthUnits"], second["tariffVersion"], second["unit"]) == ("94.7", 1, "kWh")
    assert _balance(office) == ("94.7", "0", "94.7", "0")

    office.read("1", "2025-06-30", "90")
    assert _balance(office) == ("94.7", "90", "4.7", "0")
    (bill,) = office.run("2025-06")
    assert (bill["total"], bill["amountDue"], bill["usage"]) == ("0.00", "0.00", "90")
    assert [(line["amount"], line["informational"]) for line in bill["lines"]] == [("151.00", True)]
    assert office.exceptions() == []

    office.read("1", "2025-07-31", "120")
    assert _balance(office) == ("94.7", "120", "0", "25.3")
    july = _sell(office, "60.00").expect(201)
    assert (july["units"], july["monthUnits"]) == ("40", "40"), "a month begins with its first block"
    assert _balance(office) == ("134.7", "120", "14.7", "0")


def test_the_same_sale_sent_again_is_made_once(office: Office) -> None:
    office.connect("1")
    sold = _sell(office, "60.00", key="sale-1").expect(201)
    assert _sell(office, "60.00", key="sale-1").expect(201) == sold
    assert _balance(office)[0] == "40"
    listed = office.staff.get(f"{office.path('1')}/prepaid-sales").expect(200)["items"]
    assert [each["id"] for each in listed] == [sold["id"]]
    assert office.staff.get(f"{office.path('1')}/prepaid-sales/{sold['id']}").expect(200) == sold


def test_a_tariff_of_whole_units_sells_whole_units(app: Chalice, api: Api) -> None:
    office = _office(app, api, quantityRounding={"mode": "floor", "step": "1"})
    office.connect("1")
    assert _sell(office, "100.00").expect(201)["units"] == "63"


@pytest.mark.parametrize(
    ("amount", "currency", "status", "code"),
    [
        ("0.10", "ZAR", 400, "bad-amount"),
        ("0", "ZAR", 400, "bad-amount"),
        ("1.005", "ZAR", 400, "bad-amount"),
        ("-5.00", "ZAR", 400, "bad-amount"),
        ("5.00", "USD", 400, "bad-amount"),
    ],
)
def test_an_amount_that_buys_nothing_or_is_none_is_refused(
    office: Office, amount: str, currency: str, status: int, code: str
) -> None:
    office.connect("1")
    refused = _sell(office, amount, currency=currency)
    assert (refused.status, refused.json["code"]) == (status, code)
    assert office.staff.get(f"{office.path('1')}/prepaid").status == 404


def test_nothing_is_sold_by_a_tariff_that_is_billed_or_to_a_connection_that_is_closed(app: Chalice, api: Api) -> None:
    billed = _office(app, api, prepaid=None)
    billed.connect("1")
    assert _sell(billed, "60.00").expect(409)["code"] == "not-prepaid"
    office = _office(app, api)
    office.connect("1")
    office.staff.post(f"{office.path('1')}/disconnection", {"reason": "Left"}).expect(200)
    assert _sell(office, "60.00").expect(409)["code"] == "not-active"


def test_a_version_that_sold_units_is_sealed(office: Office) -> None:
    office.connect("1")
    _sell(office, "60.00").expect(201)
    shown = office.staff.get(f"{office.base}/tariffs/flat/versions/1").expect(200)
    assert (shown["sealed"], shown["sheet"]["prepaid"]) == (True, True)


def test_a_holder_sees_their_own_sales_and_a_later_one_does_not(office: Office) -> None:
    ana, ben = office.consumer("Ana"), office.consumer("Ben")
    office.connect("1", consumer=ana, installedOn="2025-06-01")
    _sell(office, "60.00").expect(201)
    office.hand_over("1", "2025-06-20", ben, finalReading="10")
    assert _balance(office) == ("40", "10", "30", "0"), "units stay with the meter"
    assert office.bills_of("1")[0]["total"] == "0.00"
