"""What journeys share."""

from collections.abc import Callable, Iterator

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support import tenants
from tests.support.http import Api
from tests.support.tenants import Tenant


@pytest.fixture
def open_tenant(app: Chalice, api: Api) -> Iterator[Callable[..., Tenant]]:
    """Opens a client by a preset on a day; the clock goes on by itself after the test."""
    yield lambda preset, day: tenants.open_tenant(app, api, preset, day)
    clock.use_time(None)
