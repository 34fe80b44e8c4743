"""The OpenAPI 3.1 document, built from the endpoints and schemas that answer requests."""

import inspect
import json
import re
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from chalice.app import Blueprint, Response
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib.kernel.errors import Fault
from chalicelib.platform.csv_file import CsvFile
from chalicelib.platform.example_month import REFUSED, REQUEST_ID, told
from chalicelib.platform.examples import example_of
from chalicelib.platform.http import ENDPOINTS, PUBLIC, SIGNED_IN, Endpoint
from chalicelib.platform.problems import SECURITY_HEADERS, problem_json, statuses_of
from chalicelib.platform.schema import Problem
from chalicelib.platform.validation import MESSAGES

blueprint = Blueprint(__name__)

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"{(\w+)}")
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Send the same key with a repetition: it makes nothing new and gets the first answer, for two days",
    "schema": {"type": "string", "maxLength": 128},
    "example": "counter-1-2025-11-05-17",
}
_ABOUT = """Utility billing: readings in, correct bills out.

Amounts and quantities are decimal text, days are `YYYY-MM-DD` in the client's own calendar, instants are UTC. Lists
take a `limit` and a `cursor`. Errors are problem details (RFC 9457) with a stable `code`."""

Json = dict[str, Any]
Schemas = Mapping[tuple[type[BaseModel], str], Json]


class _Generator(GenerateJsonSchema):
    """Pydantic's schemas without a title for each field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002
        return False


@blueprint.route("/api/openapi.json", methods=["GET", "HEAD"], content_types=[])
def show_openapi() -> Response:
    """Return this OpenAPI document."""
    return Response(document_text(), {"Content-Type": "application/json", **SECURITY_HEADERS})


@cache
def document_text() -> str:
    """Return the document as text, built once per process."""
    return json.dumps(document(), separators=(",", ":"), ensure_ascii=False)


@cache
def document() -> Json:
    """Describe every registered endpoint as OpenAPI 3.1."""
    schemas, definitions = _schemas()
    paths: dict[str, Json] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas, definitions)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Meterbook", "version": "0.1.0", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [
            {"name": name, "x-displayName": name.replace("_", " ").capitalize(), "description": said}
            for name, said in sorted(set(map(_tag, ENDPOINTS)))
        ],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _tag(endpoint: Endpoint) -> tuple[str, str]:
    """Return an operation's tag and its description, from the docstring of its feature or of its routes' module."""
    module = sys.modules.get(f"chalicelib.{endpoint.subject}") or sys.modules[endpoint.view.__module__]
    return endpoint.subject, inspect.cleandoc(module.__doc__ or "")


def _schemas() -> tuple[Schemas, Json]:
    bodies = {(endpoint.body, "validation") for endpoint in ENDPOINTS if endpoint.body}
    models: set[type[BaseModel]] = {Problem, *(one.returns for one in ENDPOINTS if issubclass(one.returns, BaseModel))}
    answers = {(model, "serialization") for model in models}
    wanted = sorted(bodies | answers, key=lambda pair: (pair[0].__name__, pair[1]))
    refs, found = models_json_schema(wanted, ref_template=_REF, schema_generator=_Generator)  # type: ignore[arg-type]
    return {key: _plain(ref) for key, ref in refs.items()}, _plain(found["$defs"])  # type: ignore[misc]


def _plain(part: Any) -> Any:  # noqa: ANN401
    """Give schemas plain names, and drop what says nothing: titles, and null as a default.

    Pydantic splits a schema that requests and answers share into X-Input and X-Output, because answers have all fields.
    """
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if isinstance(part, str) and part.startswith(_REF.format(model="")):
        return _plain_name(part)
    if not isinstance(part, dict):
        return part
    return {
        _plain_name(name): _plain(value)
        for name, value in part.items()
        if not (name == "title" and isinstance(value, str)) and not (name == "default" and value is None)
    }


def _plain_name(name: str) -> str:
    return name.removesuffix("-Output").replace("-Input", "Input")


def _operation(endpoint: Endpoint, schemas: Schemas, definitions: Json) -> Json:
    summary, _, said = inspect.cleandoc(endpoint.view.__doc__ or "").partition("\n")
    operation: Json = {
        "operationId": endpoint.name,
        "summary": summary,
        "description": f"{said.strip()}\n\n{_who_may(endpoint)}".strip(),
        "tags": [endpoint.subject],
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint, schemas, definitions),
        "security": [] if endpoint.permission == PUBLIC else [{"token": []}],
    }
    if endpoint.permission not in {PUBLIC, SIGNED_IN}:
        operation["x-permission"] = endpoint.permission + (" (or .own)" if endpoint.or_own else "")
    if endpoint.body:
        schema = schemas[(endpoint.body, "validation")]
        # The example of a creation shows the required fields; that of a change shows all fields that can change.
        example = example_of(schema, definitions, whole=endpoint.method != "POST")
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": example}},
        }
    return operation


def _who_may(endpoint: Endpoint) -> str:
    if endpoint.permission == PUBLIC:
        return "Needs no access token."
    if endpoint.permission == SIGNED_IN:
        return "For everybody who is signed in."
    own = f", or `{endpoint.permission}.own` for what is one's own" if endpoint.or_own else ""
    return f"Needs the permission `{endpoint.permission}`{own}."


def _parameters(endpoint: Endpoint) -> list[Json]:
    parameters: list[Json] = [
        _parameter(name, "path", {"type": "string"}, required=True) for name in _PARAMETER.findall(endpoint.path)
    ]
    if endpoint.query:
        described = endpoint.query.model_json_schema(schema_generator=_Generator)
        parameters += [
            _parameter(name, "query", schema, required=name in described.get("required", ()))
            for name, schema in described["properties"].items()
        ]
    if endpoint.takes_key:
        parameters.append(_IDEMPOTENCY_KEY)
    return parameters


def _parameter(name: str, place: str, schema: Json, *, required: bool) -> Json:
    """Describe a parameter. Its schema does not allow null, which a URL can't express."""
    said = dict(schema)
    description = said.pop("description", None)
    if "anyOf" in said:
        (chosen,) = [one for one in said.pop("anyOf") if one != {"type": "null"}]
        said = chosen | said
    if said.get("default", ...) is None:
        del said["default"]
    parameter: Json = {"name": name, "in": place, "required": required, "schema": said}
    if description:
        parameter["description"] = description
    if required:
        example = example_of(said, {}, whole=True, name=name)
        parameter["example"] = str(example) if said.get("type") == "string" else example
    return parameter


