"""Consumers and connections as the API shows them."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.consumers.domain import Connection, Consumer
from chalicelib.platform.schema import AccountNumber, Day, DecimalText, Instant, PeriodText, Schema, Text


class NewConsumer(Schema):
    """Somebody who is to be billed."""

    first_name: Text = Field(examples=["Juan"])
    last_name: Text = Field(examples=["Dela Cruz"])
    email: Annotated[str, Field(max_length=120, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    phone: Annotated[str, Field(max_length=40, pattern=r"^[0-9+() /-]+$")] | None = None
    address: Text | None = None


class ConsumerOut(Schema):
    """A consumer."""

    id: str
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    address: str | None
    created_at: Instant

    @classmethod
    def of(cls, consumer: Consumer) -> Self:
        return cls(
            id=consumer.id,
            first_name=consumer.first_name,
            last_name=consumer.last_name,
            email=consumer.email,
            phone=consumer.phone,
            address=consumer.address,
            created_at=consumer.created_at,
        )


class ConsumerPage(Schema):
    """One page of consumers."""

    items: tuple[ConsumerOut, ...]
    cursor: str | None


class NewLogin(Schema):
    """The login that a consumer is to have."""

    login: Annotated[str, Field(min_length=1, max_length=120)]
    password: Annotated[str, Field(min_length=1, max_length=200, json_schema_extra={"format": "password"})]


class LoginMade(Schema):
    """That a consumer can now sign in."""

    user_id: str
    login: str


class NewConnection(Schema):
    """A metered connection to register."""

    consumer_id: Annotated[str, Field(min_length=1, max_length=26)] | None = None
    account_number: AccountNumber | None = Field(default=None, description="Only where account numbers are given")
    consumer_class: Annotated[str, Field(max_length=40, examples=["residential"])]
    meter_number: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["SM-12345"])]
    area: Annotated[Text, Field(max_length=60, pattern=r"^[^#]*$", examples=["Poblacion"])]
    initial_reading: DecimalText = Field(default=Decimal(0), description="What the meter showed when installed")


class ConnectionOut(Schema):
    """A metered connection. The account number is its id."""

    account_number: str
    consumer_id: str | None
    consumer_name: str
    consumer_class: str
    meter_number: str
    area: str
    status: Literal["active", "disconnected", "closed"]
    initial_reading: DecimalText
    last_reading: DecimalText = Field(description="The last confirmed reading, at first the initial one")
    last_read_on: Day | None
    last_period: PeriodText | None
    created_at: Instant

    @classmethod
    def of(cls, connection: Connection) -> Self:
        return cls(
            account_number=connection.account,
            consumer_id=connection.consumer_id,
            consumer_name=connection.consumer_name,
            consumer_class=connection.consumer_class,
            meter_number=connection.meter_number,
            area=connection.area,
            status=connection.status,
            initial_reading=connection.initial_reading,
            last_reading=connection.last_value,
            last_read_on=connection.last_read_on,
            last_period=connection.last_period,
            created_at=connection.created_at,
        )


class ConnectionPage(Schema):
    """One page of connections."""

    items: tuple[ConnectionOut, ...]
    cursor: str | None


class MyConnection(Schema):
    """A connection of the signed-in consumer, and the project it is in."""

    project: str
    project_label: str
    connection: ConnectionOut


class MyConnections(Schema):
    """Everything that is the signed-in consumer's."""

    items: tuple[MyConnection, ...]
