"""Validation errors as messages of our own: which field is wrong, and what to change."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from chalicelib.kernel.errors import Fault

_OBJECT = "Give an object with the fields of the API's document."
_LIST = "Give a list."
# Messages by Pydantic's type of error. Values in braces come from the broken rule.
MESSAGES: Mapping[str, str] = {
    "bool_parsing": "Give true or false.",
    "bool_type": "Give true or false.",
    "dict_type": _OBJECT,
    "extra_forbidden": "This operation does not know this field: leave it out.",
    "frozen_set_type": _LIST,
    "greater_than": "Give a number above {gt}.",
    "greater_than_equal": "Give a number of at least {ge}.",
    "int_parsing": "Give a whole number.",
    "int_parsing_size": "Give a whole number with fewer digits.",
    "int_type": "Give a whole number.",
    "json_invalid": "Send one JSON value in UTF-8: what was sent breaks off or is not JSON.",
    "less_than_equal": "Give a number of at most {le}.",
    "literal_error": "Give one of these: {expected}.",
    "missing": "This field is needed.",
    "model_type": _OBJECT,
    "string_too_long": "Give at most {max_length} characters.",
    "string_too_short": "Give at least {min_length} characters.",
    "string_type": "Give a text.",
    "string_unicode": "Give a text of proper Unicode characters.",
    "too_long": "Give at most {max_length} entries.",
    "too_short": "Give at least {min_length} entries.",
    "tuple_type": _LIST,
    "union_tag_invalid": "Give one of these: {expected_tags}.",
    "union_tag_not_found": "This field is needed.",
}
# Messages by the pattern that a text does not match.
PATTERNS: Mapping[str, str] = {
    r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$": "Give a day of the year as month and day, such as 06-01.",
    r"^[0-9+() /-]+$": "Give a telephone number: digits, spaces, +, -, / and brackets.",
    r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}\.[1-9][0-9]{0,5}$": "Give a tariff and its version, such as residential.2.",
    r"^[A-Z0-9][A-Z0-9-]{0,11}$": "Give up to 12 capital letters, digits and hyphens, the first no hyphen.",
    r"^[A-Z]{3}$": "Give a currency by its three capital letters, such as PHP.",
    r"^[A-Za-z0-9:._#-]{1,100}$": "Give an id: up to 100 letters, digits and the signs : . _ # -",
    r"^[A-Za-z0-9:._-]{1,64}$": "Give an id: up to 64 letters, digits and the signs : . _ -",
    r"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}$": "Give up to 40 letters, digits, spaces and the signs . / _ -",
    r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,39}$": "Give up to 40 letters, digits, spaces and the signs . / _ -",
    r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$": "Give up to 32 letters, digits and hyphens, the first no hyphen.",
    r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$": "Give up to 40 letters, digits and hyphens, the first no hyphen.",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$": "Give up to 40 letters, digits and the signs . _ -, the first no sign.",
    r"^[A-Za-z][A-Za-z0-9]{0,19}$": "Give up to 20 letters and digits, the first a letter.",
    r"^[A-Za-z][A-Za-z0-9]{0,39}$": "Give up to 40 letters and digits, the first a letter.",
    r"^[\x21-\x7e]+$": "Give the place of a picture without spaces, such as 2025-11/101.jpg.",
    r"^[A-Za-z][A-Za-z0-9_-]{0,29}$": "Give up to 30 letters, digits and the signs _ -, the first a letter.",
    r"^[A-Za-z][A-Za-z0-9_-]{0,23}$": "Give up to 24 letters, digits and the signs _ -, the first a letter.",
    r"^[0-9a-f]{32}$": "Give the digest of the preview as it was shown: 32 of 0-9 and a-f.",
    r"^[a-z][A-Za-z0-9_-]{0,39}$": "Give up to 40 letters, digits and the signs _ -, the first a small letter.",
    r"^[a-z][a-z0-9_-]{0,19}$": "Give up to 20 small letters, digits and the signs _ -, the first a letter.",
    r"^\d{1,12}(\.\d{1,3})?$": "Give an amount as text, zero or more, such as 150.00.",
    r"^[^#.]*(\.[^#.]+)*$": "Give an area's code: its parts with a dot between them, without #.",
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$": "Give an instant in UTC, such as 2025-11-05T02:30:00Z.",
    r"^[^#]*$": "Leave out the sign #.",
    r"^[^@\s#]+@[^@\s#]+\.[^@\s#]+$": "Give an e-mail address, such as ana@example.com.",
}
_JSON = {"True": "true", "False": "false", "None": "null"}
_ANY = "This value does not fit the API's document."

Step = int | str


def faults_of(error: ValidationError, sent: Any) -> tuple[Fault, ...]:  # noqa: ANN401 - whatever was sent
    """Return a fault for each field that must change."""
    found = list(_of_likeliest_forms(error.errors(include_url=False), sent))
    faulty = {path[:length] for path, _ in found for length in range(len(path))}
    # Pydantic also reports a list as empty if all its entries are at fault.
    return tuple(
        Fault(".".join(map(str, [*path, *_tag(one)])) or None, _message(one))
        for path, one in found
        if one["type"] != "too_short" or path not in faulty
    )


def _tag(found: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the field that says which form an object has, if that is what is wrong: `kind` of a charge."""
    if found["type"] not in {"union_tag_invalid", "union_tag_not_found"}:
        return ()
    return (str(found["ctx"]["discriminator"]).strip("'"),)


