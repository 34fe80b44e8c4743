"""What all tests of the API as a whole share."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.fixture_world import World, open_world
from tests.support.http import Api
from tests.support.utilities import NOVEMBER


@pytest.fixture(scope="module")
def world(app: Chalice, api: Api) -> World:
    """Two waterworks in which November 2025 is billed, and everybody who may look: one world for a file of tests."""
    return open_world(app, api)


@pytest.fixture(autouse=True)
def on_11_november() -> Iterator[None]:
    """The day on which everybody in the world signed in."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture(scope="session")
def document(api: Api) -> dict[str, Any]:
    """The OpenAPI document as it is served."""
    served: dict[str, Any] = api.get("/api/openapi.json").expect(200)
    return served
