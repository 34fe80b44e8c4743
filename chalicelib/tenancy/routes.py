"""Clients and projects over HTTP."""

from chalice.app import Blueprint

from chalicelib.kernel.context import Context
from chalicelib.platform.http import SIGNED_IN, endpoint
from chalicelib.tenancy import service
from chalicelib.tenancy.schemas import ClientOut, ProjectList, ProjectOut

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/api/clients/{client}", permission=SIGNED_IN, returns=ClientOut)
def get_client(ctx: Context) -> ClientOut:
    """Show the client you belong to."""
    return ClientOut.of(service.get_client(ctx))


@endpoint(blueprint, "GET", "/api/clients/{client}/projects", permission=SIGNED_IN, returns=ProjectList)
def list_projects(ctx: Context) -> ProjectList:
    """List the utility services of the client."""
    return ProjectList(items=tuple(ProjectOut.of(project) for project in service.list_projects(ctx)))


@endpoint(blueprint, "GET", "/api/clients/{client}/projects/{project}", permission="settings.read", returns=ProjectOut)
def get_project(ctx: Context) -> ProjectOut:
    """Show one utility service with its settings."""
    return ProjectOut.of(service.get_project(ctx))
