"""What the validation library finds is told in our words, at a path of what was sent."""

import copy
import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from chalicelib.platform import openapi
from chalicelib.platform.examples import example_of
from chalicelib.platform.schema import DecimalText, Schema
from chalicelib.platform.validation import _ANY, MESSAGES, PATTERNS, faults_of, in_body, sentence
from tests.support.endpoints import ALL

_SENT: list[Any] = [
    None, True, 0, -1, 10**30, 1.5, "", "x" * 5000, "\x00", "é#\n", "-5", "nan", "2025-13-99", [], [None], ["x"] * 500,
    [{}], [{"kind": "?"}], [{"kind": "fixed"}], {}, {"a": 1}, {"kind": "?"},
]  # fmt: skip


class ByDay(Schema):
    day: int
    month: str


class ByCycle(Schema):
    by: Literal["cycle"]


class Rate(Schema):
    kind: Literal["rate"]
    rate: DecimalText


class Settings(Schema):
    due: ByDay | ByCycle | None = None
    rates: tuple[Rate, ...] = ()


class Project(Schema):
    version: int
    settings: Settings | None = None


def faults(schema: type[Schema], sent: Any) -> dict[str | None, str]:  # noqa: ANN401
    with pytest.raises(ValidationError) as refused:
        schema.model_validate_json(json.dumps(sent), by_alias=True, by_name=False)
    return {fault.field: fault.message for fault in faults_of(refused.value, sent)}


def test_a_fault_has_the_path_of_what_was_sent() -> None:
    found = faults(Project, {"version": 1, "settings": {"rates": [{"kind": "rate"}, {"kind": "x", "rate": "1"}]}})
    assert found == {
        "settings.rates.0.rate": "This field is needed.",
        "settings.rates.1.kind": "Give one of these: rate.",
    }


def test_of_several_forms_the_one_that_was_meant_is_told() -> None:
    assert faults(Project, {"version": 1, "settings": {"due": {"day": "x", "month": "period"}}}) == {
        "settings.due.day": "Give a whole number."
    }
    assert faults(Project, {"version": 1, "settings": {"due": {"by": "week"}}}) == {
        "settings.due.by": "Give one of these: cycle."
    }


def test_what_is_wrong_with_all_of_a_body_has_no_field() -> None:
    assert faults(Project, []) == {None: "Give an object with the fields of the API's document."}


def test_a_list_whose_entries_are_at_fault_is_not_called_empty() -> None:
    (roles,) = [one.body for one in ALL if one.name == "define_role"]
    assert roles
    assert faults(roles, {"name": "reader", "permissions": [1]}) == {"permissions.0": "Give a text."}
    assert faults(roles, {"name": "reader", "permissions": []}) == {"permissions": "This can't be empty."}


def test_messages_are_sentences_and_keep_the_spelling_of_names() -> None:
    """G3: some messages were sentences, others were not."""
    assert sentence("the meter showed 140 before; correct it") == "The meter showed 140 before; correct it."
    assert sentence("Give a text.") == "Give a text."
    assert sentence("untilDay is the day after the last one") == "untilDay is the day after the last one."
    assert sentence("2025-11 is not read yet") == "2025-11 is not read yet."


def test_a_literal_is_told_as_json_spells_it() -> None:
    """G3: `True` is Python's spelling."""

    class Chosen(Schema):
        by_choice: Literal[True]

    assert faults(Chosen, {"byChoice": False}) == {"byChoice": "Give one of these: true."}


def test_a_field_that_a_rule_names_is_found_in_the_body() -> None:
    assert in_body("due.day", Project) == "settings.due.day"
    assert in_body("version", Project) == "version"
    assert in_body("cursor", Project) == "cursor"
    assert in_body("due", None) == "due"


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield (*path, step)
        yield from _places(part, (*path, step))


def _changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:  # noqa: ANN401
    changed = at = copy.deepcopy(body)
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def _refusals() -> Iterator[ValidationError]:
    """Yield what is found when each place of each body and query holds each of many odd values."""
    schemas, definitions = openapi._schemas()
    for body in {one.body for one in ALL if one.body}:
        whole = example_of(schemas[body, "validation"], definitions, whole=True)
        odd = [_changed(whole, path, value) for path in _places(whole) for value in _SENT]
        for text in ["", "[", "{}", *map(json.dumps, [*_SENT, *odd])]:
            try:
                body.model_validate_json(text, by_alias=True, by_name=False)
            except ValidationError as refusal:
                yield refusal
    for query in {one.query for one in ALL if one.query}:
        for name in [*(field.alias or name for name, field in query.model_fields.items()), "zzz"]:
            for value in filter(lambda value: isinstance(value, str), _SENT):
                try:
                    query.model_validate({name: value}, by_alias=True, by_name=False)
                except ValidationError as refusal:
                    yield refusal


def test_every_fault_is_told_in_our_words() -> None:
    seen: set[str] = set()
    theirs: set[str] = set()
    ours: set[str] = set()
    for refusal in _refusals():
        seen |= {one["type"] for one in refusal.errors(include_url=False)}
        theirs |= {one["msg"] for one in refusal.errors(include_url=False)}
        ours |= {fault.message for fault in faults_of(refusal, None)}
    assert seen - MESSAGES.keys() == {"value_error", "string_pattern_mismatch"}
    assert theirs.isdisjoint(ours)
    assert _ANY not in ours


def test_every_pattern_of_a_schema_has_its_words_and_no_other() -> None:
    described = json.dumps([openapi._schemas()[1], [one.query.model_json_schema() for one in ALL if one.query]])
    own = {pattern for pattern in PATTERNS if json.dumps(pattern) in described}
    assert PATTERNS.keys() == own
