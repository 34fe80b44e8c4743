"""Examples for the OpenAPI document, built from the schemas: one month at one waterworks, in all operations."""

from collections.abc import Mapping
from typing import Any

from chalicelib.platform.example_month import OF_SCHEMA

# Example values of fields whose schema has none: by schema and field, else by field alone.
_VALUES: Mapping[str, Any] = {
    "accessToken": "eyJhbGci...",
    "accountNumber": "2025110001",
    "accountNumbers": "2025110001",
    "actorId": "01KBMYX1A7D0G3J6M9P2S5V8Y1",
    "actorRole": "admin",
    "adjustmentId": "01KBNAA7X4A9D2F5H8K0M3P6S9",
    "address": "Purok 2, Poblacion",
    "agent": "Mozilla/5.0",
    "announcedPaymentId": "01KBN6R4X7Z0B3D6F9H2K5M8P1",
    "area": "Poblacion",
    "areaLevels": "Barangay",
    "areas": "Poblacion",
    "authorId": "01KBMYX1A7D0G3J6M9P2S5V8Y1",
    "authorName": "Ana Reyes",
    "billId": "2025-11.2025110001.1",
    "billingCycle": "monthly",
    "brandId": "itron",
    "building": "1530",
    "by": "01KBMYX1A7D0G3J6M9P2S5V8Y1",
    "cap": "50",
    "capMeasure": "contractedKw",
    "checkNumber": "000123",
    "chosenTariff": "residential",
    "classes": "residential",
    "cashier": "01KBMYX1A7D0G3J6M9P2S5V8Y1",
    "cashierSessionId": "01KBN7Q4S1T8V5X2Z9B6D3F0H7",
    "clientId": "balilihan",
    "commonArea": "35",
    "consumerClass": "residential",
    "consumerId": "01KBMZ5V3C8Q2X7R4T6Y9W1E0A",
    "consumerName": "Juan Dela Cruz",
    "correctionId": "01KBP2C5F8J1M4Q7T0W3Z6B9D2",
    "currency": "PHP",
    "current": "Green-Water-7",
    "currentReading": "1785",
    "cursor": None,
    "cycleId": "monthly",
    "day": 20,
    "days": 15,
    "daysBasis": 30,
    "detail": "accountNumber: give the account or unit number, such as 101",
    "deviceId": "01KBN0C4H2M6P8S0V3X5Z7B9D1",
    "digest": "9f2c4e7a1b3d5f609f2c4e7a1b3d5f60",
    "digits": 5,
    "dwellingUnits": "1",
    "email": "juan@example.com",
    "enteredReadingId": None,
    "estimated": None,
    "exemptAmount": "100",
    "exemptUse": "10",
    "expiresIn": 900,
    "feeBillId": None,
    "fileName": "readings-2025-11.csv",
    "finalBillId": "2025-11.2025110001.2",
    "finalReading": "1785",
    "finalReadingId": "2025-11.2025110001:2",
    "firstName": "Juan",
    "firstReading": "0",
    "fiscalStart": 7,
    "flags": "high_use",
    "fromUnit": "kWh",
    "highUsagePercent": 300,
    "id": "01KBN7M4T1X6A9C2E5G7J0L3N6",
    "idleMinutes": 43200,
    "idleSince": None,
    "importId": "01KBN1D7K4Q9S2U5W8Y0A3C6E9",
    "included": "10",
    "initialReading": "0",
    "keyVersion": 1,
    "issueId": "01KBN2F8M5R0T3V6X9Z1B4D7G0",
    "label": "Water",
    "last": 3,
    "lastName": "Dela Cruz",
    "lastReading": "1785",
    "least": "10",
    "leastMeasure": "contractedKw",
    "limitsPer": "days",
    "limitsTimes": "dwellingUnits",
    "lineId": "01KBNBK2L5N8Q1S4U7W0Y3A6C9",
    "login": "juan",
    "loss": "15",
    "mainMeasure": None,
    "mappingId": "sensus",
    "measure": "use",
    "meterBrand": "itron",
    "meterDigits": 5,
    "meterNumber": "SM-12345",
    "meterSize": "5/8",
    "meterSizes": "5/8",
    "meterWrapsAt": None,
    "minLength": 8,
    "month": 11,
    "months": 1,
    "multiplier": "1",
    "new": "Blue-Water-8",
    "nextCursor": None,
    "note": "Beside the chapel.",
    "notes": "Paid at the counter",
    "number": "W-1001",
    "of": "usage",
    "onlinePaymentId": "01KBN5Q3W6Y9A2C5E8G1J4L7N0",
    "over": "0",
    "parent": "Poblacion",
    "password": "Green-Water-7",
    "paymentId": "01KBNC6X4A9D2F5H8K1M3P6R9T",
    "period": "2025-11",
    "periodDays": 30,
    "permissions": "bills.read",
    "photo": None,
    "phone": "+63 917 555 0001",
    "presetId": "balilihan",
    "previous": "1775",
    "previousReading": "1775",
    "projectId": "waterworks",
    "projectIds": "waterworks",
    "projectLabel": "Waterworks",
    "quantity": "10",
    "quantityRounding": None,
    "rateRounding": None,
    "readerCode": None,
    "replaces": None,
    "readingId": "2025-11.2025110001",
    "reason": "Asked by the consumer",
    "recentUses": "10",
    "reference": "OR-4711",
    "refreshToken": "01KBMZ5V...",
    "refusal": None,
    "requestId": "01KBN3G9N6S1V4X7Z0B2D5F8H1",
    "reversalCashierSessionId": None,
    "role": "billing_officer",
    "rounding": None,
    "runId": "01KBN4H0P7T2W5Y8A1C3E6G9J2",
    "saleId": "01KBN2M6R8T0V2X4Z6B8D0F2H4",
    "season": None,
    "secret": "k7Qm2Zr9...",
    "serviceRequestId": "01KBN6K2R9V4Y7A0C3E5G8J1M4",
    "sessionId": "2025-11-05T02:12:09.511Z#01KBN5J1",
    "sessionMinutes": 15,
    "shards": 1,
    "status": "confirmed",
    "tariffId": "residential",
    "text": "A plumber comes on Tuesday.",
    "ticket": "balilihan.17623...",
    "times": "days",
    "timesMeasure": "calorificValue",
    "title": "Leaking pipe",
    "token": "b1c2d3e4f5a6b7c8",
    "tokenType": "Bearer",
    "unit": "m3",
    "units": "1480",
    "unrounded": "225",
    "upTo": "10",
    "url": "https://meterbook-files.s3.amazonaws.com/",
    "usage": "10",
    "useAbove": "50",
    "useAtMost": "100",
    "useBroughtForward": None,
    "useCarriedForward": None,
    "userId": "01KBMYX1A7D0G3J6M9P2S5V8Y1",
    "version": 3,
    "voidReason": None,
    "when": None,
    "winterAverage": "12",
    "withoutFlag": "senior",
    "year": 2025,
    "AreaChange.name": "Purok 1",
    "AreaOut.code": "Poblacion.P1",
    "AreaOut.name": "Purok 1",
    "AuditEntryOut.action": "bill.issued",
    "AuditEntryOut.id": "9f2c4e7a1b3d5f60",
    "AuditSubject.id": "2025-11.2025110001.1",
    "AuditSubject.kind": "bill",
    "FactorOut.label": "Senior citizen",
    "BillLineOut.code": "usage",
    "BillOut.id": "2025-11.2025110001.1",
    "BrandOut.id": "itron",
    "ClientFacts.name": "Balilihan Waterworks",
    "ClientFactsChange.name": "Balilihan Waterworks",
    "ClientOpened.id": "newtown",
    "ClientOpened.name": "New Town Waterworks",
    "ClientOut.id": "balilihan",
    "ClientOut.name": "Balilihan Waterworks",
    "ChangedReadingOut.reading": "1785",
    "ChangedReadingOut.was": "1795",
    "ConsumerOut.id": "01KBMZ5V3C8Q2X7R4T6Y9W1E0A",
    "CorrectedReading.reading": "1785",
    "CycleGone.id": "monthly",
    "CycleOut.id": "monthly",
    "DeviceOut.title": "Collector, Purok 2",
    "ExceptionOut.accountNumber": "2025110002",
    "ExceptionOut.code": "no-tariff",
    "ExceptionOut.reason": "there is no tariff for the class commercial; add one and run again",
    "FormerValueOut.reading": "1795",
    "IssueLine.description": "Water comes out beside the meter.",
    "IssueOut.description": "Water comes out beside the meter.",
    "LibraryEntry.id": "balilihan-residential",
    "LineOut.amount": "225.00",
    "LineOut.code": "usage",
    "LineOut.explanation": "10 m3 at 22.50 = 225.00",
    "LineOut.label": "Water",
    "LoginOut.method": "password",
    "MeOut.id": "01KBMYX1A7D0G3J6M9P2S5V8Y1",
    "MeOut.name": "Ana Reyes",
    "MyChange.name": "Ana Reyes",
    "NewReading.reading": "1785",
    "NewStaff.name": "Ana Reyes",
    "PermissionOut.means": "see bills",
    "PermissionOut.name": "bills.read",
    "PresetOut.id": "balilihan",
    "PresetOut.name": "Balilihan Waterworks",
    "PresetOut.source": "S3",
    "PresetProjectOut.id": "waterworks",
    "PresetProjectOut.label": "Waterworks",
    "Problem.code": "account-missing",
    "Problem.title": "Bad request",
    "Problem.type": "urn:meterbook:problem:account-missing",
    "ProblemField.field": "accountNumber",
    "ProblemField.message": "give the account or unit number, such as 101",
    "ProjectOut.id": "waterworks",
    "ProjectOut.label": "Waterworks",
    "ProjectState.id": "waterworks",
    "ProjectState.label": "Waterworks",
    "PushedReading.reading": "1785",
    "QuoteOut.total": "275.00",
    "ReadingOut.id": "2025-11.2025110001",
    "ReadingOut.reading": "1785",
    "RecountedOut.reading": "1785",
    "RecountedOut.usageWas": "20",
    "RecountedOut.was": "1795",
    "RegisterBody.current": "1785",
    "ReportLine.code": "below-previous",
    "ReportLine.column": "reading",
    "ReportLine.reason": "the meter showed 140 before",
    "RoleOut.name": "billing_officer",
    "SettingsBody.label": "Waterworks",
    "SettingsChange.label": "Waterworks",
    "TariffBody.name": "Residential",
    "TariffBody.source": "Ordinance 12, 2020",
    "TariffOut.id": "residential",
    "TrueReading.reading": "1785",
    "UnbilledOut.reading": "1785",
    "UserChange.name": "Ana Reyes",
    "UserDeleted.id": "01KBMYX1A7D0G3J6M9P2S5V8Y1",
    "UserDeleted.name": "Ana Reyes",
    "UserOut.id": "01KBMYX1A7D0G3J6M9P2S5V8Y1",
    "UserOut.name": "Ana Reyes",
}
_PERSON_ID = "01KBMYX1A7D0G3J6M9P2S5V8Y1"
_PERSON_NAME = "Ana Reyes"
_UNKNOWN = object()


