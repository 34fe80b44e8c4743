"""What a consumer and a connection are, and how account numbers are made."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import code
from chalicelib.kernel.period import Period
from chalicelib.tenancy.domain import Project

ConnectionStatus = Literal["active", "disconnected", "closed"]


@dataclass(frozen=True, slots=True)
class Consumer:
    """A person or household that is billed. Names and contacts never leave it for logs."""

    id: str
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    address: str | None
    created_at: datetime
    request_print: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Connection:
    """One metered service at one place. The account number is its id.

    `last_value` is the last confirmed reading (at first, the initial one), taken on `last_read_on` for `last_period`;
    `version` counts every change, so that two readings can't both follow the same one.
    """

    account: str
    consumer_id: str | None
    consumer_name: str
    consumer_class: str
    meter_number: str
    area: str
    status: ConnectionStatus
    initial_reading: Decimal
    last_value: Decimal
    last_read_on: date | None
    last_period: Period | None
    last_usage: Decimal | None
    version: int
    created_at: datetime
    request_print: str

    def in_short(self) -> dict[str, object]:
        """This function will say what the audit log keeps of it: all but whose name it is in."""
        return {
            "consumer_id": self.consumer_id,
            "consumer_class": self.consumer_class,
            "meter_number": self.meter_number,
            "area": self.area,
            "initial_reading": self.initial_reading,
            "status": self.status,
        }


def normalised_meter(number: str) -> str:
    """This function will give the form under which a meter number is unique: trimmed, upper case.

    :raises Invalid: if it could not be a meter number.
    """
    return code(number.strip(), "a meter number").upper()


def account_sequence(day: date) -> str:
    """This function will name the sequence that account numbers of that day come from: one a month. Source: S3-072."""
    return f"ACCOUNT#{Period.of(day)}"


def account_number(day: date, number: int) -> str:
    """This function will make an automatic account number: YYYYMM and at least four digits.

    Source: S3-072. The first of November 2025 is 2025110001; after 9,999 in a month a fifth digit follows.
    """
    return f"{day:%Y%m}{number:04}"


def check_connection(
    project: Project, *, consumer_class: str, consumer_id: str | None, given_account: str | None
) -> None:
    """This function will hold a new connection against the project's settings.

    :raises Invalid: naming the field.
    """
    settings = project.settings
    if consumer_class not in settings.classes:
        raise Invalid("unknown-class", f"consumerClass must be one of {', '.join(settings.classes)}")
    if settings.consumer_required and not consumer_id:
        raise Invalid("consumer-missing", "consumerId: each connection here belongs to a consumer; register them first")
    if settings.account_numbers == "automatic" and given_account is not None:
        raise Invalid("account-given", "accountNumber: leave it out, account numbers are made automatically here")
    if settings.account_numbers == "given":
        if given_account is None:
            raise Invalid("account-missing", "accountNumber: give the account or unit number, such as 101")
        code(given_account, "an account number")


def new_connection(
    *,
    account: str,
    consumer: Consumer | None,
    consumer_class: str,
    meter_number: str,
    area: str,
    initial_reading: Decimal,
    created_at: datetime,
    request_print: str,
) -> Connection:
    """This function will give a connection as it is before its first reading."""
    return Connection(
        account=account,
        consumer_id=consumer.id if consumer else None,
        consumer_name=consumer.name if consumer else "",
        consumer_class=consumer_class,
        meter_number=meter_number,
        area=area,
        status="active",
        initial_reading=initial_reading,
        last_value=initial_reading,
        last_read_on=None,
        last_period=None,
        last_usage=None,
        version=0,
        created_at=created_at,
        request_print=request_print,
    )


def moved_on(connection: Connection, *, value: Decimal, read_on: date, period: Period, usage: Decimal) -> Connection:
    """This function will give the connection as it is once a confirmed reading is its last one."""
    return replace(
        connection,
        last_value=value,
        last_read_on=read_on,
        last_period=period,
        last_usage=usage,
        version=connection.version + 1,
    )
