"""The OpenAPI document can be written, also without the tests that need a local AWS."""

import app  # noqa: F401 - registers every operation
from chalicelib.platform import openapi


def test_every_field_of_the_document_has_an_example() -> None:
    assert openapi.document_text().startswith("{")
