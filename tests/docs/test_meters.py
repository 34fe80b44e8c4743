"""The bodies and words that docs/meters.md shows are those of the API."""

import json
from pathlib import Path
from typing import get_args

import pytest

from chalicelib.billing.schemas.closing import Closure, HandOver
from chalicelib.connections.domain import RegisterRole
from chalicelib.platform.schema import Schema
from chalicelib.readings.domain.reading import ReadingState
from chalicelib.readings.schemas import NewReading
from tests.support.markdown import code_blocks, table_rows

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "meters.md"


def _schema_of(body: dict[str, object]) -> type[Schema]:
    if "reading" in body:
        return NewReading
    return HandOver if "consumerId" in body else Closure


def test_every_body_on_the_page_is_taken() -> None:
    bodies = [json.loads(block.text) for block in code_blocks(_PAGE)]
    assert {_schema_of(body) for body in bodies} == {NewReading, HandOver, Closure}
    for body in bodies:
        _schema_of(body).model_validate(body)


@pytest.mark.parametrize(
    ("heading", "words"), [("## Registers", RegisterRole), ("## From typed to billed", ReadingState)]
)
def test_every_word_is_explained(heading: str, words: object) -> None:
    explained = {row[0].strip("`") for row in table_rows(_PAGE, heading)}
    assert set(get_args(words)) <= explained
