"""Meterbook's functions: creates the Chalice app and registers what the features bring."""

from importlib import import_module

from chalice.app import Chalice

from chalicelib.platform import headers

# The modules with routes and jobs, lowest feature first. Each has a `blueprint`.
MODULES = (
    "audit.routes",
    "cycles.routes",
    "tenancy.routes",
    "tenancy.jobs",
    "areas.routes",
    "files.routes",
    "identity.routes",
    "identity.jobs",
    "consumers.routes",
    "connections.routes",
    "service_desk.routes",
    "readings.routes",
    "tariffs.routes",
    "devices.routes",
    "bills.routes",
    "cashiers.routes",
    "ledger.routes",
    "payments.routes",
    "adjustments.routes",
    "online_payments.routes",
    "prepaid.routes",
    "corrections.routes",
    "billing.routes",
    "billing.jobs",
    "onboarding.routes",
    "imports.routes",
    "imports.jobs",
    "platform.openapi",
    "platform.docs",
)

app = Chalice(app_name="meterbook", configure_logs=False)  # platform/log.py does, by a list of fields
app.register_middleware(headers.add_headers, "http")

for module in MODULES:
    app.register_blueprint(import_module(f"chalicelib.{module}").blueprint)
headers.answer_preflights(app)