def _message(found: Mapping[str, Any]) -> str:
    values = found.get("ctx", {})
    if found["type"] == "value_error":
        return str(values["error"])
    if found["type"] == "string_pattern_mismatch":
        return PATTERNS.get(values["pattern"], _ANY)
    if values.get("min_length") == 1:
        return "This can't be empty."
    said = {name: str(value).replace("'", "") for name, value in values.items()}
    if found["type"] == "literal_error":
        said["expected"] = re.sub(r"\b(True|False|None)\b", lambda word: _JSON[word[0]], said["expected"])
    return MESSAGES.get(found["type"], _ANY).format(**said)


def _of_likeliest_forms(found: Iterable[Any], sent: Any) -> Iterator[tuple[tuple[Step, ...], Any]]:  # noqa: ANN401
    """Where a field may have one of several forms, keep only the faults of the form with the fewest.

    Pydantic adds the form's name to the location of a fault, although it is not part of the path in the request.
    """
    placed = [(*_place(one["loc"], sent), one) for one in found]
    counts: dict[tuple[tuple[Step, ...], Step | None], int] = {}
    for _, form, _ in placed:
        if form is not None:
            counts[form] = counts.get(form, 0) + 1
    likeliest: dict[tuple[Step, ...], tuple[tuple[Step, ...], Step | None]] = {}
    for form, count in counts.items():
        best = likeliest.setdefault(form[0], form)
        if count < counts[best]:
            likeliest[form[0]] = form
    for path, form, one in placed:
        if form is None or form == likeliest[form[0]]:
            yield path, one


def _place(
    location: tuple[Step, ...],
    sent: Any,  # noqa: ANN401
) -> tuple[tuple[Step, ...], tuple[tuple[Step, ...], Step | None] | None]:
    """Split the location of a fault into its path in the request and the form, if any, that was tried there."""
    path: list[Step] = []
    form = None
    at = sent
    for number, step in enumerate(location):
        last = number == len(location) - 1
        if isinstance(at, dict) and isinstance(step, str) and (step in at or (last and step != "[key]")):
            at = at.get(step)
        elif isinstance(at, list) and isinstance(step, int) and step < len(at):
            at = at[step]
        else:
            form = form or (tuple(path), step)
            continue
        path.append(step)
    return tuple(path), form


def sentence(text: str) -> str:
    """Return a message as a sentence. A first word that is a name, such as `accountNumber`, keeps its spelling."""
    first = text.partition(" ")[0].removesuffix(",")
    begun = text[0].upper() + text[1:] if first.isalpha() and first.islower() else text
    return begun if begun.endswith((".", "?", "!", "…")) else f"{begun}."


def has_field(field: str | None, schema: type[BaseModel] | None) -> bool:
    """Return whether a schema has a field of this path."""
    return field is not None and schema is not None and field.partition(".")[0] in _aliases(schema)


def in_body(field: str | None, body: type[BaseModel] | None) -> str | None:
    """Return a field's path in a body: rules name it without the object that encloses it there."""
    if field is None or body is None:
        return field
    first = field.partition(".")[0]
    if first in _aliases(body):
        return field
    for alias, annotation in _aliases(body).items():
        if any(first in _aliases(inner) for inner in _models_of(annotation)):
            return f"{alias}.{field}"
    return field


def _aliases(schema: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in schema.model_fields.items()}


def _models_of(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_of(part)
