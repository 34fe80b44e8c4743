"""Meterbook's functions: creates the Chalice app and registers what the features bring."""

from chalice.app import Chalice, CORSConfig

from chalicelib.areas.routes import blueprint as areas
from chalicelib.audit.routes import blueprint as audit
from chalicelib.billing.jobs import blueprint as billing_jobs
from chalicelib.billing.routes import blueprint as billing
from chalicelib.bills.routes import blueprint as bills
from chalicelib.connections.routes import blueprint as connections
from chalicelib.consumers.routes import blueprint as consumers
from chalicelib.cycles.routes import blueprint as cycles
from chalicelib.devices.routes import blueprint as devices
from chalicelib.identity.jobs import blueprint as identity_jobs
from chalicelib.identity.routes import blueprint as identity
from chalicelib.imports.jobs import blueprint as import_jobs
from chalicelib.imports.routes import blueprint as imports
from chalicelib.onboarding.routes import blueprint as onboarding
from chalicelib.payments.routes import blueprint as payments
from chalicelib.platform import log, settings
from chalicelib.platform.openapi import blueprint as openapi
from chalicelib.readings.routes import blueprint as readings
from chalicelib.service_desk.routes import blueprint as service_desk
from chalicelib.tariffs.routes import blueprint as tariffs
from chalicelib.tenancy.jobs import blueprint as tenancy_jobs
from chalicelib.tenancy.routes import blueprint as tenancy

log.configure()

app = Chalice(app_name="meterbook")
app.api.cors = CORSConfig(
    allow_origin=settings.allowed_origin(),
    allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
    expose_headers=["Location", "Retry-After"],
    max_age=600,
)

apis = (identity, tenancy, audit, cycles, areas, consumers, connections, service_desk, tariffs, readings, devices,
        bills, payments, billing, onboarding, imports, openapi)  # fmt: skip
for blueprint in (*apis, import_jobs, billing_jobs, identity_jobs, tenancy_jobs):
    app.register_blueprint(blueprint)
