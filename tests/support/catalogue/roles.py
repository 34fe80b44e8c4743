"""What each role may do, written down once more: the app must agree."""

_READ_ALL = {
    "settings.read", "areas.read", "tariffs.read", "consumers.read", "connections.read", "readings.read",
    "bills.read", "payments.read",
}  # fmt: skip
_OPERATE = _READ_ALL | {
    "consumers.manage", "connections.manage", "readings.submit", "readings.confirm", "readings.edit",
    "readings.import", "bills.generate", "cycles.read", "prepaid.sell",
}  # fmt: skip
_ADMINISTER = {
    "areas.manage",
    "cycles.manage",
    "audit.read",
    "devices.manage",
    "logins.read",
    "roles.manage",
    "users.manage",
    "users.read",
    "tariffs.manage",
    "settings.manage",
}
_COLLECT = {
    "payments.record", "payments.reverse", "payments.reverse.own", "late_charges.waive", "adjustments.make",
    "cashier_sessions.manage",
}  # fmt: skip
_ANSWER = {"requests.read", "issues.read", "issues.respond"}
_DECIDE = {"registry.import", "history.import", "requests.create", "requests.decide", "issues.report"}

GRANTS: dict[str, set[str]] = {
    "superuser": _OPERATE | _ANSWER | _ADMINISTER | _DECIDE | _COLLECT,
    "admin": _OPERATE | _ANSWER | _ADMINISTER | _DECIDE | _COLLECT,
    "manager": _OPERATE | _ANSWER | {"payments.record", "adjustments.make", "cashier_sessions.manage"},
    "billing_officer": _OPERATE | _ANSWER | {"payments.record"},
    "account_officer": _READ_ALL,
    "cashier": {
        "bills.read",
        "connections.read",
        "consumers.read",
        "payments.read",
        "payments.record",
        "payments.reverse.own",
    },
    "viewer": {"settings.read", "bills.read", "payments.read"},
    "field_staff": {
        "areas.read",
        "consumers.read",
        "connections.read",
        "readings.submit",
        "readings.read",
        "tariffs.read",
    },
    "consumer": {
        "connections.read.own",
        "bills.read.own",
        "payments.read.own",
        "payments.record.own",
        "requests.create.own",
        "requests.read.own",
        "issues.report.own",
        "issues.read.own",
    },
    "device": {"readings.submit"},
}

# What a role of scope area can hold. A user with it for another area, or for none, finds nothing by any route that asks
# for it: what the path names is not there, lists are empty of it, and what is sent changes nothing.
ENDS_AT_AREAS = {
    "areas.read", "bills.read", "connections.manage", "connections.read", "consumers.read", "readings.confirm",
    "readings.edit", "readings.import", "readings.read", "readings.submit", "settings.read", "tariffs.read",
}  # fmt: skip
# Of these, what lies in no area and is the same for everybody.
OF_NO_AREA = {"settings.read", "tariffs.read"}
