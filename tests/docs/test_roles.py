"""docs/roles.md maps each source's roles onto ours, and ours can do what they could and not more than they should."""

from pathlib import Path

import pytest

from chalicelib.identity.domain.roles import BUILT_IN, PERMISSIONS
from chalicelib.onboarding import service as onboarding
from tests.support.markdown import code_words, table_rows

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "roles.md"
_ROWS = [row for row in table_rows(_PAGE, "# Roles") if len(row) == 5]
_PRESETS = {preset.source.partition(",")[0]: preset for preset in onboarding.list_presets().values()}
# The role sets that the sources name.
_THERE = {
    "S0": {"processor, staff", "processor, manager", "consumer"},
    "S1": {"Admin", "Manager", "Viewer"},
    "S2": {"Admin", "Billing Officer", "Account Officer", "Consumer"},
    "S3": {"Superuser", "Admin", "Field Staff, in their barangay", "smart meter"},
    "S4": {"Admin", "Employee", "Consumer"},
}


def test_every_role_of_every_source_is_mapped_once() -> None:
    assert {source: {row[1] for row in _ROWS if row[0] == source} for source in _THERE} == _THERE
    assert len(_ROWS) == sum(map(len, _THERE.values()))
    assert _PRESETS.keys() == _THERE.keys()


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_mapped_role_may_what_the_page_says_and_not_what_it_says_not(row: list[str]) -> None:
    (ours,) = code_words(row[2])
    of_preset = {role.name: role.as_role() for role in _PRESETS[row[0]].roles}
    granted = of_preset.get(ours, BUILT_IN[ours]).granted()
    may, may_not = set(code_words(row[3])), set(code_words(row[4]))
    assert {permission.removesuffix(".own") for permission in may | may_not} <= PERMISSIONS.keys()
    assert may <= granted
    assert not may_not & granted


def test_a_preset_takes_permissions_away_and_gives_none() -> None:
    for preset in _PRESETS.values():
        for role in preset.roles:
            assert role.without
            assert role.without < BUILT_IN[role.name].permissions
