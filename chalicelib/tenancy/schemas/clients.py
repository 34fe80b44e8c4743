"""Clients and their settings as the API shows them."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from chalicelib.kernel.page import Page
from chalicelib.platform.schema import (
    Change,
    Instant,
    OutSchema,
    Schema,
    Shows,
    SmallNumber,
    Text,
    UserName,
    Version,
)
from chalicelib.tenancy.domain import Client, FormerSettings, LoginNames

Minutes = Annotated[int, Field(strict=True, ge=0, le=525_600)]


class ClientOut(OutSchema, Shows[Client]):
    """A client."""

    id: str
    name: str
    login_names: LoginNames
    self_registration: bool = Field(description="Consumers may register themselves")


class PasswordRuleBody(Schema):
    """What a new password must contain."""

    min_length: SmallNumber = 8
    upper: bool = False
    lower: bool = False
    digit: bool = False
    special: bool = False


class ClientFacts(Schema):
    """The settings of a client."""

    name: Text
    login_names: LoginNames = Field(description="Fixed once the client exists")
    password_rule: PasswordRuleBody
    session_minutes: Minutes
    idle_minutes: Minutes
    self_registration: bool
    area_levels: Annotated[tuple[Text, ...], Field(max_length=10)] = Field(
        default=(), description="The names of its area levels, largest first; without them there is no list of areas"
    )


class PasswordRuleChange(PasswordRuleBody, Change):
    """Changes of the password rule. What is left out stays as it is."""


class ClientFactsChange(ClientFacts, Change):
    """Changes of a client's settings. What is left out stays as it is."""

    password_rule: PasswordRuleChange

    def changes(self) -> dict[str, Any]:
        """Return the changes of the client, except the password rule, as domain values."""
        return {name: value for name, value in self.said().items() if name != "password_rule"}

    def password_rule_changes(self) -> dict[str, Any]:
        """Return the changes of the password rule as domain values."""
        return self.password_rule.said() if "password_rule" in self.said() else {}


@dataclass(frozen=True, slots=True)
class ClientView:
    """A client, shown as its settings."""

    settings: Client

    @property
    def version(self) -> int:
        return self.settings.version


class ClientSettings(OutSchema, Shows[ClientView]):
    """The settings of a client, with their version."""

    version: int
    settings: ClientFacts


class ClientChange(Schema):
    """Changes of a client's settings."""

    version: Version
    settings: ClientFactsChange


class FormerClientOut(OutSchema):
    """Former settings of a client, and when they were replaced."""

    version: int
    settings: ClientFacts = Field(validation_alias="facts")
    replaced_by: str
    replaced_by_name: UserName = Field(validation_alias="replaced_by")
    replaced_at: Instant


class FormerClientPage(OutSchema, Shows[Page[FormerSettings]]):
    """One page of a client's former settings, newest first."""

    items: tuple[FormerClientOut, ...]
    next_cursor: str | None