def _responses(endpoint: Endpoint, schemas: Schemas, definitions: Json) -> Json:
    if issubclass(endpoint.returns, CsvFile):
        content: Json = {"text/csv": {"schema": {"type": "string"}}}
    else:
        schema = schemas[(endpoint.returns, "serialization")]
        example = told(endpoint.name, example_of(schema, definitions, whole=True))
        content = {"application/json": {"schema": schema, "example": example}}
    answer: Json = {
        "description": inspect.cleandoc(endpoint.returns.__doc__ or "").partition("\n")[0],
        "content": content,
    }
    if endpoint.location:
        said = "Where to ask how far it is" if endpoint.status == 202 else "Where it is"
        answer["headers"] = {"Location": {"description": said, "schema": {"type": "string"}}}
    codes: dict[int, list[str]] = {}
    for code in sorted(endpoint.error_codes):
        for status in statuses_of(code):
            codes.setdefault(status, []).append(code)
    refusals = {
        str(status): {
            "description": f"Codes: {', '.join(said)}",
            "content": _refusal(endpoint, schemas, definitions, (status, said)),
            "x-codes": said,
        }
        for status, said in sorted(codes.items())
    }
    return {str(endpoint.status): answer, **refusals}


def _refusal(endpoint: Endpoint, schemas: Schemas, definitions: Json, codes: tuple[int, list[str]]) -> Json:
    """Describe the refusals of a status, with the likeliest one as the example."""
    status, said = codes
    code = next(code for code in REFUSED if code in said)
    field, message = REFUSED[code]
    if code == "invalid-body":
        needed = definitions[schemas[(endpoint.body, "validation")]["$ref"].rpartition("/")[2]].get("required", ())  # type: ignore[index]
        field, message = (needed[0], MESSAGES["missing"]) if needed else (field, message)
    faults = (Fault(field, message),) if field else ()
    text = problem_json(status, code, f"{field}: {message}" if field else message, REQUEST_ID, faults)
    return {
        "application/problem+json": {"schema": schemas[(Problem, "serialization")], "example": json.loads(text)},
    }
