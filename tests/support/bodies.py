"""Bodies made from the OpenAPI document: whatever an operation declares, the smallest thing that fits it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_WORDS = ("x", "abcd1234", "2025-11", "a@example.com", "Aa1!aaaa", "+63 917", "1", "A", "x_y")


def body_schema(document: Mapping[str, Any], method: str, path: str) -> dict[str, Any]:
    """Return what an operation declares of its body."""
    declared = document["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    schema: dict[str, Any] = declared
    return schema


def smallest(
    schema: Mapping[str, Any], components: Mapping[str, Any], *, text: Callable[[Mapping[str, Any]], str] | None = None
) -> Any:  # noqa: ANN401
    """Return a value that fits a schema, with all optional fields; `text` makes what is free text."""
    if "$ref" in schema:
        return smallest(components[schema["$ref"].rpartition("/")[2]], components, text=text)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return smallest(choices[0], components, text=text)
    if fixed := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        return fixed[0]
    kind = schema.get("type", "null")
    if kind == "object":
        parts = schema.get("properties", {})
        return {name: smallest(part, components, text=text) for name, part in parts.items()}
    if kind == "array":
        least = schema.get("minItems", 1 if "items" in schema else 0)
        return [smallest(schema["items"], components, text=text) for _ in range(max(least, 1))]
    plain = {"integer": schema.get("minimum", 0), "number": 0, "boolean": False, "null": None}
    return (text or plain_text)(schema) if kind == "string" else plain[kind]


def plain_text(schema: Mapping[str, Any]) -> str:
    """Return a short text that fits a schema: an example, a day, or a word of its pattern."""
    if examples := schema.get("examples"):
        return str(examples[0])
    if schema.get("format") == "date":
        return "2025-11-05"
    return next(word for word in _WORDS if fits(schema, word))


def fits(schema: Mapping[str, Any], word: str) -> bool:
    """Return whether a text is as long as declared, and of the declared pattern."""
    long_enough = schema.get("minLength", 0) <= len(word) <= schema.get("maxLength", 1_000)
    return long_enough and bool(re.search(schema.get("pattern", ""), word))
