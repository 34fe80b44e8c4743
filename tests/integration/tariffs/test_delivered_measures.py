"""A tariff needs only what its project delivers, and what it needs stays among the project's settings."""

from typing import Any

import pytest

from chalicelib.tenancy.domain import DeliveredMeasure
from tests.support.examples import WATERWORKS, with_settings
from tests.support.http import Api, Reply
from tests.support.utilities import Utility, open_waterworks

_PEAK = {"name": "peakKw", "label": "Peak", "unit": "kW", "kind": "peak"}
_RATCHET = {
    "name": "ratchet",
    "label": "Ratchet",
    "unit": "kW",
    "history": {"take": "max", "of": "peakKw", "lastPeriods": 11},
}
_DEMAND = {"kind": "usage", "code": "demand", "label": "Demand", "rate": "5", "measure": "peakKw"}


def _sheet(*charges: dict[str, Any], measures: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:  # noqa: ANN401
    sheet = {"name": "Power", "currency": "PHP", "unit": "m3", "validFrom": "2025-01-01"}
    return sheet | {"charges": list(charges), "measures": list(measures)} | more


def _open(api: Api, *measures: tuple[str, str]) -> Utility:
    delivered = tuple(DeliveredMeasure(name, source) for name, source in measures)  # type: ignore[arg-type]
    return open_waterworks(api, settings=with_settings(WATERWORKS, measures=delivered).settings, rates={})


def _enter(utility: Utility, sheet: dict[str, Any], tariff_id: str = "power") -> Reply:
    return utility.as_staff().post(f"{utility.base}/tariffs", {"id": tariff_id, "sheet": sheet})


def _change(utility: Utility, **settings: Any) -> Reply:  # noqa: ANN401
    staff = utility.as_staff()
    version = staff.get(utility.base).expect(200)["version"]
    return staff.patch(f"{utility.base}/settings", {"version": version, "settings": settings})


def test_a_tariff_that_needs_what_nobody_delivers_is_refused_wherever_it_is_entered(api: Api) -> None:
    utility = _open(api)
    needing = _sheet(_DEMAND, measures=(_PEAK,))
    refused = _enter(utility, needing)
    assert (refused.status, refused.json["code"]) == (400, "undelivered-measure")
    assert refused.json["errors"][0]["field"] == "sheet.measures.0.name"
    assert "no measure peakKw: add it to the measures of its settings" in refused.json["detail"]

    staff, path = utility.as_staff(), f"{utility.base}/tariffs/power/versions"
    _enter(utility, _sheet({"kind": "fixed", "code": "base", "label": "Base", "amount": "5"})).expect(201)
    assert staff.put(f"{path}/1", needing).json["code"] == "undelivered-measure"
    assert staff.post(path, needing | {"validFrom": "2026-01-01"}).json["code"] == "undelivered-measure"

    _change(utility, measures=[{"name": "peakKw", "from": "reading"}]).expect(200)
    staff.put(f"{path}/1", needing).expect(200)


@pytest.mark.parametrize(
    ("measure", "fault", "field"),
    [
        (_RATCHET, None, None),
        (_RATCHET | {"history": {"take": "sum", "lastPeriods": 12}}, None, None),
        (_RATCHET | {"history": {"take": "max", "of": "peakKw", "lastPeriods": 13}}, "its last 12", "lastPeriods"),
        (_RATCHET | {"history": {"take": "max", "of": "contractedKw", "lastPeriods": 2}}, "not measured in each", "of"),
        (_RATCHET | {"history": {"take": "max", "of": "kvarh", "months": [1]}}, "no measure kvarh", "of"),
    ],
)
def test_a_history_needs_what_is_measured_in_each_period(
    api: Api, measure: dict[str, Any], fault: str | None, field: str | None
) -> None:
    utility = _open(api, ("peakKw", "reading"), ("contractedKw", "place"))
    others = tuple({"name": name, "label": name, "unit": "kW"} for name in ("peakKw", "contractedKw", "kvarh"))
    reply = _enter(utility, _sheet(_DEMAND | {"measure": "ratchet"}, measures=(measure, *others)))
    if fault is None:
        reply.expect(201)
    else:
        assert fault in reply.expect(400)["detail"]
        assert reply.json["errors"][0]["field"] == f"sheet.measures.0.history.{field}"


def test_what_every_connection_has_and_what_no_charge_names_needs_no_entry(api: Api) -> None:
    charges = (
        {"kind": "usage", "code": "sewer", "label": "Sewer", "rate": "1", "measure": "winterAverage"},
        {"kind": "fixed", "code": "head", "label": "Per head", "amount": "1", "times": "persons"},
    )
    persons = {"name": "persons", "label": "Persons", "unit": "persons"}
    _enter(_open(api), _sheet(*charges, measures=(persons, _PEAK))).expect(201)


def test_an_adjustment_needs_an_amount_or_somebody_who_gives_it(api: Api) -> None:
    fuel = {"kind": "adjustment", "code": "fuel", "label": "Fuel", "times": "use"}
    utility = _open(api, ("rent", "place"))
    refused = _enter(utility, _sheet(fuel))
    assert (refused.json["code"], refused.json["errors"][0]["field"]) == (
        "undelivered-measure",
        "sheet.charges.0.amount",
    )
    _enter(utility, _sheet(fuel | {"amount": "0.10"}, {**fuel, "code": "rent"})).expect(201)


def test_a_measure_that_a_tariff_needs_stays_among_the_settings(api: Api) -> None:
    utility = _open(api, ("peakKw", "reading"), ("kvarh", "register"))
    _enter(utility, _sheet(_DEMAND | {"measure": "ratchet"}, measures=(_RATCHET, _PEAK))).expect(201)

    gone = _change(utility, measures=[{"name": "kvarh", "from": "register"}])
    assert (gone.status, gone.json["code"]) == (409, "measure-needed")
    assert "A tariff needs peakKw from the reading; keep it" in gone.json["detail"]
    stated = _change(utility, measures=[{"name": "peakKw", "from": "place"}])
    assert "can't come from the place instead" in stated.expect(409)["detail"]
    shown = _change(utility, measures=[{"name": "peakKw", "from": "register"}]).expect(200)
    assert shown["settings"]["measures"] == [{"name": "peakKw", "from": "register"}]

    utility.as_staff().delete(f"{utility.base}/tariffs/power/versions/1").expect(200)
    _change(utility, measures=[]).expect(200)


def test_each_measure_is_named_once_and_none_that_every_connection_has(api: Api) -> None:
    twice = _change(_open(api), measures=[{"name": each, "from": "place"} for each in ("kw", "kw", "use")]).expect(400)
    assert (twice["code"], [each["field"] for each in twice["errors"]]) == (
        "bad-setting",
        ["settings.measures.1.name", "settings.measures.2.name"],
    )
