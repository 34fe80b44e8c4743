"""Serial numbers of meters: unique for each maker, with spaces and slashes, and told apart by brand (B48)."""

from dataclasses import replace
from typing import Any

import pytest

from local import presets
from tests.support.http import Api
from tests.support.utilities import Utility, bring_file, open_waterworks


@pytest.fixture
def utility(api: Api) -> Utility:
    """A waterworks with two brands."""
    opened = open_waterworks(api)
    for brand in ("itron", "badger"):
        opened.as_staff().post(f"/api/clients/{opened.client}/meter-brands", {"id": brand, "name": brand.title()})
    return opened


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _connect(admin: Api, utility: Utility, number: str, brand: str | None = None) -> Any:  # noqa: ANN401
    consumer = admin.post(utility.consumers, {"name": f"Holder of {number}"}).expect(201)["id"]
    meter = {"meterNumber": number} | ({"meterBrand": brand} if brand else {})
    return admin.post(f"{utility.base}/connections", {"consumerId": consumer, "consumerClass": "residential", **meter})


def _accounts(admin: Api, utility: Utility, **query: str) -> list[str]:
    return [each["accountNumber"] for each in admin.get(f"{utility.base}/connections", **query).expect(200)["items"]]


def test_two_makers_meters_of_one_number_are_on_two_connections(utility: Utility, admin: Api) -> None:
    """B48."""
    first, second = (_connect(admin, utility, "123456", brand).expect(201) for brand in ("itron", "badger"))
    assert sorted(_accounts(admin, utility, meterNumber="123456")) == [first["accountNumber"], second["accountNumber"]]
    assert _accounts(admin, utility, meterNumber="123456", meterBrand="badger") == [second["accountNumber"]]
    again = _connect(admin, utility, "123456", "badger").expect(409)
    assert (again["code"], second["accountNumber"] in again["detail"]) == ("meter-taken", True)


@pytest.mark.parametrize("brands", [("itron", None), (None, "itron"), (None, None), ("itron", "itron")])
def test_a_meter_without_a_brand_may_be_any_makers(
    utility: Utility, admin: Api, brands: tuple[str | None, str | None]
) -> None:
    _connect(admin, utility, "123456", brands[0]).expect(201)
    assert _connect(admin, utility, " 123456 ", brands[1]).expect(409)["code"] == "meter-taken"


def test_a_serial_number_keeps_its_slash_and_spaces(utility: Utility, admin: Api) -> None:
    """B48."""
    made = _connect(admin, utility, " bd  4512/19 ").expect(201)
    assert made["meterNumber"] == "BD 4512/19"
    assert _accounts(admin, utility, meterNumber="Bd 4512/19") == [made["accountNumber"]]
    reading = {"meterNumber": "bd 4512/19", "reading": "12", "readOn": "2025-11-05"}
    assert admin.post(f"{utility.base}/readings", reading).expect(201)["meterNumber"] == "BD 4512/19"
    assert _connect(admin, utility, "BD 4512/19").expect(409)["code"] == "meter-taken"
    for impossible in ("BD#1", "/1", "", "A\\t1", "x" * 41, "Ä1"):
        assert _connect(admin, utility, impossible).status == 400


def test_a_reading_by_a_number_of_two_makers_names_the_brand(utility: Utility, admin: Api) -> None:
    first, second = (_connect(admin, utility, "123456", brand).expect(201) for brand in ("itron", "badger"))
    reading = {"meterNumber": "123456", "reading": "12", "readOn": "2025-11-05"}
    refused = admin.post(f"{utility.base}/readings", reading).expect(409)
    assert (refused["code"], refused["errors"][0]["field"]) == ("ambiguous-meter", "meterBrand")
    assert "badger, itron" in refused["detail"]
    taken = admin.post(f"{utility.base}/readings", reading | {"meterBrand": "badger"}).expect(201)
    assert taken["accountNumber"] == second["accountNumber"]
    assert admin.post(f"{utility.base}/readings", reading | {"meterBrand": "elster"}).expect(404)
    assert first["accountNumber"] != taken["accountNumber"]


def test_a_meter_gets_another_brand_only_if_no_other_has_its_number_there(utility: Utility, admin: Api) -> None:
    first = _connect(admin, utility, "123456", "itron").expect(201)["accountNumber"]
    second = _connect(admin, utility, "123456", "badger").expect(201)["accountNumber"]
    path = f"{utility.base}/connections/{first}"
    for brand in ("badger", None):
        refused = admin.patch(path, {"version": 0, "meterBrand": brand}).expect(409)
        assert refused["code"] == "meter-taken"
    admin.post(f"{utility.base}/connections/{second}/closure", {"reason": "Demolished", "finalReading": "0"}).expect(
        200
    )
    assert admin.patch(path, {"version": 0, "meterBrand": "badger"}).expect(200)["meterBrand"] == "badger"
    assert _accounts(admin, utility, meterNumber="123456") == [first]
    assert _connect(admin, utility, "123456", "itron").expect(201)["meterBrand"] == "itron"


