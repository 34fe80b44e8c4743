"""Who may do what, written down once more: the app must agree with this table, row by row.

Each row says which permission an operation asks for, and whether the permission's `.own` form is enough where the
thing belongs to the caller's consumer.
"""

PUBLIC, SIGNED_IN, OWN = "(public)", "(signed in)", "or own"

_CLIENT = "/api/clients/{client}"
_PROJECT = _CLIENT + "/projects/{project}"

POLICY: dict[tuple[str, str], tuple[str, ...]] = {
    ("POST", "/api/auth/login"): (PUBLIC,),
    ("GET", "/api/openapi.json"): (PUBLIC,),
    ("GET", "/api/me"): (SIGNED_IN,),
    ("GET", "/api/me/bills"): (SIGNED_IN,),
    ("GET", "/api/me/connections"): (SIGNED_IN,),
    ("GET", _CLIENT): (SIGNED_IN,),
    ("GET", _CLIENT + "/projects"): (SIGNED_IN,),
    ("GET", _PROJECT): ("settings.read",),
    ("GET", _CLIENT + "/audit-log"): ("audit.read",),
    ("GET", _CLIENT + "/audit-log/verification"): ("audit.read",),
    ("GET", _CLIENT + "/users"): ("users.read",),
    ("POST", _CLIENT + "/users"): ("users.manage",),
    ("GET", _CLIENT + "/consumers"): ("consumers.read",),
    ("POST", _CLIENT + "/consumers"): ("consumers.manage",),
    ("GET", _CLIENT + "/consumers/{consumer}"): ("consumers.read",),
    ("POST", _CLIENT + "/consumers/{consumer}/login"): ("consumers.manage",),
    ("GET", _PROJECT + "/connections"): ("connections.read",),
    ("POST", _PROJECT + "/connections"): ("connections.manage",),
    ("GET", _PROJECT + "/connections/{account}"): ("connections.read", OWN),
    ("GET", _PROJECT + "/connections/{account}/bills"): ("bills.read", OWN),
    ("GET", "/api/me/service-requests"): ("requests.read.own",),
    ("POST", "/api/me/service-requests"): ("requests.create.own",),
    ("POST", "/api/me/service-requests/{request}/withdraw"): ("requests.create.own",),
    ("GET", _CLIENT + "/service-requests"): ("requests.read",),
    ("POST", _CLIENT + "/service-requests"): ("requests.create",),
    ("GET", _CLIENT + "/service-requests/{request}"): ("requests.read", OWN),
    ("POST", _CLIENT + "/service-requests/{request}/approve"): ("requests.decide",),
    ("POST", _CLIENT + "/service-requests/{request}/reject"): ("requests.decide",),
    ("GET", "/api/me/issues"): ("issues.read.own",),
    ("POST", "/api/me/issues"): ("issues.report.own",),
    ("GET", _CLIENT + "/issues"): ("issues.read",),
    ("GET", _CLIENT + "/issues/{issue}"): ("issues.read", OWN),
    ("POST", _CLIENT + "/issues/{issue}/responses"): ("issues.respond",),
    ("PUT", _CLIENT + "/issues/{issue}/status"): ("issues.respond",),
    ("GET", "/api/tariff-library"): ("tariffs.read",),
    ("GET", _PROJECT + "/tariffs"): ("tariffs.read",),
    ("POST", _PROJECT + "/tariffs"): ("tariffs.manage",),
    ("POST", _PROJECT + "/tariffs/adopt"): ("tariffs.manage",),
    ("POST", _PROJECT + "/tariffs/quote"): ("tariffs.read",),
    ("GET", _PROJECT + "/tariffs/{tariff}"): ("tariffs.read",),
    ("POST", _PROJECT + "/tariffs/{tariff}/versions"): ("tariffs.manage",),
    ("PUT", _PROJECT + "/tariffs/{tariff}/versions/{version}"): ("tariffs.manage",),
    ("DELETE", _PROJECT + "/tariffs/{tariff}/versions/{version}"): ("tariffs.manage",),
    ("GET", _PROJECT + "/readings"): ("readings.read",),
    ("POST", _PROJECT + "/readings"): ("readings.submit",),
    ("GET", _PROJECT + "/readings/pending"): ("readings.read",),
    ("POST", _PROJECT + "/readings/confirmations"): ("readings.confirm",),
    ("GET", _PROJECT + "/readings/{reading}"): ("readings.read",),
    ("PUT", _PROJECT + "/readings/{reading}"): ("readings.edit",),
    ("POST", _PROJECT + "/readings/{reading}/confirmation"): ("readings.confirm",),
    ("GET", _PROJECT + "/readings/imports"): ("readings.import",),
    ("POST", _PROJECT + "/readings/imports"): ("readings.import",),
    ("GET", _PROJECT + "/readings/imports/{import_id}"): ("readings.import",),
    ("GET", _PROJECT + "/readings/imports/{import_id}/report"): ("readings.import",),
    ("GET", _PROJECT + "/registry/imports"): ("registry.import",),
    ("POST", _PROJECT + "/registry/imports"): ("registry.import",),
    ("GET", _PROJECT + "/registry/imports/{registry}"): ("registry.import",),
    ("GET", _PROJECT + "/registry/imports/{registry}/report"): ("registry.import",),
    ("GET", _PROJECT + "/bills"): ("bills.read",),
    ("GET", _PROJECT + "/bills/{bill}"): ("bills.read", OWN),
    ("GET", _PROJECT + "/billing-runs"): ("bills.generate",),
    ("POST", _PROJECT + "/billing-runs"): ("bills.generate",),
    ("GET", _PROJECT + "/billing-runs/{run}"): ("bills.generate",),
    ("GET", _PROJECT + "/billing-runs/{run}/exceptions"): ("bills.generate",),
}

_READ_ALL = {"settings.read", "tariffs.read", "consumers.read", "connections.read", "readings.read", "bills.read"}
_OPERATE = _READ_ALL | {
    "consumers.manage", "connections.manage", "readings.submit", "readings.confirm", "readings.edit",
    "readings.import", "bills.generate",
}  # fmt: skip
_ADMINISTER = {"audit.read", "users.manage", "users.read", "tariffs.manage", "settings.manage"}
_ANSWER = {"requests.read", "issues.read", "issues.respond"}
_DECIDE = {"registry.import", "requests.create", "requests.decide", "issues.report"}

GRANTS: dict[str, set[str]] = {
    "superuser": _OPERATE | _ANSWER | _ADMINISTER | _DECIDE,
    "admin": _OPERATE | _ANSWER | _ADMINISTER | _DECIDE,
    "manager": _OPERATE | _ANSWER,
    "billing_officer": _OPERATE | _ANSWER,
    "account_officer": _READ_ALL,
    "viewer": {"settings.read", "bills.read"},
    "field_staff": {"consumers.read", "connections.read", "readings.submit", "readings.read", "tariffs.read"},
    "consumer": {
        "connections.read.own",
        "bills.read.own",
        "requests.create.own",
        "requests.read.own",
        "issues.report.own",
        "issues.read.own",
    },
    "device": {"readings.submit"},
}
