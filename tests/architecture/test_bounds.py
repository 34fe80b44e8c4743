"""F5: whatever a request can hold has a bound, so that none is too much work and none too large to be stored."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from tests.support import endpoints

# What may be repeated without end in a pattern: a star, a plus, or a brace without a second number.
_ENDLESS = re.compile(r"(?<!\\)[*+]|\{\d+,\}")
_SHORT_FORMATS = {"date", "date-time"}
_ASKED = sorted(
    {schema for one in endpoints.ALL for schema in (one.body, one.query) if schema is not None},
    key=lambda schema: schema.__name__,
)


def _unbounded(part: Any, definitions: dict[str, Any], place: str) -> Iterator[str]:  # noqa: ANN401
    """Name each text, list, mapping or number of a JSON schema that may be as long or large as a caller likes."""
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[-1]
        if name not in place.split("/"):  # a form within itself is bounded where it was first met
            yield from _unbounded(definitions[name], definitions, f"{place}/{name}")
        return
    for form in (*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())):
        yield from _unbounded(form, definitions, place)
    if "enum" in part or "const" in part:
        return
    for missing in _missing_bounds(part):
        yield f"{place}: {missing}"
    for name, inner in _parts_of(part):
        yield from _unbounded(inner, definitions, f"{place}/{name}")


def _parts_of(part: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from part.get("properties", {}).items()
    repeated = (part.get("items"), part.get("additionalProperties"), *part.get("patternProperties", {}).values())
    yield from (("*", each) for each in repeated if each)


def _missing_bounds(part: dict[str, Any]) -> Iterator[str]:
    kind = part.get("type")
    if kind == "string" and not _is_short(part):
        yield "a text without maxLength"
    if kind == "array" and "maxItems" not in part:
        yield "a list without maxItems"
    if kind in {"integer", "number"} and not {"minimum", "exclusiveMinimum"} & part.keys():
        yield "a number without minimum"
    if kind in {"integer", "number"} and not {"maximum", "exclusiveMaximum"} & part.keys():
        yield "a number without maximum"
    if kind == "object" and (part.get("additionalProperties") or "patternProperties" in part):
        if "maxProperties" not in part:
            yield "a mapping without maxProperties"
        names = [{"pattern": pattern} for pattern in part.get("patternProperties", {})]
        if not all(map(_is_short, names or [part.get("propertyNames", {})])):
            yield "names without a bound"


def _is_short(part: dict[str, Any]) -> bool:
    pattern = part.get("pattern")
    return (
        "maxLength" in part
        or "enum" in part
        or part.get("format") in _SHORT_FORMATS
        or (pattern is not None and not _ENDLESS.search(pattern))
    )


@pytest.mark.parametrize("schema", _ASKED, ids=lambda schema: schema.__name__)
def test_f5_every_text_list_mapping_and_number_of_a_request_has_a_bound(schema: type[BaseModel]) -> None:
    described = schema.model_json_schema(mode="validation")
    assert list(_unbounded(described, described.get("$defs", {}), schema.__name__)) == []


def test_f5_an_endless_text_list_mapping_or_number_is_found() -> None:
    described = {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "array", "items": {"type": "string", "pattern": "^x+$"}},
            "c": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
            "d": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
            "e": {"type": "string", "pattern": r"^\d{1,12}(\.\d{1,6})?$"},
        },
    }
    assert list(_unbounded(described, {}, "x")) == [
        "x/a: a text without maxLength",
        "x/b: a list without maxItems",
        "x/b/*: a text without maxLength",
        "x/c: a mapping without maxProperties",
        "x/c: names without a bound",
        "x/c/*: a number without maximum",
    ]
