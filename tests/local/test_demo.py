"""The demo data is the same everywhere, and has just the trouble that it is there to show."""

from pathlib import Path

import pytest

from chalicelib.identity.domain import ROLES, check_password
from local import presets
from local.demo import files, utilities
from local.demo.people import COUNT, households


@pytest.mark.parametrize(("path", "text"), files.contents().items(), ids=lambda each: getattr(each, "name", ""))
def test_the_demo_files_are_up_to_date(path: Path, text: str) -> None:
    assert path.read_bytes().decode() == text, "run: .venv/bin/python -m local.demo.files"


def test_one_residential_household_uses_exactly_ten_cubic_metres() -> None:
    ten = [
        household
        for household in households()
        if household.consumer_class == "residential" and household.reading - household.initial_reading == 10
    ]

    assert ten == [households()[0]]


def test_households_are_mostly_residential_with_a_meter_of_their_own() -> None:
    everybody = households()

    assert len({household.meter_number for household in everybody}) == COUNT
    residential = sum(household.consumer_class == "residential" for household in everybody)
    assert 0.8 < residential / COUNT < 0.9
    assert all(household.reading > household.initial_reading for household in everybody)


def test_the_demo_password_keeps_the_stricter_rule() -> None:
    check_password(utilities.PASSWORD, presets.BALILIHAN.password_rule)


def test_the_condominium_starts_from_the_sources_meter_readings() -> None:
    assert 1785 - utilities.AVII_UNITS["101"][0] == 11
    assert 35 - utilities.AVII_UNITS["102"][0] == 5


def test_somebody_of_each_demo_utility_may_change_a_tariff() -> None:
    """D17: of waterbilling nobody could."""
    staff = [utilities.BALILIHAN_STAFF, utilities.AVII_STAFF, *utilities.SMALL_STAFF.values()]
    assert [roles for roles in staff if not any("tariffs.manage" in ROLES[role] for role in roles.values())] == []
