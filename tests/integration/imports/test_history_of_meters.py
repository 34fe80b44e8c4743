"""Histories in which a meter was changed or ran over (B49): use is complete, and the change is on record."""

from contextlib import suppress
from typing import Any

import pytest

from chalicelib.imports import service
from chalicelib.platform import clock
from tests.integration.imports.test_history import admin_of, announce, august, bring, july, report, september
from tests.support.faults import MODES, Death, Mode, faults
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, Utility, open_condominium

_JULY = july({"101": {"prior": 1774, "current": 1785}})


@pytest.fixture(autouse=True)
def in_november() -> Any:  # noqa: ANN401
    """11 November 2025."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    """A condominium with unit 101, at 1774 with four digits, and the meter of its garden, also at 1774."""
    opened = open_condominium(api)
    for account, purpose, more in (("101", "service", {"meterDigits": 4}), ("garden", "common_area", {})):
        body = {"accountNumber": account, "meterNumber": f"WM-{account}", "initialReading": "1774", "area": "A"}
        facts = {"consumerClass": "unit", "purpose": purpose, **more}
        admin_of(opened).post(f"{opened.base}/connections", body | facts).expect(201)
    return opened


def _uses(utility: Utility, account: str = "101") -> list[tuple[str, str, str, str]]:
    """Return a connection's months with previous value, value and use."""
    found = []
    for month in ("2025-07", "2025-08", "2025-09"):
        shown = admin_of(utility).get(f"{utility.base}/readings", period=month).expect(200)["items"]
        found += [
            (month, each["previous"], each["reading"], each["usage"])
            for each in shown
            if each["accountNumber"] == account
        ]
    return found


def _changes(utility: Utility, account: str = "101") -> list[dict[str, Any]]:
    events = admin_of(utility).get(f"{utility.base}/connections/{account}/history").expect(200)["items"]
    return [{"on": each["happenedOn"], **each["facts"]} for each in events if each["kind"] == "meter_exchanged"]


def test_a_month_that_begins_at_zero_with_its_own_consumption_shows_a_new_meter(utility: Utility) -> None:
    """B49."""
    done = bring(utility, [_JULY, august({"101": {"prior": 0, "current": 9, "consumption": 9}})])
    assert (done["counts"]["accepted"], done["counts"]["flagged"]) == (2, 1)
    assert _uses(utility) == [("2025-07", "1774", "1785", "11"), ("2025-08", "0", "9", "9")]
    assert _changes(utility) == [
        {"on": "2025-09-01", "finalReading": "1785", "newMeter": "WM-101", "firstReading": "0"}
    ]
    (line,) = report(utility, done)
    assert (line["kind"], line["code"], line["column"]) == ("flagged", "meter-changed", "months[1].units.101.prior")
    again = bring(utility, [_JULY, august({"101": {"prior": 0, "current": 9, "consumption": 9}})])
    assert (again["counts"]["unchanged"], again["counts"]["refused"], len(_changes(utility))) == (2, 0, 1)


@pytest.mark.parametrize(
    "units",
    [
        {"prior": 0, "current": 9},
        {"prior": 0, "current": 9, "consumption": 14},
        {"prior": 5, "current": 9, "consumption": 4},
        {"prior": 1784, "current": 1790, "consumption": 6},
    ],
    ids=["no consumption", "use of the old meter", "not at zero", "a gap"],
)
def test_what_does_not_show_a_new_meter_is_refused_and_says_how_to_state_one(
    utility: Utility, units: dict[str, int]
) -> None:
    done = bring(utility, [_JULY, august({"101": units})])
    (line,) = report(utility, done)
    assert (line["code"], "meterChange" in line["reason"]) == ("prior-differs", True)
    assert _changes(utility) == []


def test_the_first_month_shows_no_new_meter(utility: Utility) -> None:
    """A connection at 1774 whose history begins at zero was registered with another initial reading."""
    done = bring(utility, [july({"101": {"prior": 0, "current": 9, "consumption": 9}})])
    assert [line["code"] for line in report(utility, done)] == ["prior-differs"]


