"""Consumers as the API shows them."""

from dataclasses import dataclass
from typing import Annotated, Literal, cast

from pydantic import Field

from chalicelib.consumers.domain import Consumer, ConsumerChanges, ConsumerStatus, ProfileChanges
from chalicelib.identity.domain import User
from chalicelib.kernel.page import Page
from chalicelib.platform.schema import (
    Change,
    ClientId,
    Email,
    Instant,
    OutSchema,
    PageQuery,
    PersonName,
    Schema,
    Shows,
    Text,
    Version,
)

Phone = Annotated[str, Field(max_length=40, pattern=r"^[0-9+() /-]+$", examples=["+63 917 555 0001"])]


_SINGLE = "Of an organisation, or a person with a single name; instead of firstName and lastName"
_CONTACT = "A contact: several consumers may have the same one"


class NewConsumer(Schema):
    """A consumer to register: a person, a household or an organisation."""

    name: Text | None = Field(default=None, examples=["Example School"], description=_SINGLE)
    first_name: Text | None = Field(default=None, examples=["Juan"])
    last_name: Text | None = Field(default=None, examples=["Dela Cruz"])
    email: Email | None = Field(default=None, description=_CONTACT)
    phone: Phone | None = None
    address: Text | None = None


class ConsumerChange(NewConsumer, Change):
    """Changes of a consumer. What is left out stays as it is, and null removes it."""

    version: Version
    status: Literal["active", "inactive"] | None = Field(default=None, description="Null also leaves it unchanged")

    def changes(self) -> ConsumerChanges:
        """Return the changes as a domain object."""
        said = self.said()
        if self.status is None:
            said.pop("status", None)
        return cast("ConsumerChanges", said)


class ProfileChange(Change):
    """Changes of the signed-in consumer's phone and address. What is left out stays as it is."""

    version: Version
    phone: Phone | None = None
    address: Text | None = None

    def changes(self) -> ProfileChanges:
        """Return the changes as a domain object."""
        return cast("ProfileChanges", self.said())


class ConsumerQuery(PageQuery):
    """The consumers to list: those that match every filter."""

    q: Annotated[str, Field(min_length=1, max_length=120)] | None = Field(
        default=None, description='Beginnings of words of the name: "cru jua"'
    )
    status: ConsumerStatus | None = Field(default=None, description="Without `q`, sorted by name")
    sort: Literal["createdAt", "name"] | None = Field(
        default=None,
        description="`createdAt`, or `name` (active ones, if no status is named); `q` has an order of its own",
    )


class ConsumerOut(OutSchema, Shows[Consumer]):
    """A consumer."""

    id: str
    name: str = Field(description="The whole name, as lists and bills show it")
    first_name: str | None = Field(description="Null for an organisation, or a person with a single name")
    last_name: str | None
    email: str | None
    phone: str | None
    address: str | None
    status: ConsumerStatus
    connections: int = Field(description="The number of active connections")
    version: int
    created_at: Instant
    deleted_at: Instant | None


class ConsumerPage(OutSchema, Shows[Page[Consumer]]):
    """One page of consumers."""

    items: tuple[ConsumerOut, ...]
    next_cursor: str | None


class NewLogin(Schema):
    """A login to create for a consumer."""

    login: Annotated[str, Field(min_length=1, max_length=120)]
    password: Annotated[str, Field(min_length=1, max_length=200, json_schema_extra={"format": "password"})]


class Registration(Schema):
    """A person who registers as a consumer."""

    client_id: ClientId
    name: PersonName | None = Field(default=None, examples=["Example School"], description=_SINGLE)
    first_name: PersonName | None = Field(default=None, examples=["Juan"])
    last_name: PersonName | None = Field(default=None, examples=["Dela Cruz"])
    email: Email
    password: Annotated[str, Field(min_length=1, max_length=200, json_schema_extra={"format": "password"})]
    login: Annotated[str, Field(min_length=1, max_length=120)] | None = Field(
        default=None, description="Only where users sign in with a user name"
    )
    number: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")] | None = Field(
        default=None,
        description="A service number, where the client has them; also a login name once staff confirm it",
    )
    phone: Phone | None = None
    address: Text | None = None


@dataclass(frozen=True, slots=True)
class RegisteredView:
    """A new consumer with their login."""

    consumer: Consumer


class Registered(OutSchema, Shows[RegisteredView, User]):
    """A new consumer and their login."""

    consumer: ConsumerOut
    user_id: str = Field(validation_alias="id")
    login: str
    number: str | None = Field(
        validation_alias="asked_number", description="The number that you gave; a login name once staff confirm it"
    )
    role: str


class LoginMade(Schema):
    """A consumer's new login."""

    user_id: str
    login: str


class UserDeleted(OutSchema, Shows[User]):
    """A deleted user, who stays on record."""

    id: str
    login: str
    name: str
    role: str
    consumer_id: str | None
    status: Literal["active", "disabled", "deleted"]
    deleted_at: Instant | None