def test_an_exchanged_meter_frees_its_number_for_its_brand(utility: Utility, admin: Api) -> None:
    first, _ = (_connect(admin, utility, "123456", brand).expect(201)["accountNumber"] for brand in ("itron", "badger"))
    path = f"{utility.base}/connections/{first}/meter-exchanges"
    exchange = {"finalReading": "0", "reason": "Stuck", "meterNumber": "77/1", "meterBrand": "itron"}
    taken = admin.post(path, exchange | {"meterNumber": "123456", "meterBrand": "badger"}).expect(400)
    assert taken["code"] == "same-meter"
    assert admin.post(path, exchange).expect(200)["meterNumber"] == "77/1"
    assert _connect(admin, utility, "123456", "itron").expect(201)
    back = admin.post(path, exchange | {"meterNumber": "123456"}).expect(409)
    assert back["code"] == "meter-taken"


def test_a_file_of_readings_tells_two_makers_meters_apart(utility: Utility, admin: Api) -> None:
    for brand in ("itron", "badger"):
        _connect(admin, utility, "123456", brand).expect(201)
    _connect(admin, utility, "BD 4512/19").expect(201)
    rows = ("123456,Itron,10", "123456,badger,20", "123456,,30", "bd 4512/19,Itron,5")
    lines = "".join(f"{row},2025-11-05\n" for row in rows)
    file = f"meter_number,Meter Brand,reading,read_on\n{lines}".encode()
    report = _report(admin, utility, "readings", bring_file(utility, admin, "readings", file))
    assert [(each["line"], each["code"]) for each in report if each["kind"] == "refused"] == [(4, "ambiguous-meter")]
    shown = admin.get(f"{utility.base}/readings", period="2025-11").expect(200)["items"]
    assert sorted((each["meterNumber"], each["reading"]) for each in shown) == [
        ("123456", "10"),
        ("123456", "20"),
        ("BD 4512/19", "5"),
    ]


def test_a_registry_brings_two_makers_meters_in_and_twice_changes_nothing(utility: Utility, admin: Api) -> None:
    """B48."""
    header = "meter_number,brand,consumer_class,name\n"
    lines = "123456,Itron,residential,Ana Cruz\n123456,BADGER,residential,Ben Cruz\nBD 4512/19,,residential,Eva Luna\n"
    more = "123456,,residential,Pia Luna\n77,Elster,residential,Pia Luna\n123456,itron,residential,Pia Luna\n"
    for accepted in (3, 0):
        import_id = bring_file(utility, admin, "registry", (header + lines + more).encode())
        shown = admin.get(f"{utility.base}/registry/imports/{import_id}").expect(200)["counts"]
        assert (shown["accepted"], shown["unchanged"], shown["refused"]) == (accepted, 3 - accepted, 3)
        report = _report(admin, utility, "registry", import_id)
        assert [(each["line"], each["column"], each["code"]) for each in report][1:] == [
            (6, "brand", "unknown-brand"),
            (7, "meter_number", "duplicate-row"),
        ]
        assert report[0]["code"] in {"meter-taken", "ambiguous-meter"}
    assert len(_accounts(admin, utility, meterNumber="123456")) == 2


def test_where_the_account_number_is_the_meter_number_it_has_no_slash_and_is_unique(api: Api) -> None:
    """S2's account numbers are in addresses: they keep their stricter form, and the refusal says so."""
    utility = open_waterworks(api, settings=replace(presets.WATERWORKS_SETTINGS, account_numbers="meter"))
    admin = utility.as_staff()
    for brand in ("itron", "badger"):
        admin.post(f"/api/clients/{utility.client}/meter-brands", {"id": brand, "name": brand})
    refused = _connect(admin, utility, "BD 4512/19").expect(400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("bad-number", "meterNumber")
    assert "without spaces and slashes" in refused["detail"]
    assert _connect(admin, utility, "123456", "itron").expect(201)["accountNumber"] == "123456"
    twice = _connect(admin, utility, "123456", "badger").expect(409)
    assert (twice["code"], twice["errors"][0]["field"]) == ("account-taken", "meterNumber")
    assert "123-ITRON" in twice["detail"]
    file = b"meter_number,class,name\nBD 1/2,residential,Ana\n"
    report = _report(admin, utility, "registry", bring_file(utility, admin, "registry", file))
    assert [(each["column"], each["code"]) for each in report] == [("meter_number", "bad-number")]


def _report(admin: Api, utility: Utility, kind: str, import_id: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = admin.get(f"{utility.base}/{kind}/imports/{import_id}/report").expect(200)["items"]
    return lines
