"""Closing a project, stopped at every AWS call in each way, and with others at the same moment (F9)."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count

import pytest

from chalicelib.connections import service as connections
from chalicelib.kernel.errors import Conflict
from chalicelib.platform import clock
from chalicelib.tenancy import service as tenancy
from tests.support.faults import MODES, Death, Mode, faults
from tests.support.http import Api
from tests.support.meter import metered
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

At = Callable[[datetime], None]

_number = count(1)


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.mark.parametrize("mode", MODES)
def test_a_used_project_is_open_whenever_its_closing_was_cut_off(utility: Utility, mode: Mode) -> None:
    """F9: it was left closed, with connections in it."""
    admin, struck, at = utility.as_staff(), True, 0
    register_connection(admin, utility, "SM-1")
    while struck:
        with faults(strike_at=at, mode=mode) as fault, suppress(Death):
            admin.post(f"{utility.base}/closure")
        assert admin.get(utility.base).expect(200)["closed"] is False
        later = NOVEMBER + timedelta(minutes=2)
        clock.use_time(lambda: later)  # noqa: B023 - set back at once
        register_connection(admin, utility, f"LATER-{at}")
        clock.use_time(lambda: NOVEMBER)
        assert admin.post(f"{utility.base}/closure").expect(409)["code"] == "project-used"
        struck, at = fault.struck, at + 1
    assert at > 3


@pytest.mark.parametrize("mode", MODES)
def test_an_unused_project_is_closed_by_the_same_again(utility: Utility, mode: Mode) -> None:
    admin, struck, at = utility.as_staff(), True, 0
    settings = admin.get(utility.base).expect(200)["settings"]
    projects = f"/api/clients/{utility.client}/projects"
    while struck:
        name = f"p{next(_number)}"
        admin.post(projects, {"id": name, "settings": settings}).expect(201)
        with faults(strike_at=at, mode=mode) as fault, suppress(Death):
            admin.post(f"{projects}/{name}/closure")
        assert admin.post(f"{projects}/{name}/closure").expect(200)["closed"] is True
        assert admin.get(f"{projects}/{name}").expect(200)["closed"] is True
        struck, at = fault.struck, at + 1
    assert at > 3


def test_nothing_is_added_while_somebody_looks_whether_a_project_can_be_closed(utility: Utility) -> None:
    """F9: what is registered after the look would be in a closed project."""
    admin, refused = utility.as_staff(), []

    def look() -> str | None:
        refused.append(_register(admin, utility, "SM-1"))
        return None

    assert tenancy.close_project(utility.context(), used_by=look).closed
    assert refused == [409]
    assert connections.list_connections(utility.context(), limit=10, cursor=None).items == ()


def test_whoever_finds_a_project_used_does_not_reopen_it_for_another(utility: Utility) -> None:
    """F9: one looks, and finds a connection; meanwhile it is closed, and another closes the project."""
    here = utility.context()

    def look() -> str:
        tenancy.close_project(here, used_by=lambda: None)
        return "connection 1 is active"

    with pytest.raises(Conflict, match="is active"):
        tenancy.close_project(here, used_by=look)
    assert utility.context().project.closed


def test_of_two_who_close_at_once_both_learn_that_it_is_closed(utility: Utility) -> None:
    here = utility.context()

    def look() -> None:
        tenancy.close_project(here, used_by=lambda: None)

    assert tenancy.close_project(here, used_by=look).closed
    assert tenancy.close_project(utility.context(), used_by=lambda: None).closed


def test_one_of_two_who_look_at_once_is_told_if_the_other_finds_it_used(utility: Utility) -> None:
    here = utility.context()

    def look() -> None:
        with pytest.raises(Conflict, match="is active"):
            tenancy.close_project(here, used_by=lambda: "connection 1 is active")

    with pytest.raises(Conflict, match="another user is closing"):
        tenancy.close_project(here, used_by=look)
    assert not utility.context().project.closed


def test_what_closing_costs(utility: Utility) -> None:
    here = utility.context()
    with metered() as meter, pytest.raises(Conflict):
        tenancy.close_project(here, used_by=lambda: "connection 1 is active")
    assert (dict(meter.requests), int(meter.write_units)) == ({"UpdateItem": 1, "TransactWriteItems": 1}, 3)
    with metered() as meter:
        tenancy.close_project(here, used_by=lambda: None)
    assert (dict(meter.requests), int(meter.write_units)) == ({"UpdateItem": 1, "TransactWriteItems": 1}, 6)


def _register(admin: Api, utility: Utility, meter: str) -> int:
    consumer = admin.post(utility.consumers, {"firstName": "A", "lastName": "B"}).expect(201)["id"]
    body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": meter, "area": "Poblacion"}
    return admin.post(f"{utility.base}/connections", body).status
