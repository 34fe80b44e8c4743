"""Users and sign-in as the API shows them."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.identity.domain import User
from chalicelib.identity.service import SignIn
from chalicelib.platform.schema import Instant, Schema, Text

Login = Annotated[str, Field(min_length=1, max_length=120, examples=["admin"])]
Password = Annotated[str, Field(min_length=1, max_length=200, json_schema_extra={"format": "password"})]


class SignInBody(Schema):
    """Who signs in, at which client."""

    client: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$", examples=["balilihan"])]
    login: Login
    password: Password


class UserOut(Schema):
    """A person who can sign in."""

    id: str
    login: str
    name: str
    role: str
    active: bool
    consumer_id: str | None
    created_at: Instant

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(
            id=user.id,
            login=user.login,
            name=user.name,
            role=user.role,
            active=user.active,
            consumer_id=user.consumer_id,
            created_at=user.created_at,
        )


class SignInOut(Schema):
    """An access token: send it as `Authorization: Bearer <accessToken>`."""

    access_token: str
    token_type: str
    expires_in: int = Field(description="Seconds")
    user: UserOut

    @classmethod
    def of(cls, session: SignIn) -> Self:
        return cls(
            access_token=session.access_token,
            token_type="Bearer",  # noqa: S106 - the standard's word, not a secret
            expires_in=session.expires_seconds,
            user=UserOut.of(session.user),
        )


class NewStaff(Schema):
    """Somebody of the utility who is to sign in."""

    login: Login
    name: Text
    password: Password
    role: Annotated[str, Field(max_length=40, examples=["billing_officer"])]


class UserPage(Schema):
    """One page of users."""

    items: tuple[UserOut, ...]
    cursor: str | None