def example_of(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], *, whole: bool, owner: str = "", name: str = ""
) -> Any:  # noqa: ANN401
    """Return an example for a JSON schema; `owner` and `name` are the schema and field that it belongs to.

    A `whole` example has every field, as an answer does. Otherwise it has the required fields, and those whose schema
    has an example.

    :raises AssertionError: if neither the schema nor this module has a value.
    """
    found = OF_SCHEMA.get(owner.removesuffix("Input"), {}).get(name, _UNKNOWN)
    if found is _UNKNOWN and not (whole and "properties" in schema):
        # An object's own example shows what a request needs; an answer has the other fields, too.
        found = _known(schema, owner, name)
    if found is not _UNKNOWN:
        return found
    if "$ref" in schema:
        owner = schema["$ref"].rpartition("/")[2]
        return example_of(definitions[owner], definitions, whole=whole, owner=owner, name=name)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return example_of(schema[several][0], definitions, whole=whole, owner=owner, name=name)
    kind = schema.get("type")
    if kind == "array":
        return [example_of(schema["items"], definitions, whole=whole, owner=owner, name=name)]
    if kind == "object":
        needed = schema.get("required") or schema.get("properties", ())
        return {
            field: example_of(one, definitions, whole=whole, owner=owner, name=field)
            for field, one in schema.get("properties", {}).items()
            if whole or field in needed or "examples" in one
        }
    if kind == "boolean":
        return False
    raise AssertionError(f"no example for the field {name!r}: give its schema one, or add it to platform/examples.py")


def _known(schema: Mapping[str, Any], owner: str, name: str) -> Any:  # noqa: ANN401
    """Return the example that the schema itself or this module has for a field."""
    if "examples" in schema or "enum" in schema:
        return (schema.get("examples") or schema["enum"])[0]
    if "const" in schema:
        return schema["const"]
    if {"type": "null"} in schema.get("anyOf", ()) and _VALUES.get(name, ...) is None:
        return None
    if schema.get("type") == "string":
        return _VALUES.get(f"{owner.removesuffix('Input')}.{name}") or _VALUES.get(name) or _of_person(name)
    if schema.get("type") == "integer":
        found = _VALUES.get(name)
        return found if isinstance(found, int) else max(1, schema.get("minimum", 1))
    return _UNKNOWN


def _of_person(name: str) -> Any:  # noqa: ANN401
    if name.endswith("ByName"):
        return _PERSON_NAME
    return _PERSON_ID if name.endswith("By") else _UNKNOWN
