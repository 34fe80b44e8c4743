"""A refusal names each field that is at fault by its path in the request (docs/errors.md)."""

from typing import Any

import pytest

from tests.support.fixture_world import World

_P = "/api/clients/{clientId}/projects/{projectId}"
_ULID = "01ARYZ6S410000000000000000"
_NEW = {"consumerClass": "residential", "meterNumber": "SM-NEW", "area": "Poblacion"}
_SHEET = {"name": "A", "currency": "PHP", "unit": "m3", "validFrom": "2025-01-01", "consumerClass": "residential"}
_CHARGE = {"kind": "fixed", "code": "fixed", "label": "Fixed", "amount": "50.00"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (f"{_P}/connections", _NEW | {"consumerId": _ULID}, "consumerId"),
        (f"{_P}/connections", _NEW | {"consumerId": "nobody"}, "consumerId"),
        (
            "/api/clients/{clientId}/service-requests",
            {"projectId": "waterworks", "address": "A", "consumerId": _ULID},
            "consumerId",
        ),
        (f"{_P}/readings", {"meterNumber": "NONE", "reading": "1", "readOn": "2025-11-05"}, "meterNumber"),
        (f"{_P}/readings", {"accountNumber": "none", "reading": "1", "readOn": "2025-11-05"}, "accountNumber"),
        (f"{_P}/readings/estimates", {"accountNumber": "none", "period": "2025-11"}, "accountNumber"),
        (f"{_P}/bills", {"readingId": "2025-11.none"}, "readingId"),
        (f"{_P}/bills", {"readingId": "none"}, "readingId"),
        (f"{_P}/tariffs/adoptions", {"libraryId": "none", "validFrom": "2025-11-05"}, "libraryId"),
        (f"{_P}/tariffs/quote", {"tariffId": "none", "usage": {"quantity": "1", "unit": "m3"}}, "tariffId"),
        (
            "/api/clients/{clientId}/projects/adoptions",
            {"presetId": "none", "presetProjectId": "a", "id": "b"},
            "presetId",
        ),
        (
            "/api/clients/{clientId}/projects/adoptions",
            {"presetId": "balilihan", "presetProjectId": "none", "id": "b"},
            "presetProjectId",
        ),
    ],
)
def test_what_a_body_names_and_is_not_there_is_named(world: World, path: str, body: dict[str, Any], field: str) -> None:
    """G3: `errors` was empty."""
    problem = world.people["admin"].post(world.fill(path), body).expect(404)
    assert [fault["field"] for fault in problem["errors"]] == [field]


def test_what_a_path_names_and_is_not_there_is_no_fault_of_a_field(world: World) -> None:
    admin = world.people["admin"]
    path = world.fill("/api/clients/{clientId}/consumers") + f"/{_ULID}"
    assert admin.get(path).expect(404)["errors"] == []
    assert admin.patch(path, {"version": 1, "firstName": "A"}).expect(404)["errors"] == []


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"id": "a", "sheet": _SHEET | {"charges": [_CHARGE | {"kind": "fixd"}]}}, "sheet.charges.0.kind", "fixed"),
        ({"id": "a", "sheet": _SHEET | {"charges": [{"code": "a"}]}}, "sheet.charges.0.kind", "needed"),
        ({"id": "a", "sheet": _SHEET | {"charges": [_CHARGE], "byChoice": False}}, "sheet.byChoice", "true."),
        ({"id": "a", "sheet": _SHEET | {"charges": [_CHARGE], "currency": "USD"}}, "sheet.currency", "PHP"),
        ({"id": "a", "sheet": _SHEET | {"charges": [_CHARGE], "unit": "kWh"}}, "sheet.unit", "m3"),
    ],
)
def test_a_fault_of_a_tariff_is_placed_and_told_as_json(
    world: World, body: dict[str, Any], field: str, message: str
) -> None:
    """G3: the field that says what kind a charge is, and `true` for what Python calls True."""
    problem = world.people["admin"].post(world.fill(f"{_P}/tariffs"), body).expect(400)
    (fault,) = problem["errors"]
    assert (fault["field"], message in fault["message"]) == (field, True)


def test_a_published_tariff_that_does_not_fit_is_the_fault_of_its_choice(world: World) -> None:
    """G3: the adoption named `unit`, which its body does not have."""
    admin = world.people["admin"]
    foreign = next(
        one["id"] for one in admin.get("/api/tariff-library").expect(200)["items"] if one["sheet"]["currency"] == "USD"
    )
    body = {"libraryId": foreign, "validFrom": "2025-11-05"}
    problem = admin.post(world.fill(f"{_P}/tariffs/adoptions"), body).expect(400)
    assert (problem["code"], [fault["field"] for fault in problem["errors"]]) == ("other-unit", ["libraryId"])


def test_a_query_has_parameters_not_fields(world: World) -> None:
    """G3: a missing or unknown parameter was called a field."""
    admin = world.people["admin"]
    for path, query in (("/readings/unbilled", {}), ("/bills", {"colour": "red"})):
        problem = admin.get(world.fill(_P) + path, **query).expect(400)
        assert all("parameter" in fault["message"] and "field" not in fault["message"] for fault in problem["errors"])


@pytest.mark.parametrize(
    ("path", "body", "key"),
    [
        (f"{_P}/connections", _NEW | {"consumerClass": "none"}, None),
        (f"{_P}/billing-runs", {"period": "2025-11"}, "k" * 129),
        (f"{_P}/connections", _NEW | {"area": "Nowhere"}, None),
        (f"{_P}/connections", _NEW | {"initialReading": 1}, None),
    ],
)
def test_a_detail_names_its_field_once_and_is_a_sentence(
    world: World, path: str, body: dict[str, Any], key: str | None
) -> None:
    """G3: "consumerClass: consumerClass must be one of", "Idempotency-Key: an Idempotency-Key is"."""
    problem = world.people["admin"].post(world.fill(path), body, key=key).expect(400)
    fault = problem["errors"][0]
    assert fault["field"].lower() not in problem["detail"].lower().removeprefix(f"{fault['field']}: ".lower())
    for text in (fault["message"], problem["detail"]):
        assert text.endswith(".")
        assert "{client}" not in text
    assert fault["message"][0].isupper()
