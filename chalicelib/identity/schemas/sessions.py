"""Sessions, password resets and login events as the API shows them."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.identity.domain.logins import LoginEvent
from chalicelib.identity.domain.resets import GOOD_FOR
from chalicelib.identity.schemas.users import Login, Password, RoleName, UserOut
from chalicelib.identity.service import SignIn
from chalicelib.kernel.page import Page
from chalicelib.platform.schema import ClientId, Day, Instant, OutSchema, PageQuery, Schema, Shows

LoginMethod = Literal["web", "mobile", "api"]
Outcome = Literal["signed_in", "wrong_password", "disabled", "unknown"]


class SignInBody(Schema):
    """A client, login name and password to sign in with."""

    client_id: ClientId
    login: Login
    password: Password
    role: RoleName | None = Field(default=None, description="If given, it must be the user's role")
    method: LoginMethod = Field(default="api", description="The kind of app; login events show it")


class Renewal(Schema):
    """The refresh token of a session."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=400)]


class ResetRequest(Schema):
    """The client and login name of a user who has forgotten their password."""

    client_id: ClientId
    login: Login


class ResetAsked(Schema):
    """A mail is sent if the login name exists and has an e-mail address; the answer is the same if not."""

    good_minutes: int = Field(description="How long the token of the newest mail is valid; it works once")

    @classmethod
    def whatever(cls) -> Self:
        return cls(good_minutes=GOOD_FOR // timedelta(minutes=1))


class Reset(Schema):
    """The token of a mail and the new password."""

    token: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password


class SignInOut(OutSchema, Shows[SignIn]):
    """A session: send `Authorization: Bearer <accessToken>`, and renew it with the refresh token."""

    access_token: str
    token_type: str
    expires_in: int = Field(validation_alias="expires_seconds", description="Seconds until the access token expires")
    refresh_token: str = Field(description="Works once, to get new tokens")
    user: UserOut


class SignedOut(Schema):
    """The number of sessions that ended."""

    sessions: int


class LoginQuery(PageQuery):
    """The login events to list."""

    user_id: Annotated[str, Field(max_length=26)] | None = None
    outcome: Outcome | None = None
    day: Day | None = Field(default=None, description="A day in UTC")

    def for_use(self) -> dict[str, Any]:
        return {
            "user_id": self.user_id,
            "outcome": self.outcome,
            "day": self.day.isoformat() if self.day else None,
            "limit": self.limit,
            "cursor": self.cursor,
        }


class LoginOut(OutSchema):
    """An attempt to sign in and, if it succeeded, the end of its session."""

    id: str
    at: Instant
    outcome: Outcome
    method: str = Field(description="web, mobile or api, as the app gave it")
    user_id: str | None
    login: str | None = Field(description="Null if no user has the login name: it may be a mistyped secret")
    address: str
    agent: str
    ended_at: Instant | None
    end_reason: str | None = Field(validation_alias="ended_by", examples=["signed_out"])


class LoginPage(OutSchema, Shows[Page[LoginEvent]]):
    """One page of login events."""

    items: tuple[LoginOut, ...]
    next_cursor: str | None
