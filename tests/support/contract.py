"""Holds answers against the OpenAPI document that the API serves."""

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.support.http import Reply

_validators: dict[tuple[int, str], tuple[dict[str, Any], Draft202012Validator]] = {}


def check_answer(document: dict[str, Any], method: str, path: str, reply: Reply) -> None:
    """Check that an answer's status, content type, headers and body are declared."""
    operation = document["paths"][path][method.lower()]
    declared = operation["responses"]
    status = str(reply.status)
    response = declared.get(status)
    assert response, f"{method} {path} answered {status}, which it does not declare: {reply.body!r}"
    kind = reply.headers["content-type"]
    assert kind in response["content"], f"{method} {path} answered {status} as {kind}"
    for header in response.get("headers", {}):
        assert header.lower() in reply.headers, f"{method} {path} answered {status} without {header}"
    ref = response["content"][kind]["schema"]["$ref"]
    faults = [f"{list(error.path)}: {error.message}" for error in _validator(document, ref).iter_errors(reply.json)]
    assert not faults, f"{method} {path} {status}: {faults}"


def _validator(document: dict[str, Any], ref: str) -> Draft202012Validator:
    known = _validators.get((id(document), ref))
    if known is None:
        schema = {"$ref": ref, "components": document["components"]}
        known = document, Draft202012Validator(schema, format_checker=FormatChecker())
        _validators[id(document), ref] = known  # holds the document too, so that no other gets its id
    return known[1]
