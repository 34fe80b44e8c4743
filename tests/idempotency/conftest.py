"""The utilities in which deeds are done, and which each test leaves as it found them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.platform import clock
from tests.support import table
from tests.support.deeds import Ground, open_ground
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, register_connection


@pytest.fixture(scope="module")
def ground(api: Api) -> Ground:
    clock.use_time(lambda: NOVEMBER)
    return open_ground(api)


@pytest.fixture(scope="module")
def elsewhere(api: Api) -> Ground:
    """Another tenant."""
    clock.use_time(lambda: NOVEMBER)
    return open_ground(api)


@pytest.fixture(scope="module")
def colleague(ground: Ground) -> Ground:
    """The same utility, as another of its administrators sees it."""
    clock.use_time(lambda: NOVEMBER)
    return replace(ground, admin=ground.utility.as_staff("superuser"))


@pytest.fixture(scope="module")
def untouched(ground: Ground, elsewhere: Ground, colleague: Ground) -> table.Items:
    """Everything that was in the table before the first deed: among it the counters that a first connection makes."""
    for utility in (ground.utility, elsewhere.utility):
        register_connection(utility.as_staff(), utility, "FIRST")
    return table.everything()


@pytest.fixture(autouse=True)
def november(untouched: table.Items) -> Iterator[None]:
    """The day of all deeds; a small table keeps counting it quick."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)
    table.put_back(untouched)
