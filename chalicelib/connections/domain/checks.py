"""Checks of a new or changed connection against the project's settings."""

from collections.abc import Iterable

from chalicelib.connections.domain.connection import MeterDetails, Purpose
from chalicelib.connections.domain.registers import Register
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import code
from chalicelib.tenancy.domain import Project, check_expected


def check_connection(
    project: Project,
    *,
    consumer_class: str,
    consumer_id: str | None,
    given_account: str | None,
    purpose: Purpose = "service",
    tariff_id: str | None = None,
) -> None:
    """Check a new connection against the project's settings.

    :raises Invalid: naming the field.
    """
    settings = project.settings
    check_class(project, consumer_class)
    check_tariff(project, purpose, tariff_id)
    if purpose != "service" and consumer_id:
        raise Invalid("consumer-given", "a common area or building has no consumer; leave it out", field="consumerId")
    if settings.consumer_required and purpose == "service" and not consumer_id:
        raise Invalid(
            "consumer-missing", "each connection here belongs to a consumer; register them first", field="consumerId"
        )
    if settings.account_numbers == "meter" and given_account is not None:
        raise Invalid(
            "account-given", "leave it out: the meter number is the account number here", field="accountNumber"
        )
    if settings.account_numbers == "automatic" and given_account is not None:
        raise Invalid("account-given", "leave it out: account numbers are generated here", field="accountNumber")
    if settings.account_numbers == "given":
        if given_account is None:
            raise Invalid("account-missing", "give the account or unit number, such as 101", field="accountNumber")
        code(given_account, "an account number")


def check_unmetered(project: Project, details: MeterDetails) -> None:
    """Check that a connection may have no meter, and says nothing of one.

    :raises Invalid: naming the field.
    """
    if project.settings.account_numbers == "meter":
        raise Invalid("meter-missing", "the meter number is the account number here, so give one", field="meterNumber")
    if details.purpose != "service":
        raise Invalid(
            "meter-missing", "a common area or building is there to be read: give its meter", field="meterNumber"
        )
    said = {"meterBrand": details.brand, "meterDigits": details.digits, "registers": details.registers}
    if named := next((name for name, value in said.items() if value), None):
        raise Invalid("meter-missing", "a service without a meter has none of this: leave it out", field=named)


def check_class(project: Project, consumer_class: str) -> None:
    """Check that the project has a consumer class.

    :raises Invalid: if it does not.
    """
    if consumer_class not in project.settings.classes:
        raise Invalid(
            "unknown-class",
            f"give one of these: {', '.join(project.settings.classes)}",
            field="consumerClass",
        )


def check_tariff(project: Project, purpose: Purpose, tariff_id: str | None) -> None:
    """Check that a connection names its tariff, if the project requires it. Source: S2-034.

    :raises Invalid: if it does not.
    """
    if project.settings.tariff_required and purpose == "service" and not tariff_id:
        raise Invalid(
            "tariff-missing", "each connection here names its tariff; see the project's tariffs", field="tariffId"
        )


def check_fed_measures(project: Project, main_measure: str | None, registers: Iterable[Register]) -> None:
    """Check that the project expects the measures that registers feed.

    :raises Invalid: naming the first one that it does not.
    """
    fed = {each.measure for each in registers if each.measure}
    check_expected(project.settings.measures, fed, "register", field="registers")
    if main_measure:
        check_expected(project.settings.measures, [main_measure], "register", field="mainMeasure")
