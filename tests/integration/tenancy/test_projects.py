"""Clients and projects are opened once and brought up to date; what stored keys depend on stays."""

from dataclasses import replace

import pytest

from chalicelib.cycles.domain import DueDay
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.tenancy import service
from local import presets
from tests.support.http import Api
from tests.support.table import items_of
from tests.support.utilities import open_condominium, open_waterworks


def test_opening_a_project_again_brings_its_settings_up_to_date(api: Api) -> None:
    utility = open_waterworks(api)
    changed = replace(presets.WATERWORKS_SETTINGS, due=DueDay(15, "period"), label="Water")
    service.open_project(client_id=utility.client, project_id=utility.project, settings=changed)
    shown = utility.as_staff().get(utility.base).expect(200)
    assert (shown["settings"]["due"], shown["label"]) == ({"day": 15, "month": "period"}, "Water")


@pytest.mark.parametrize("change", [{"currency": "USD"}, {"shards": 4}, {"unit": "gal"}])
def test_what_readings_and_bills_depend_on_can_not_be_changed(api: Api, change: dict[str, object]) -> None:
    utility = open_waterworks(api)
    before = items_of(utility.client)
    settings = replace(presets.WATERWORKS_SETTINGS, **change)  # type: ignore[arg-type]
    with pytest.raises(Conflict) as refusal:
        service.open_project(client_id=utility.client, project_id=utility.project, settings=settings)
    assert [fault.field for fault in refusal.value.faults] == [*change]
    assert items_of(utility.client) == before


@pytest.mark.parametrize("name", ["a#b", "a/b", "", "~", "a" * 33])
def test_a_name_that_can_not_stand_in_a_key_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        service.open_client(client=replace(presets.BALILIHAN, id=name))
    with pytest.raises(Invalid):
        service.open_project(client_id="a", project_id=name, settings=presets.WATERWORKS_SETTINGS)


def test_the_directory_lists_each_project_once(api: Api) -> None:
    utility, other = open_waterworks(api), open_condominium(api)
    service.open_project(client_id=utility.client, project_id=utility.project, settings=presets.WATERWORKS_SETTINGS)
    listed = service.directory()
    for each in (utility, other):
        assert listed.count((each.client, each.project)) == 1


@pytest.mark.covers("S1-003")
def test_settings_of_one_client_leave_anothers_alone(api: Api) -> None:
    one, other = open_waterworks(api), open_waterworks(api)
    before = items_of(other.client)
    settings = replace(presets.WATERWORKS_SETTINGS, due=DueDay(1, "period"))
    service.open_project(client_id=one.client, project_id=one.project, settings=settings)
    assert items_of(other.client) == before


def test_an_unknown_project_is_not_found(api: Api) -> None:
    utility = open_waterworks(api)
    with pytest.raises(NotFound, match="electricity"):
        service.enter_project(utility.context().in_project("electricity"))
