"""Holds answers against the OpenAPI document that the API serves."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.support.http import Reply


def check_answer(document: dict[str, Any], method: str, path: str, reply: Reply) -> None:
    """This function will insist that an answer's status, content type, headers and body are declared."""
    operation = document["paths"][path][method.lower()]
    declared = operation["responses"]
    status = str(reply.status)
    response = declared.get(status) or declared.get(f"{status[0]}XX")
    assert response, f"{method} {path} answered {status}, which it does not declare: {reply.body!r}"
    kind = reply.headers["content-type"]
    assert kind in response["content"], f"{method} {path} answered {status} as {kind}"
    for header in response.get("headers", {}):
        assert header.lower() in reply.headers, f"{method} {path} answered {status} without {header}"
    ref = response["content"][kind]["schema"]["$ref"]
    faults = [
        f"{list(error.path)}: {error.message}"
        for error in _validator(json.dumps(document), ref).iter_errors(reply.json)
    ]
    assert not faults, f"{method} {path} {status}: {faults}"


@cache
def _validator(document: str, ref: str) -> Draft202012Validator:
    components = json.loads(document)["components"]
    return Draft202012Validator({"$ref": ref, "components": components}, format_checker=FormatChecker())
