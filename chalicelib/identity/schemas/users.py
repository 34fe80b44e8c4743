"""Users and roles as the API shows them."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field

from chalicelib.identity.domain.roles import PERMISSIONS, Role
from chalicelib.identity.domain.users import User
from chalicelib.kernel.context import Actor
from chalicelib.kernel.page import Page
from chalicelib.platform.schema import Email, Instant, OutSchema, PageQuery, PersonName, Schema, Shows, Text, WholeList

Login = Annotated[str, Field(min_length=1, max_length=120, examples=["admin"])]
Password = Annotated[str, Field(min_length=1, max_length=200, json_schema_extra={"format": "password"})]
Phone = Annotated[str, Field(max_length=40, pattern=r"^[0-9+() /-]+$", examples=["+63 917 555 0001"])]
Number = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["SRV-1001"])]
RoleName = Annotated[str, Field(max_length=40, examples=["billing_officer"])]
Areas = Annotated[tuple[Annotated[Text, Field(max_length=60, pattern=r"^[^#]*$")], ...], Field(max_length=40)]
InOrder = Annotated[tuple[str, ...], BeforeValidator(sorted)]


class _UserFields(OutSchema):
    id: str
    login: str
    number: str | None = Field(description="A service or employee number that is a login name too")
    asked_number: str | None = Field(
        examples=["SRV-1001"],
        description="The number that a self-registered user gave; a login name once staff confirm it",
    )
    name: str
    email: str | None
    phone: str | None
    role: str
    status: Literal["active", "disabled", "deleted"]
    consumer_id: str | None
    areas: tuple[str, ...] = Field(description="The areas that limit a role of scope area")
    created_at: Instant
    deleted_at: Instant | None


class UserOut(_UserFields, Shows[User]):
    """A person who can sign in."""


class MeOut(_UserFields, Shows[User, Actor]):
    """The signed-in user."""

    permissions: InOrder = Field(description="Your permissions; those with .own are for your own data only")


class NewStaff(Schema):
    """A staff user to create."""

    login: Login
    name: PersonName
    password: Password
    role: RoleName
    number: Number | None = Field(default=None, description="Only where users also sign in with a number")
    email: Email | None = Field(
        default=None, description="Where users sign in with an e-mail address, leave it out: `login` is the address"
    )
    phone: Phone | None = None
    status: Literal["active", "disabled"] = "active"
    areas: Areas = Field(
        default=(), description="The areas that limit a role of scope area, with everything inside them"
    )


class AreasChange(Schema):
    """The areas that a user's permissions are limited to, if their role has the scope area."""

    areas: Areas = Field(description="Areas with everything inside them; an empty list gives access to nothing")


class _PersonChange(Schema):
    name: PersonName | None = None
    email: Email | None = None
    phone: Phone | None = None

    def given(self) -> dict[str, str | None]:
        """Return the fields that were sent; the name can't be removed."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: value for name, value in sent.items() if name != "name" or value}


class UserChange(_PersonChange):
    """Changes of a user. What is left out stays as it is."""

    number: Number | None = Field(
        default=None, description="Only where users also sign in with a number; null removes it"
    )


class MyChange(_PersonChange):
    """Changes of your own user. What is left out stays as it is."""

    password: Password | None = Field(
        default=None, description="Your present password, needed to change the e-mail address"
    )

    def given(self) -> dict[str, str | None]:
        """Return the fields that were sent, without the password."""
        return {name: value for name, value in super().given().items() if name != "password"}


class RoleChange(Schema):
    """The new role of a user."""

    role: RoleName


class PasswordChange(Schema):
    """Your present password and a new one."""

    current: Password
    new: Password


class PasswordSet(Schema):
    """The new password of a user."""

    password: Password


class UserStatusChange(Schema):
    """Whether a user may sign in."""

    status: Literal["active", "disabled"]


class UserQuery(PageQuery):
    """The users to list."""

    role: RoleName | None = None
    status: Literal["active", "disabled", "deleted"] | None = Field(
        default=None, description="Deleted users are listed only with their status"
    )
    q: Annotated[str, Field(max_length=100)] | None = Field(
        default=None, description='Beginnings of words of the name, login name or e-mail address: "ana rey"'
    )


class UserPage(OutSchema, Shows[Page[User]]):
    """One page of users."""

    items: tuple[UserOut, ...]
    next_cursor: str | None


class RoleSet(Schema):
    """A role's permissions and scope."""

    scope: Literal["tenant", "area"] = "tenant"
    permissions: Annotated[tuple[Annotated[str, Field(max_length=60)], ...], Field(min_length=1, max_length=100)]

    def as_role(self, name: str) -> Role:
        return Role(name, self.scope, frozenset(self.permissions))


class NewRole(RoleSet):
    """A role to define."""

    name: Annotated[str, Field(max_length=40, examples=["meter_reader"])]


class RoleOut(OutSchema, Shows[Role]):
    """A role."""

    name: str
    scope: Literal["tenant", "area", "own", "device"]
    permissions: InOrder
    built_in: bool
    fixed: bool = Field(description="The role is the same for every client")


class PermissionOut(OutSchema):
    """A permission that a role can have."""

    name: str
    means: str


class RoleList(WholeList):
    """The roles of a client, and all permissions."""

    items: tuple[RoleOut, ...]
    permissions: tuple[PermissionOut, ...]

    @classmethod
    def with_permissions(cls, roles: Iterable[Role]) -> Self:
        """Return roles together with all permissions."""
        known = tuple(PermissionOut(name=name, means=means) for name, means in PERMISSIONS.items())
        return cls(items=tuple(RoleOut.of(role) for role in roles), permissions=known)
