"""Meterbook's functions: creates the Chalice app and registers what the features bring."""

from chalice.app import Chalice, CORSConfig

from chalicelib.consumers.routes import blueprint as consumers
from chalicelib.identity.routes import blueprint as identity
from chalicelib.platform import log, settings
from chalicelib.platform.openapi import blueprint as openapi
from chalicelib.tenancy.routes import blueprint as tenancy

log.configure()

app = Chalice(app_name="meterbook")
app.api.cors = CORSConfig(
    allow_origin=settings.allowed_origin(),
    allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
    expose_headers=["Location", "Retry-After"],
    max_age=600,
)

for blueprint in (identity, tenancy, consumers, openapi):
    app.register_blueprint(blueprint)
