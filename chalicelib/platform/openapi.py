"""The OpenAPI 3.1 document, made from the very endpoints and schemas that answer requests."""

import re
from functools import cache
from typing import Any

from chalice.app import Blueprint, Response
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.platform.http import ENDPOINTS, PUBLIC, SIGNED_IN, Endpoint
from chalicelib.platform.problems import SECURITY_HEADERS
from chalicelib.platform.schema import Problem

blueprint = Blueprint(__name__)

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"{(\w+)}")
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Send the same key with a repetition: it makes nothing new and gets the first answer, for two days",
    "schema": {"type": "string", "maxLength": 128},
}


@blueprint.route("/api/openapi.json", methods=["GET"], content_types=[])
def show_openapi() -> Response:
    """Show this document."""
    return Response(document(), {"Content-Type": "application/json", **SECURITY_HEADERS})


@cache
def document() -> dict[str, Any]:
    """Describe every registered endpoint as OpenAPI 3.1."""
    schemas, definitions = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas, definitions)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Meterbook",
            "version": "0.1.0",
            "description": "Utility billing: readings in, correct bills out. Amounts and quantities are decimal text, "
            "days are YYYY-MM-DD in the client's own calendar, instants are UTC.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas() -> tuple[dict[tuple[type[BaseModel], str], dict[str, Any]], dict[str, Any]]:
    bodies = {(endpoint.body, "validation") for endpoint in ENDPOINTS if endpoint.body}
    queries = {(endpoint.query, "validation") for endpoint in ENDPOINTS if endpoint.query}
    answers = {(endpoint.returns, "serialization") for endpoint in ENDPOINTS} | {(Problem, "serialization")}
    wanted = sorted(bodies | queries | answers, key=lambda pair: (pair[0].__name__, pair[1]))
    refs, definitions = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    return refs, definitions["$defs"]  # type: ignore[return-value]


def _operation(endpoint: Endpoint, schemas: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    said = (endpoint.view.__doc__ or "").strip()
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": said.partition("\n")[0],
        "tags": [endpoint.subject],
        "parameters": _parameters(endpoint, schemas, definitions),
        "responses": _responses(endpoint, schemas),
        "security": [] if endpoint.permission == PUBLIC else [{"token": []}],
    }
    if endpoint.permission not in {PUBLIC, SIGNED_IN}:
        operation["x-permission"] = endpoint.permission + (" (or .own)" if endpoint.or_own else "")
    if endpoint.body:
        content = {"application/json": {"schema": schemas[(endpoint.body, "validation")]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(endpoint: Endpoint, schemas: Any, definitions: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: ANN401
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(endpoint.path)
    ]
    if endpoint.query:
        name = schemas[(endpoint.query, "validation")]["$ref"].rpartition("/")[2]
        described = definitions[name]
        parameters += [
            {"name": field, "in": "query", "required": field in described.get("required", []), "schema": schema}
            for field, schema in described["properties"].items()
        ]
    if endpoint.takes_key:
        parameters.append(_IDEMPOTENCY_KEY)
    return parameters


def _responses(endpoint: Endpoint, schemas: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = {
        "description": "Done"
        if endpoint.status != 202
        else f"Accepted{': poll the Location' * bool(endpoint.location)}",
        "content": {"application/json": {"schema": schemas[(endpoint.returns, "serialization")]}},
    }
    if endpoint.location:
        answer["headers"] = {"Location": {"description": "Where it is", "schema": {"type": "string"}}}
    problem = {
        "description": "What to change, as RFC 9457 problem details",
        "content": {"application/problem+json": {"schema": schemas[(Problem, "serialization")]}},
    }
    return {str(endpoint.status): answer, "4XX": problem, "503": problem}