@pytest.mark.parametrize(
    ("units", "change", "previous", "use"),
    [
        ({"prior": 0, "current": 9, "consumption": 14}, {"finalReading": 1790}, "0", "14"),
        ({"prior": 1785, "current": 9, "consumption": 14}, {"finalReading": 1790}, "0", "14"),
        ({"prior": 0, "current": 9}, {"finalReading": 1790}, "0", "14"),
        ({"prior": 0, "current": 9, "consumption": 14}, {}, "0", "14"),
        ({"prior": 3, "current": 9, "consumption": 6}, {}, "3", "6"),
        ({"prior": 1785, "current": 29}, {"finalReading": 1790, "firstReading": 20}, "20", "14"),
        ({"prior": 0, "current": 9}, {"finalReading": 5, "rolledOver": True}, "0", "8229"),
    ],
    ids=["above", "prior of the old", "no consumption", "no final", "first is prior", "not from zero", "old ran over"],
)
def test_a_stated_change_counts_both_meters(
    utility: Utility, units: dict[str, int], change: dict[str, Any], previous: str, use: str
) -> None:
    """B49, with a final value of the old meter above its last reading."""
    stated = {**units, "meterChange": {"changedOn": "2025-08-11", "oldMeterNumber": "BD 12/3", **change}}
    done = bring(utility, [_JULY, august({"101": stated})])
    assert (done["counts"]["accepted"], report(utility, done)) == (2, [])
    assert _uses(utility)[1] == ("2025-08", previous, str(units["current"]), use)
    (event,) = _changes(utility)
    assert (event["on"], event["oldMeter"], event["firstReading"]) == ("2025-08-11", "BD 12/3", previous)
    shown = admin_of(utility).get(f"{utility.base}/connections/101").expect(200)
    assert (shown["meterNumber"], shown["installedOn"], shown["lastReading"]) == (
        "WM-101",
        "2025-08-11",
        str(units["current"]),
    )
    assert bring(utility, [_JULY, august({"101": stated})])["counts"]["unchanged"] == 2


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"finalReading": 1780}, "meterChange.finalReading", "below-previous"),
        ({"changedOn": "2025-07-31"}, "meterChange.changedOn", "wrong-order"),
        ({"changedOn": "2025-09-02"}, "meterChange.changedOn", "wrong-order"),
        ({"finalReading": 1790}, "consumption", "consumption-differs"),
        ({"firstReading": 12345}, "meterChange.firstReading", "impossible-reading"),
        ({"firstReading": 2}, "prior", "prior-differs"),
        ({"finalReading": "ten"}, "meterChange.finalReading", "bad-number"),
        ({"rolledOver": "yes"}, "meterChange.rolledOver", "wrong-form"),
        ({"newMeter": "X"}, "meterChange", "wrong-form"),
    ],
)
def test_a_change_that_can_not_be_is_refused_with_its_place(
    utility: Utility, change: dict[str, Any], column: str, code: str
) -> None:
    units = {"prior": 0, "current": 9, "consumption": 9, "meterChange": change}
    (line,) = report(utility, bring(utility, [_JULY, august({"101": units})]))
    assert (line["column"], line["code"]) == (f"months[1].units.101.{column}", code)


def test_two_changes_follow_each_other_and_the_next_month_counts_on(utility: Utility) -> None:
    months = [
        _JULY,
        august(
            {"101": {"prior": 1785, "current": 4, "meterChange": {"finalReading": 1787, "changedOn": "2025-08-05"}}}
        ),
        september({"101": {"prior": 0, "current": 3, "consumption": 3}}),
    ]
    assert bring(utility, months)["counts"]["accepted"] == 3
    assert [use for *_, use in _uses(utility)] == ["11", "6", "3"]
    assert sorted(each["on"] for each in _changes(utility)) == ["2025-08-05", "2025-10-01"]
    later = {"year": 2025, "month": 10, "readingDate": "2025-11-01", "units": {"101": {"prior": 3, "current": 10}}}
    assert bring(utility, [later])["counts"]["accepted"] == 1


def test_the_meter_of_a_garden_is_changed_as_well(utility: Utility) -> None:
    months = [
        july({}, commonArea={"prior": 1774, "current": 1785}),
        august({}, commonArea={"prior": 0, "current": 9, "meterChange": {"finalReading": 1786}}),
    ]
    assert bring(utility, months)["counts"]["accepted"] == 2
    assert (_uses(utility, "garden")[1][3], len(_changes(utility, "garden"))) == ("10", 1)


@pytest.mark.parametrize(
    ("facts", "use"),
    [
        ({"prior": 1785, "current": 85, "consumption": 8300}, "8300"),
        ({"prior": 1785, "current": 85, "rolledOver": True}, "8300"),
        ({"prior": 1785, "current": 85}, None),
        ({"prior": 1785, "current": 85, "consumption": 85}, None),
    ],
    ids=["by its consumption", "in words", "unsaid", "another consumption"],
)
def test_a_register_ran_over_if_the_file_says_so(utility: Utility, facts: dict[str, Any], use: str | None) -> None:
    """A lower value alone is a slip of the pen as often as a rollover."""
    done = bring(utility, [_JULY, august({"101": facts})])
    if use:
        assert _uses(utility)[1] == ("2025-08", "1785", "85", use)
    else:
        assert [line["code"] for line in report(utility, done)] == ["below-previous"]
    assert _changes(utility) == []


@pytest.mark.parametrize("mode", MODES)
def test_interrupted_anywhere_a_change_is_taken_in_once_and_reported_alike(utility: Utility, mode: Mode) -> None:
    import_id = announce(utility, [_JULY, august({"101": {"prior": 0, "current": 9, "consumption": 9}})])
    for at in (4, 8, 10, 12):
        with faults(strike_at=at, mode=mode), suppress(Exception, Death):
            service.run_history_import(utility.context(), import_id=import_id)
    service.run_history_import(utility.context(), import_id=import_id)
    done = admin_of(utility).get(f"{utility.base}/history/imports/{import_id}").expect(200)
    assert (done["counts"]["accepted"], [line["code"] for line in report(utility, done)]) == (2, ["meter-changed"])
    assert (len(_changes(utility)), _uses(utility)[1][3]) == (1, "9")
