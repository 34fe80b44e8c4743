"""The catalogue: one row for each operation of the API, in the order of the documentation.

Who may do what is written down here once more: the app must agree with this table, row by row.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.kernel.period import Period
from chalicelib.platform import docs
from tests.support.catalogue.model import CLIENT, PROJECT, PUBLIC, SIGNED_IN, Operation, Row
from tests.support.catalogue.sandbox import Place
from tests.support.utilities import PASSWORD

_WHY = {"reason": "Asked for"}
_READ = {"reading": "10", "readOn": "2025-11-05"}
_CLOSING = {**_WHY, "finalReading": "3"}
_MONTHLY = {"name": "Monthly", "generationDay": 1, "dueDays": 15, "graceDays": 5}
_NOVEMBER_USE = {"quantity": "10", "unit": "m3", "firstDay": "2025-11-01", "untilDay": "2025-12-01"}


def _meter(number: str) -> dict[str, Any]:
    return {"consumerClass": "residential", "meterNumber": number, "area": "Poblacion"}


def _role_name(number: int) -> str:
    """Name a role without digits, which no role may have."""
    return "clerk" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


# What describes the API is no operation of it.
PAGES = {("GET", path) for path in ("/api/openapi.json", "/api/docs", f"/api/docs/redoc-{docs.VERSION}.js")}

CATALOGUE: Mapping[Row, Operation] = {
    ("POST", "/api/auth/login"): Operation(PUBLIC),
    ("POST", "/api/auth/refresh"): Operation(PUBLIC),
    ("POST", "/api/auth/password-reset"): Operation(PUBLIC),
    ("POST", "/api/auth/register"): Operation(PUBLIC),
    ("POST", "/api/auth/password-reset/confirmation"): Operation(PUBLIC),
    ("POST", "/api/auth/logout"): Operation(SIGNED_IN),
    ("POST", "/api/auth/logout-everywhere"): Operation(SIGNED_IN),
    ("GET", "/api/openapi.json"): Operation(PUBLIC),
    ("GET", "/api/docs"): Operation(PUBLIC),
    ("GET", f"/api/docs/redoc-{docs.VERSION}.js"): Operation(PUBLIC),
    ("GET", "/api/me"): Operation(SIGNED_IN),
    ("PATCH", "/api/me"): Operation(SIGNED_IN, body={"phone": "+63 917 555 0003"}, leaves=frozenset({"user.changed"})),
    ("PUT", "/api/me/password"): Operation(
        SIGNED_IN,
        on=Place.newcomer,
        by="newcomer",
        body={"current": PASSWORD, "new": "Abcdef1!"},
        leaves=frozenset({"user.password-changed"}),
    ),
    ("GET", "/api/me/bills"): Operation("bills.read.own"),
    ("GET", "/api/me/connections"): Operation("connections.read.own"),
    ("GET", "/api/me/profile"): Operation(SIGNED_IN),
    ("PATCH", "/api/me/profile"): Operation(
        SIGNED_IN,
        on=Place.own_profile,
        by="consumer",
        body=lambda things, _: {"version": things["profile_version"], "phone": "+63 917 555 0001"},
        leaves=frozenset({"consumer.changed", "user.changed"}),
    ),
    ("GET", CLIENT): Operation(SIGNED_IN),
    ("GET", CLIENT + "/projects"): Operation(SIGNED_IN),
    ("GET", PROJECT): Operation("settings.read"),
    ("POST", "/api/clients"): Operation(PUBLIC),
    ("POST", CLIENT + "/projects"): Operation(
        "settings.manage",
        on=Place.project_settings,
        body=lambda things, n: {"id": f"project{n}", "settings": things["settings_now"]["settings"]},
        other=lambda _, n: {"id": f"other{n}"},
        leaves=frozenset({"project.opened"}),
    ),
    ("POST", CLIENT + "/projects/adoptions"): Operation(
        "settings.manage",
        body=lambda _, n: {"presetId": "balilihan", "presetProjectId": "waterworks", "id": f"adopted{n}"},
        other=lambda _, n: {"id": f"adopted{n}x"},
        leaves=frozenset({"project.opened", "tariff.opened"}),
    ),
    ("DELETE", PROJECT): Operation("settings.manage", on=Place.project, leaves=frozenset({"project.closed"})),
    ("POST", PROJECT + "/closure"): Operation(
        "settings.manage", on=Place.project, leaves=frozenset({"project.closed"})
    ),
    ("POST", PROJECT + "/closed-months"): Operation(
        "settings.manage", on=Place.project, body={"month": "2024-12"}, leaves=frozenset({"books.closed"})
    ),
    ("GET", CLIENT + "/settings"): Operation("settings.read"),
    ("PATCH", CLIENT + "/settings"): Operation(
        "settings.manage",
        on=Place.client_settings,
        body=lambda things, _: things["settings_now"],
        leaves=frozenset({"client.changed"}),
    ),
    ("GET", CLIENT + "/settings/history"): Operation("settings.read"),
    ("GET", PROJECT + "/settings"): Operation("settings.read"),
    ("PATCH", PROJECT + "/settings"): Operation(
        "settings.manage",
        on=Place.project_settings,
        body=lambda things, _: things["settings_now"],
        leaves=frozenset({"project.changed"}),
    ),
    ("GET", PROJECT + "/settings/history"): Operation("settings.read"),
    ("GET", "/api/presets"): Operation("settings.read"),
    ("GET", CLIENT + "/areas"): Operation("areas.read"),
    ("POST", CLIENT + "/areas"): Operation(
        "areas.manage",
        body=lambda _, n: {"code": f"area{n}", "name": f"Area {n}"},
        other={"name": "Another"},
        leaves=frozenset({"area.opened"}),
    ),
    ("GET", CLIENT + "/areas/{area}"): Operation("areas.read"),
    ("PATCH", CLIENT + "/areas/{area}"): Operation(
        "areas.manage", on=Place.area, body={"name": "Another", "version": 0}, leaves=frozenset({"area.renamed"})
    ),
    ("DELETE", CLIENT + "/areas/{area}"): Operation("areas.manage", on=Place.area, leaves=frozenset({"area.deleted"})),
    ("GET", CLIENT + "/billing-cycles"): Operation("cycles.read"),
    ("POST", CLIENT + "/billing-cycles"): Operation(
        "cycles.manage",
        body=lambda _, n: {"id": f"cycle{n}", **_MONTHLY},
        other={"dueDays": 10},
        leaves=frozenset({"billing-cycle.opened"}),
    ),
    ("GET", CLIENT + "/billing-cycles/{cycleId}"): Operation("cycles.read"),
    ("PATCH", CLIENT + "/billing-cycles/{cycleId}"): Operation(
        "cycles.manage",
        on=Place.cycle,
        body={**_MONTHLY, "generationDay": 2, "version": 0},
        leaves=frozenset({"billing-cycle.changed"}),
    ),
    ("DELETE", CLIENT + "/billing-cycles/{cycleId}"): Operation(
        "cycles.manage", on=Place.cycle, leaves=frozenset({"billing-cycle.deleted"})
    ),
    ("GET", CLIENT + "/meter-brands"): Operation("areas.read"),
    ("POST", CLIENT + "/meter-brands"): Operation(
        "areas.manage",
        body=lambda _, n: {"id": f"brand{n}", "name": f"Brand {n}"},
        other={"name": "Another"},
        leaves=frozenset({"meter-brand.opened"}),
    ),
    ("GET", CLIENT + "/meter-brands/{brandId}"): Operation("areas.read"),
    ("PUT", CLIENT + "/meter-brands/{brandId}"): Operation(
        "areas.manage", on=Place.brand, body={"name": "Another"}, leaves=frozenset({"meter-brand.renamed"})
    ),
    ("DELETE", CLIENT + "/meter-brands/{brandId}"): Operation(
        "areas.manage", on=Place.brand, leaves=frozenset({"meter-brand.deleted"})
    ),
    ("GET", CLIENT + "/audit-log"): Operation("audit.read"),
    ("GET", CLIENT + "/audit-log/verification"): Operation("audit.read"),
    ("GET", CLIENT + "/users"): Operation("users.read"),
    ("POST", CLIENT + "/users"): Operation(
        "users.manage",
        body=lambda _, n: {"login": f"user{n}", "name": "Ana", "password": PASSWORD, "role": "viewer"},
        other={"name": "Eva"},
        leaves=frozenset({"user.registered"}),
    ),
    ("GET", CLIENT + "/users/{userId}"): Operation("users.read"),
    ("PATCH", CLIENT + "/users/{userId}"): Operation(
        "users.manage", on=Place.user, body={"name": "Eva"}, leaves=frozenset({"user.changed"})
    ),
    ("DELETE", CLIENT + "/users/{userId}"): Operation(
        "users.manage", on=Place.user, leaves=frozenset({"user.deleted"})
    ),
    ("PUT", CLIENT + "/users/{userId}/role"): Operation(
        "users.manage", on=Place.user, body={"role": "manager"}, leaves=frozenset({"user.role-changed"})
    ),
    ("PUT", CLIENT + "/users/{userId}/status"): Operation(
        "users.manage", on=Place.user, body={"status": "disabled"}, leaves=frozenset({"user.disabled"})
    ),
    ("PUT", CLIENT + "/users/{userId}/password"): Operation(
        "users.manage", on=Place.user, body={"password": PASSWORD}, leaves=frozenset({"user.password-changed"})
    ),
    ("PUT", CLIENT + "/users/{userId}/areas"): Operation(
        "users.manage", on=Place.user, body={"areas": ["Poblacion"]}, leaves=frozenset({"user.areas-changed"})
    ),
    ("GET", CLIENT + "/roles"): Operation("users.read"),
    ("POST", CLIENT + "/roles"): Operation(
        "roles.manage",
        body=lambda _, n: {"name": _role_name(n), "scope": "tenant", "permissions": ["bills.read"]},
        other={"permissions": ["settings.read"]},
        leaves=frozenset({"role.defined"}),
    ),
    ("GET", CLIENT + "/roles/{role}"): Operation("users.read"),
    ("PUT", CLIENT + "/roles/{role}"): Operation(
        "roles.manage", on=Place.role, body={"permissions": ["settings.read"]}, leaves=frozenset({"role.changed"})
    ),
    ("DELETE", CLIENT + "/roles/{role}"): Operation("roles.manage", on=Place.role, leaves=frozenset({"role.deleted"})),
    ("GET", CLIENT + "/logins"): Operation("logins.read"),
    ("GET", CLIENT + "/consumers"): Operation("consumers.read"),
    ("POST", CLIENT + "/consumers"): Operation(
        "consumers.manage",
        body=lambda _, n: {"firstName": "Ana", "lastName": f"Reyes {n}"},
        other={"firstName": "Eva"},
        leaves=frozenset({"consumer.registered"}),
    ),
    ("GET", CLIENT + "/consumers/{consumerId}"): Operation("consumers.read"),
    ("PATCH", CLIENT + "/consumers/{consumerId}"): Operation(
        "consumers.manage",
        on=Place.consumer,
        body={"firstName": "Ana", "lastName": "Reyes", "version": 0},
        leaves=frozenset({"consumer.changed"}),
    ),
    ("DELETE", CLIENT + "/consumers/{consumerId}"): Operation(
        "consumers.manage", on=Place.consumer, leaves=frozenset({"consumer.deleted"})
    ),
    ("POST", CLIENT + "/consumers/{consumerId}/login"): Operation(
        "consumers.manage",
        on=Place.consumer,
        body=lambda _, n: {"login": f"consumer{n}", "password": PASSWORD},
        other=lambda _, n: {"login": f"another{n}"},
        leaves=frozenset({"user.registered"}),
    ),
    ("GET", PROJECT + "/connections"): Operation("connections.read"),
    ("POST", PROJECT + "/connections"): Operation(
        "connections.manage",
        on=Place.consumer,
        body=lambda things, n: {"consumerId": things["consumerId"], **_meter(f"FIRST-{n}")},
        other=lambda _, n: {"meterNumber": f"OTHER-{n}"},
        elsewhere=(_meter("SM-NEW"), 400),
        leaves=frozenset({"connection.registered"}),
    ),
    ("GET", PROJECT + "/connections/{accountNumber}"): Operation("connections.read", or_own=True),
    ("PATCH", PROJECT + "/connections/{accountNumber}"): Operation(
        "connections.manage",
        on=Place.connection,
        body={"consumerClass": "commercial", "area": "Poblacion", "version": 0},
        leaves=frozenset({"connection.changed"}),
    ),
    ("DELETE", PROJECT + "/connections/{accountNumber}"): Operation(
        "connections.manage", on=Place.connection, leaves=frozenset({"connection.deleted"})
    ),
    ("POST", PROJECT + "/connections/{accountNumber}/disconnection"): Operation(
        "connections.manage", on=Place.connection, body=_WHY, leaves=frozenset({"connection.disconnected"})
    ),
    ("POST", PROJECT + "/connections/{accountNumber}/reconnection"): Operation(
        "connections.manage", on=Place.disconnected, body=_WHY, leaves=frozenset({"connection.reconnected"})
    ),
    ("POST", PROJECT + "/connections/{accountNumber}/closure"): Operation(
        "connections.manage",
        on=Place.connection,
        body=_CLOSING,
        leaves=frozenset({"bill.issued", "connection.closed", "reading.taken"}),
    ),
    ("POST", PROJECT + "/connections/{accountNumber}/meter-exchanges"): Operation(
        "connections.manage",
        on=Place.connection,
        body=lambda _, n: {"meterNumber": f"NEW-{n}", "finalReading": "3", "reason": "Stuck"},
        leaves=frozenset({"connection.meter-exchanged"}),
    ),
    ("POST", PROJECT + "/connections/{accountNumber}/meter-installations"): Operation(
        "connections.manage",
        on=Place.connection_without_meter,
        body=lambda _, n: {"meterNumber": f"PUT-ON-{n}", "reason": "Metered now"},
        leaves=frozenset({"bill.issued", "connection.meter-installed"}),
    ),
    ("POST", PROJECT + "/connections/{accountNumber}/handovers"): Operation(
        "connections.manage",
        on=Place.connection,
        body=lambda things, _: {"consumerId": things["consumerId"], **_CLOSING},
        leaves=frozenset({"bill.issued", "connection.handed-over", "reading.taken"}),
    ),
    ("GET", PROJECT + "/connections/{accountNumber}/history"): Operation("connections.read", or_own=True),
    ("GET", PROJECT + "/connections/{accountNumber}/bills"): Operation("bills.read", or_own=True),
    ("PUT", PROJECT + "/areas/{area}/walking-order"): Operation(
        "connections.manage",
        on=Place.connection_in_its_area,
        body=lambda things, _: {"accountNumbers": [things.get("accountNumber", "2025110001")]},
        leaves=frozenset({"connections.numbered"}),
    ),
    ("GET", "/api/me/service-requests"): Operation("requests.read.own"),
    ("POST", "/api/me/service-requests"): Operation(
        "requests.create.own",
        by="consumer",
        body=lambda things, n: {"projectId": things["projectId"], "address": f"Purok {n}"},
        other={"note": "soon"},
        leaves=frozenset({"request.made"}),
    ),
    ("POST", "/api/me/service-requests/{serviceRequestId}/withdrawal"): Operation(
        "requests.create.own", on=Place.request_of_consumer, by="consumer", leaves=frozenset({"request.withdrawn"})
    ),
    ("GET", CLIENT + "/service-requests"): Operation("requests.read"),
    ("POST", CLIENT + "/service-requests"): Operation(
        "requests.create",
        body=lambda things, n: {
            "projectId": things["projectId"],
            "address": f"Purok {n}",
            "consumerId": things["consumerId"],
        },
        other={"note": "soon"},
        leaves=frozenset({"request.made"}),
    ),
    ("GET", CLIENT + "/service-requests/{serviceRequestId}"): Operation("requests.read", or_own=True),
    ("POST", CLIENT + "/service-requests/{serviceRequestId}/approval"): Operation(
        "requests.decide",
        on=Place.request_of_consumer,
        body=lambda _, n: _meter(f"ASKED-{n}"),
        leaves=frozenset({"connection.registered", "request.approved"}),
    ),
    ("POST", CLIENT + "/service-requests/{serviceRequestId}/rejection"): Operation(
        "requests.decide", on=Place.request_of_consumer, body=_WHY, leaves=frozenset({"request.rejected"})
    ),
    ("GET", "/api/me/issues"): Operation("issues.read.own"),
    ("POST", "/api/me/issues"): Operation(
        "issues.report.own",
        by="consumer",
        body=lambda _, n: {"title": f"Leak {n}", "description": "Beside the meter."},
        other={"description": "Under the road."},
        leaves=frozenset({"issue.reported"}),
    ),
    ("GET", CLIENT + "/issues"): Operation("issues.read"),
    ("GET", CLIENT + "/issues/{issueId}"): Operation("issues.read", or_own=True),
    ("POST", CLIENT + "/issues/{issueId}/responses"): Operation(
        "issues.respond",
        on=Place.issue,
        body={"text": "We come tomorrow."},
        other={"text": "We come today."},
        leaves=frozenset({"issue.answered"}),
    ),
    ("PUT", CLIENT + "/issues/{issueId}/status"): Operation(
        "issues.respond", on=Place.issue, body={"status": "taking_action"}, leaves=frozenset({"issue.moved-on"})
    ),
    ("GET", "/api/tariff-library"): Operation("tariffs.read"),
    ("GET", PROJECT + "/tariffs"): Operation("tariffs.read"),
    ("POST", PROJECT + "/tariffs"): Operation(
        "tariffs.manage",
        on=Place.sheet,
        body=lambda things, n: {"id": f"tariff{n}", "sheet": things["sheet"]},
        other=lambda _, n: {"id": f"other{n}"},
        leaves=frozenset({"tariff.opened"}),
    ),
    ("POST", PROJECT + "/tariffs/adoptions"): Operation(
        "tariffs.manage",
        on=Place.library_tariff,
        body=lambda things, n: {
            "libraryId": things["library"],
            "id": f"adopted{n}",
            "validFrom": "2025-01-01",
            "consumerClass": f"a{n}",
        },
        other=lambda _, n: {"id": f"adopted{n}x"},
        leaves=frozenset({"tariff.opened"}),
    ),
    ("POST", PROJECT + "/tariffs/quote"): Operation(
        "tariffs.read", body={"tariffId": "residential", "usage": _NOVEMBER_USE}
    ),
    ("GET", PROJECT + "/tariffs/{tariffId}"): Operation("tariffs.read"),
    ("POST", PROJECT + "/tariffs/{tariffId}/versions"): Operation(
        "tariffs.manage",
        on=Place.tariff,
        body=lambda things, _: things["sheet"] | {"validFrom": "2026-01-01"},
        other={"validFrom": "2026-02-01"},
        leaves=frozenset({"tariff.succeeded"}),
    ),
    ("GET", PROJECT + "/tariffs/{tariffId}/versions/{version}"): Operation("tariffs.read"),
    ("PUT", PROJECT + "/tariffs/{tariffId}/versions/{version}"): Operation(
        "tariffs.manage",
        on=Place.tariff,
        body=lambda things, _: things["sheet"] | {"name": "Another"},
        leaves=frozenset({"tariff.corrected"}),
    ),
    ("DELETE", PROJECT + "/tariffs/{tariffId}/versions/{version}"): Operation(
        "tariffs.manage", on=Place.tariff, leaves=frozenset({"tariff.deleted"})
    ),
    ("GET", PROJECT + "/periods/{period}/factors"): Operation("tariffs.read"),
    ("PUT", PROJECT + "/periods/{period}/factors"): Operation(
        "tariffs.manage",
        on=Place.period_with_factors,
        body={"measures": {"calorificValue": "39.5"}, "version": 0},
        leaves=frozenset({"factors.changed"}),
    ),
    ("GET", PROJECT + "/readings"): Operation("readings.read"),
    ("POST", PROJECT + "/readings"): Operation(
        "readings.submit",
        on=Place.connection,
        body=lambda things, _: {"accountNumber": things["accountNumber"], **_READ},
        other={"reading": "11"},
        elsewhere=({"meterNumber": "SM-1", **_READ, "readOn": "2025-11-06"}, 404),
        leaves=frozenset({"reading.taken"}),
    ),
    ("GET", PROJECT + "/readings/balance"): Operation("readings.read"),
    ("GET", PROJECT + "/readings/unread"): Operation("readings.read"),
    ("POST", PROJECT + "/readings/visits"): Operation(
        "readings.submit",
        on=Place.connection,
        body=lambda things, _: {
            "accountNumber": things["accountNumber"],
            "visitedOn": "2025-11-05",
            "readerCode": "dog",
        },
        elsewhere=({"accountNumber": "2025110001", "visitedOn": "2025-11-06", "readerCode": "dog"}, 404),
        leaves=frozenset({"reading.visited"}),
    ),
    ("GET", PROJECT + "/readings/round"): Operation("readings.read"),
    ("POST", PROJECT + "/readings/estimates"): Operation(
        "readings.edit",
        on=Place.read_in_october,
        body=lambda things, _: {"period": "2025-11", "accountNumber": things["accountNumber"]},
        elsewhere=({"period": "2025-11", "area": "Poblacion"}, 200),
        leaves=frozenset({"reading.estimated"}),
    ),
    ("GET", PROJECT + "/readings/pending"): Operation("readings.read"),
    ("POST", PROJECT + "/readings/confirmations"): Operation(
        "readings.confirm",
        on=Place.reading,
        body={},
        elsewhere=({"area": "Poblacion"}, 200),
        leaves=frozenset({"readings.confirmed"}),
    ),
    ("GET", PROJECT + "/readings/{readingId}"): Operation("readings.read"),
    ("PUT", PROJECT + "/readings/{readingId}"): Operation(
        "readings.edit", on=Place.reading, body={**_READ, "reading": "12"}, leaves=frozenset({"reading.corrected"})
    ),
    ("POST", PROJECT + "/readings/{readingId}/confirmation"): Operation(
        "readings.confirm", on=Place.reading, leaves=frozenset({"reading.confirmed"})
    ),
    ("POST", PROJECT + "/readings/{readingId}/withdrawal"): Operation(
        "readings.edit", on=Place.reading, body=_WHY, leaves=frozenset({"reading.withdrawn"})
    ),
    ("GET", PROJECT + "/readings/imports"): Operation("readings.import"),
    ("GET", PROJECT + "/readings/import-mappings"): Operation("readings.import"),
    ("GET", PROJECT + "/readings/import-mappings/{mappingId}"): Operation("readings.import", on=Place.mapping),
    ("PUT", PROJECT + "/readings/import-mappings/{mappingId}"): Operation(
        "settings.manage",
        on=lambda place: {"mappingId": f"mapping{place.number}"},
        body={"name": "Another"},
        leaves=frozenset({"import-mapping.saved"}),
    ),
    ("DELETE", PROJECT + "/readings/import-mappings/{mappingId}"): Operation(
        "settings.manage", on=Place.mapping, leaves=frozenset({"import-mapping.deleted"})
    ),
    ("POST", PROJECT + "/readings/import-trials"): Operation(
        "readings.import",
        body={"text": "meter,reading,date\nSM-1,7,2025-11-05\n"},
        elsewhere=({"text": "meter,reading,date\nSM-1,7,2025-11-05\n"}, 200),
    ),
    ("POST", PROJECT + "/readings/imports"): Operation(
        "readings.import",
        body=lambda _, n: {"fileName": f"readings-{n}.csv"},
        other={"period": "2025-11"},
        elsewhere=({"fileName": "mine.csv"}, 201),
        leaves=frozenset({"import.announced"}),
    ),
    ("GET", PROJECT + "/readings/imports/{importId}"): Operation("readings.import"),
    ("GET", PROJECT + "/readings/imports/{importId}/report"): Operation("readings.import"),
    ("GET", PROJECT + "/history/imports"): Operation("history.import"),
    ("POST", PROJECT + "/history/imports"): Operation(
        "history.import",
        body=lambda _, n: {"fileName": f"history-{n}.json"},
        other=lambda _, n: {"fileName": f"other-{n}.json"},
        leaves=frozenset({"import.announced"}),
    ),
    ("GET", PROJECT + "/history/imports/{importId}"): Operation("history.import"),
    ("GET", PROJECT + "/history/imports/{importId}/report"): Operation("history.import"),
    ("GET", PROJECT + "/bank/imports"): Operation("payments.record"),
    ("POST", PROJECT + "/bank/imports"): Operation(
        "payments.record",
        on=Place.transfers,
        body=lambda _, n: {"fileName": f"transfers-{n}.csv"},
        other=lambda _, n: {"fileName": f"other-{n}.csv"},
        leaves=frozenset({"import.announced"}),
    ),
    ("GET", PROJECT + "/bank/imports/{importId}"): Operation("payments.record"),
    ("GET", PROJECT + "/bank/imports/{importId}/report"): Operation("payments.record"),
    ("GET", PROJECT + "/bank-lines"): Operation("payments.record"),
    ("POST", PROJECT + "/bank-lines/{lineId}/assignment"): Operation(
        "payments.record",
        on=Place.bank_line,
        body=lambda things, _: {"billIds": [things.get("billId", "2025-11.NOBODYS.1")]},
        leaves=frozenset({"payment.recorded", "bank-line.assigned"}),
    ),
    ("POST", PROJECT + "/bank-lines/{lineId}/dismissal"): Operation(
        "payments.record",
        on=Place.bank_line,
        body={"reason": "Rent of the hall"},
        leaves=frozenset({"bank-line.dismissed"}),
    ),
    ("GET", PROJECT + "/registry/imports"): Operation("registry.import"),
    ("POST", PROJECT + "/registry/imports"): Operation(
        "registry.import",
        body=lambda _, n: {"fileName": f"registry-{n}.csv"},
        other=lambda _, n: {"fileName": f"other-{n}.csv"},
        leaves=frozenset({"import.announced"}),
    ),
    ("GET", PROJECT + "/registry/imports/{importId}"): Operation("registry.import"),
    ("GET", PROJECT + "/registry/imports/{importId}/report"): Operation("registry.import"),
    ("GET", PROJECT + "/devices"): Operation("devices.manage"),
    ("POST", PROJECT + "/devices"): Operation(
        "devices.manage",
        body=lambda _, n: {"title": f"Collector {n}"},
        other={"areas": ["Poblacion"]},
        leaves=frozenset({"device.registered"}),
    ),
    ("GET", PROJECT + "/devices/{deviceId}"): Operation("devices.manage"),
    ("POST", PROJECT + "/devices/{deviceId}/keys"): Operation(
        "devices.manage", on=Place.device, leaves=frozenset({"device.key-issued"})
    ),
    ("DELETE", PROJECT + "/devices/{deviceId}"): Operation(
        "devices.manage", on=Place.device, leaves=frozenset({"device.disabled"})
    ),
    ("POST", "/api/webhooks/readings"): Operation(PUBLIC),
    ("GET", PROJECT + "/bills"): Operation("bills.read"),
    ("POST", PROJECT + "/bills"): Operation(
        "bills.generate",
        on=Place.confirmed_reading,
        body=lambda things, _: {"readingId": things["readingId"]},
        other={"dueOn": "2025-12-01"},
        leaves=frozenset({"bill.issued"}),
    ),
    ("GET", PROJECT + "/readings/unbilled"): Operation("bills.generate"),
    ("GET", PROJECT + "/bills/{billId}"): Operation("bills.read", or_own=True),
    ("POST", PROJECT + "/bills/{billId}/void"): Operation(
        "adjustments.make", on=Place.bill, body=_WHY, leaves=frozenset({"bill.voided"})
    ),
    ("POST", PROJECT + "/corrections/preview"): Operation(
        "adjustments.make", on=Place.billed_reading, body=lambda things, _: things["correction"]
    ),
    ("POST", PROJECT + "/corrections"): Operation(
        "adjustments.make",
        on=Place.billed_reading,
        body=lambda things, _: {**things["correction"], "digest": things["digest"]},
        other={"reason": "Misread by a tenth"},
        leaves=frozenset({"bills.corrected"}),
    ),
    ("POST", PROJECT + "/corrections/crossed-meters/preview"): Operation(
        "adjustments.make", on=Place.crossed_meters, body=lambda things, _: things["correction"]
    ),
    ("POST", PROJECT + "/corrections/crossed-meters"): Operation(
        "adjustments.make",
        on=Place.crossed_meters,
        body=lambda things, _: {**things["correction"], "digest": things["digest"]},
        other={"reason": "Crossed at the wall"},
        leaves=frozenset({"bills.corrected"}),
    ),
    ("POST", PROJECT + "/corrections/misplaced-readings/preview"): Operation(
        "adjustments.make", on=Place.misplaced_reading, body=lambda things, _: things["correction"]
    ),
    ("POST", PROJECT + "/corrections/misplaced-readings"): Operation(
        "adjustments.make",
        on=Place.misplaced_reading,
        body=lambda things, _: {**things["correction"], "digest": things["digest"]},
        other={"reason": "Read next door"},
        leaves=frozenset({"bills.corrected"}),
    ),
    ("GET", PROJECT + "/corrections/{correctionId}"): Operation("bills.read"),
    ("GET", PROJECT + "/bills/{billId}/payments"): Operation("payments.read", or_own=True),
    ("GET", PROJECT + "/bills/{billId}/entries"): Operation("payments.read", or_own=True),
    ("POST", PROJECT + "/bills/{billId}/waivers"): Operation(
        "late_charges.waive",
        on=Place.late_bill,
        body=_WHY,
        other={"amount": "10.00"},
        leaves=frozenset({"adjustment.posted"}),
    ),
    ("POST", PROJECT + "/bills/{billId}/credit-notes"): Operation(
        "adjustments.make",
        on=Place.late_bill_where_credits_need_approval,
        body={**_WHY, "amount": "100.01", "reasonCode": "goodwill"},
        other={"amount": "200.00"},
        leaves=frozenset({"adjustment.asked"}),
    ),
    ("GET", PROJECT + "/bills/{billId}/leak-allowance"): Operation("adjustments.make"),
    ("POST", PROJECT + "/bills/{billId}/leak-allowances"): Operation(
        "adjustments.make",
        on=Place.late_bill,
        body={**_WHY, "usualUse": "6"},
        other={"usualUse": "4"},
        leaves=frozenset({"adjustment.posted"}),
    ),
    ("POST", PROJECT + "/bills/{billId}/write-offs"): Operation(
        "adjustments.make",
        on=Place.late_bill,
        body=_WHY,
        other={"reason": "Gone"},
        leaves=frozenset({"adjustment.posted"}),
    ),
    ("POST", PROJECT + "/bills/{billId}/due-day"): Operation(
        "adjustments.make",
        on=Place.late_bill,
        body={**_WHY, "dueOn": "2025-12-10"},
        other={"dueOn": "2025-12-11"},
        leaves=frozenset({"adjustment.posted"}),
    ),
    ("POST", PROJECT + "/connections/{accountNumber}/refunds"): Operation(
        "adjustments.make",
        on=Place.connection_with_credit,
        body={**_WHY, "amount": "60.00", "method": "cash"},
        other={"amount": "50.00"},
        leaves=frozenset({"adjustment.posted"}),
    ),
    ("POST", PROJECT + "/connections/{accountNumber}/charges"): Operation(
        "adjustments.make",
        on=Place.connection,
        body={**_WHY, "code": "reconnection", "label": "Reconnection fee", "amount": "150.00"},
        other={"amount": "100.00"},
        leaves=frozenset({"bill.issued"}),
    ),
    ("GET", PROJECT + "/connections/{accountNumber}/adjustments"): Operation("payments.read", or_own=True),
    ("GET", PROJECT + "/adjustments"): Operation("payments.read"),
    ("GET", PROJECT + "/adjustments/{adjustmentId}"): Operation("payments.read", or_own=True),
    ("POST", PROJECT + "/adjustments/{adjustmentId}/approval"): Operation(
        "adjustments.make", on=Place.pending_credit, leaves=frozenset({"adjustment.posted"})
    ),
    ("POST", PROJECT + "/adjustments/{adjustmentId}/rejection"): Operation(
        "adjustments.make", on=Place.pending_credit, body=_WHY, leaves=frozenset({"adjustment.rejected"})
    ),
    ("POST", PROJECT + "/adjustments/{adjustmentId}/reversal"): Operation(
        "adjustments.make", on=Place.posted_credit, body=_WHY, leaves=frozenset({"adjustment.reversed"})
    ),
    ("GET", PROJECT + "/connections/{accountNumber}/payments"): Operation("payments.read", or_own=True),
    ("POST", PROJECT + "/connections/{accountNumber}/prepaid-sales"): Operation(
        "prepaid.sell",
        on=Place.prepaid_connection,
        body={"amount": "500.00", "currency": "PHP"},
        other={"amount": "600.00"},
        leaves=frozenset({"prepaid.sold"}),
    ),
    ("GET", PROJECT + "/connections/{accountNumber}/prepaid-sales"): Operation("payments.read", or_own=True),
    ("GET", PROJECT + "/connections/{accountNumber}/prepaid-sales/{saleId}"): Operation("payments.read", or_own=True),
    ("GET", PROJECT + "/connections/{accountNumber}/prepaid"): Operation("payments.read", or_own=True),
    ("GET", "/api/me/owed"): Operation("payments.read.own"),
    ("GET", "/api/me/payments"): Operation("payments.read.own"),
    ("GET", PROJECT + "/inquiry"): Operation("payments.read"),
    ("GET", PROJECT + "/connections/{accountNumber}/entries"): Operation("payments.read", or_own=True),
    ("GET", PROJECT + "/connections/{accountNumber}/statement"): Operation("payments.read", or_own=True),
    ("GET", PROJECT + "/online-payments"): Operation("payments.read", or_own=True),
    ("POST", PROJECT + "/online-payments"): Operation(
        "payments.record",
        or_own=True,
        on=Place.bill_to_pay_online,
        body=lambda things, _: {
            "bills": [{"billId": things.get("billId", "2025-11.NONE.1")}],
            "method": "online",
            "upiId": "ana@upi",
        },
        other={"upiId": "eva@upi"},
        leaves=frozenset({"online-payment.started"}),
    ),
    ("GET", PROJECT + "/online-payments/{onlinePaymentId}"): Operation("payments.read", or_own=True),
    ("POST", PROJECT + "/online-payments/{onlinePaymentId}/review"): Operation(
        "payments.record",
        on=Place.online_payment_to_review,
        body={"note": "Called the payer"},
        leaves=frozenset({"online-payment.reviewed"}),
    ),
    ("POST", "/api/gateway/callbacks"): Operation(PUBLIC),
    ("GET", PROJECT + "/announced-payments"): Operation("payments.read", or_own=True),
    ("POST", PROJECT + "/announced-payments"): Operation(
        "payments.record",
        or_own=True,
        on=Place.bill_to_pay_online,
        body=lambda things, _: {"bills": [{"billId": things.get("billId", "2025-11.NONE.1")}], "method": "cash"},
        other={"notes": "On Friday"},
        leaves=frozenset({"announced-payment.made"}),
    ),
    ("GET", PROJECT + "/announced-payments/{announcedPaymentId}"): Operation("payments.read", or_own=True),
    ("POST", PROJECT + "/announced-payments/{announcedPaymentId}/confirmation"): Operation(
        "payments.record",
        on=Place.announced_payment,
        body={"method": "cash"},
        leaves=frozenset({"payment.recorded"}),
    ),
    ("POST", PROJECT + "/announced-payments/{announcedPaymentId}/rejection"): Operation(
        "payments.record",
        on=Place.announced_payment,
        body=_WHY,
        leaves=frozenset({"announced-payment.rejected"}),
    ),
    ("GET", PROJECT + "/payments"): Operation("payments.read"),
    ("POST", PROJECT + "/payments"): Operation(
        "payments.record",
        on=Place.bill,
        body=lambda things, _: {"method": "cash", "bills": [{"billId": things["billId"]}]},
        other={"notes": "At the office"},
        leaves=frozenset({"payment.recorded"}),
    ),
    ("POST", PROJECT + "/payments/batch"): Operation(
        "payments.record",
        on=Place.bill,
        body=lambda things, _: {"payments": [{"method": "cash", "bills": [{"billId": things["billId"]}]}]},
        leaves=frozenset({"payment.recorded"}),
    ),
    ("GET", PROJECT + "/payments/{paymentId}"): Operation("payments.read", or_own=True),
    ("GET", PROJECT + "/payments/{paymentId}/receipt"): Operation("payments.read", or_own=True),
    ("POST", PROJECT + "/payments/{paymentId}/reversal"): Operation(
        "payments.reverse",
        or_own=True,
        on=Place.payment,
        body={"reason": "typing_error", "note": "Entered twice"},
        leaves=frozenset({"payment.reversed"}),
    ),
    ("POST", PROJECT + "/advances"): Operation(
        "payments.record",
        on=Place.connection,
        body=lambda things, _: {"accountNumber": things["accountNumber"], "method": "cash", "amount": "100.00"},
        other={"amount": "200.00"},
        leaves=frozenset({"payment.recorded"}),
    ),
    ("POST", PROJECT + "/deposits"): Operation(
        "payments.record",
        on=Place.connection,
        body=lambda things, _: {"accountNumber": things["accountNumber"], "method": "cash", "amount": "100.00"},
        other={"amount": "200.00"},
        leaves=frozenset({"payment.recorded"}),
    ),
    ("POST", PROJECT + "/connections/{accountNumber}/settlement"): Operation(
        "adjustments.make",
        on=Place.closed_connection_with_deposit,
        body={"refundBy": "cash"},
        leaves=frozenset({"account.settled"}),
    ),
    ("POST", PROJECT + "/connections/{accountNumber}/credit-uses"): Operation(
        "payments.record", on=Place.bill_and_credit, body={"amount": "50.00"}, leaves=frozenset({"credit.used"})
    ),
    ("POST", PROJECT + "/cashier-sessions"): Operation(
        "payments.record",
        on=Place.free_desk,
        by="newcomer",
        body=lambda things, _: {"desk": things.get("desk", "MAIN"), "float": "100.00"},
        other={"float": "200.00"},
        leaves=frozenset({"cashier-session.opened"}),
    ),
    ("GET", PROJECT + "/cashier-sessions"): Operation("payments.read"),
    ("GET", PROJECT + "/cashier-sessions/{cashierSessionId}"): Operation("payments.read"),
    ("POST", PROJECT + "/cashier-sessions/{cashierSessionId}/count"): Operation(
        "payments.record",
        on=Place.cashier_session,
        body={"denominations": {"50.00": 2}},
        leaves=frozenset({"cashier-session.counted"}),
    ),
    ("POST", PROJECT + "/cashier-sessions/{cashierSessionId}/closing"): Operation(
        "payments.record",
        on=Place.cashier_session,
        body={"counted": "100.00"},
        leaves=frozenset({"cashier-session.closed"}),
    ),
    ("POST", PROJECT + "/cashier-sessions/{cashierSessionId}/handover"): Operation(
        "payments.record",
        on=Place.closed_cashier_session,
        body=lambda things, _: {"to": things.get("receiver", "nobody"), "amount": "100.00"},
        leaves=frozenset({"cashier-session.handed-over"}),
    ),
    ("POST", PROJECT + "/cashier-sessions/{cashierSessionId}/handover/acceptance"): Operation(
        "payments.record", on=Place.handed_over_cash, leaves=frozenset({"cashier-session.accepted"})
    ),
    ("GET", PROJECT + "/billing-runs"): Operation("bills.generate"),
    ("POST", PROJECT + "/billing-runs"): Operation(
        "bills.generate",
        body=lambda _, n: {"period": str(Period(2001, 1).shifted(n % 200))},
        other=lambda _, n: {"period": str(Period(2018, 1).shifted(n % 90))},
        leaves=frozenset({"billing-run.started"}),
    ),
    ("GET", PROJECT + "/billing-runs/{runId}"): Operation("bills.generate"),
    ("GET", PROJECT + "/billing-runs/{runId}/exceptions"): Operation("bills.generate"),
}
