"""The utilities that requests are sent to, and which each test leaves as it found them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.platform import clock
from tests.support import table
from tests.support.catalogue import Sandbox, open_sandbox
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, register_connection


@pytest.fixture(scope="module")
def sandbox(api: Api) -> Sandbox:
    clock.use_time(lambda: NOVEMBER)
    return open_sandbox(api)


@pytest.fixture(scope="module")
def elsewhere(api: Api) -> Sandbox:
    """Another tenant."""
    clock.use_time(lambda: NOVEMBER)
    return open_sandbox(api)


@pytest.fixture(scope="module")
def colleague(sandbox: Sandbox) -> Sandbox:
    """The same utility, as another of its administrators sees it."""
    clock.use_time(lambda: NOVEMBER)
    return replace(sandbox, admin=sandbox.utility.as_staff("superuser"))


@pytest.fixture(scope="module")
def untouched(sandbox: Sandbox, elsewhere: Sandbox, colleague: Sandbox) -> table.Items:
    """Everything in the table before the first request, the counters that a first connection makes among it."""
    for utility in (sandbox.utility, elsewhere.utility):
        register_connection(utility.as_staff(), utility, "FIRST")
    return table.everything()


@pytest.fixture(autouse=True)
def november(untouched: table.Items) -> Iterator[None]:
    """The day of all requests; a small table keeps counting it quick."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)
    table.put_back(untouched)
