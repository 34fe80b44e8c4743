"""An endpoint that could not be answered well is refused when the code is imported."""

import pytest
from chalice.app import Blueprint

from chalicelib.platform.http import PUBLIC, endpoint
from chalicelib.platform.schema import Schema


def test_what_creates_a_thing_must_say_where_it_is() -> None:
    with pytest.raises(AssertionError, match="POST /api/things creates a thing: say by `location` where it is"):
        endpoint(Blueprint(__name__), "POST", "/api/things", permission=PUBLIC, returns=Schema, status=201)
