"""Open tariffs, and rate by those in force."""

from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.platform.transaction import Refused
from chalicelib.tariffs import repository
from chalicelib.tariffs.domain import CompiledTariff, Tariff, TariffBook, compile_tariff
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project


def open_tariff(ctx: Context, *, tariff: Tariff) -> Tariff:
    """This function will put a version of a tariff into force.

    :raises Conflict: if this version exists and says something else.
    """
    project = tenancy.get_project(ctx)
    if (tariff.currency, tariff.unit) != (project.settings.currency, project.settings.unit) and not tariff.conversions:
        raise Invalid("other-unit", f"a tariff here is in {project.settings.currency} per {project.settings.unit}")
    try:
        repository.insert_tariff(project, tariff)
    except Refused:
        if tariff not in repository.all_tariffs(project):
            raise Conflict("version-exists", f"version {tariff.version} of {tariff.id} exists; take the next") from None
    return tariff


def tariff_book(project: Project) -> TariffBook:
    """This function will read and compile the project's tariffs, once for a whole chunk of bills."""
    versions: dict[str, list[CompiledTariff]] = {}
    for tariff in repository.all_tariffs(project):
        versions.setdefault(tariff.consumer_class or "", []).append(compile_tariff(tariff))
    return TariffBook(versions)


def list_tariffs(ctx: Context) -> tuple[Tariff, ...]:
    """This function will list every version of every tariff of the project."""
    return repository.all_tariffs(tenancy.get_project(ctx))
