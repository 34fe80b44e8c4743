"""Fixtures that tests of several features share."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from chalice.app import Chalice
from hypothesis import settings

from chalicelib.platform import clock
from local import aws
from local.gateway import open_gateway
from tests.support.engine import Engine, running_engine
from tests.support.http import Api

# No test may reach a real account: until an engine is started, every AWS call goes to a port where nobody listens.
aws.point_clients_at(9)

# The same examples everywhere, and no stopwatch: a busy machine is not a defect.
settings.register_profile("meterbook", derandomize=True, deadline=None)
settings.load_profile("meterbook")

_TESTS = Path(__file__).parent
_COUNTED = {"unit", "properties", "integration"}
_engines: list[Engine] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first, so that at the end no process waits long for another.

    Coverage is counted of the tests of single rules and use cases alone. The others repeat them for every role, fault
    and document: counting there doubles the time and finds nothing new.
    """
    first = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in first)
    for item in items:
        if not item.path.is_relative_to(_TESTS) or item.path.relative_to(_TESTS).parts[0] not in _COUNTED:
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One local AWS for this test process; it keeps nothing."""
    with running_engine() as running:
        _engines.append(running)
        yield running
        _engines.clear()


@pytest.fixture(scope="module", autouse=True)
def clean_engine() -> Iterator[None]:
    """No file of tests finds the messages or the clients of another."""
    yield
    for running in _engines:
        running.forget_messages()
        running.forget_items()


@pytest.fixture(scope="session")
def app(engine: Engine) -> Chalice:
    """Meterbook's app, connected to the engine."""
    from app import app as meterbook

    return meterbook


@pytest.fixture(scope="session")
def api(app: Chalice) -> Api:
    """The API as a stranger sees it; `api.sign_in(...)` gives what a user sees."""
    return Api(open_gateway(app))


@pytest.fixture
def at() -> Iterator[Callable[[datetime], None]]:
    """Moves the clock that every way in reads; it goes on by itself after the test."""

    def set_time(instant: datetime) -> None:
        clock.use_time(lambda: instant)

    yield set_time
    clock.use_time(None)
