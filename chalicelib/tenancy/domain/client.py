"""Clients, and the rules of their settings."""

from dataclasses import dataclass, fields
from typing import Literal

from chalicelib.kernel.errors import Conflict, Fault
from chalicelib.tenancy.domain.checks import audit_word, refuse_faults

MAX_PASSWORD = 72
MAX_AREA_LEVELS = 4
LoginNames = Literal["email", "username", "email_or_number"]


@dataclass(frozen=True, slots=True)
class PasswordRule:
    """What a new password must contain. Checked when a password is set, never at sign-in."""

    min_length: int = 8
    upper: bool = False
    lower: bool = False
    digit: bool = False
    special: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """An organisation that owns users and projects.

    - `login_names`: people sign in by e-mail address, by user name, or by e-mail address or number (S4).
    - `session_minutes`: how long an access token is valid.
    - `idle_minutes`: how long an unused session can still be renewed: an hour (S3), or two weeks.
    - `self_registration`: consumers may register themselves (S2, S4).
    - `area_levels`: what its areas are called, the largest first (S3: barangay, purok). None: no list of areas is kept.
    """

    id: str
    name: str
    login_names: LoginNames
    password_rule: PasswordRule
    session_minutes: int = 15
    idle_minutes: int = 20_160
    self_registration: bool = False
    area_levels: tuple[str, ...] = ()
    version: int = 0


def check_client(client: Client) -> None:
    """Check a client's settings.

    :raises Invalid: naming each wrong setting and what to change.
    """
    faults = []
    if not 1 <= client.password_rule.min_length <= MAX_PASSWORD:
        faults.append(Fault("passwordRule.minLength", f"1 to {MAX_PASSWORD} characters"))
    if not 1 <= client.session_minutes <= client.idle_minutes:
        faults.append(Fault("sessionMinutes", "at least a minute, and no longer than idleMinutes"))
    if len(client.area_levels) > MAX_AREA_LEVELS or len(set(client.area_levels)) < len(client.area_levels):
        faults.append(Fault("areaLevels", f"{MAX_AREA_LEVELS} at most, and none twice"))
    refuse_faults(faults)


def check_client_change(before: Client, after: Client) -> None:
    """Check that no setting changes on which stored names depend.

    :raises Conflict: naming the setting.
    """
    if before.login_names != after.login_names:
        raise Conflict("fixed-setting", "loginNames cannot change once a client exists", field="loginNames")
    if len(after.area_levels) < len(before.area_levels):
        message = "levels can be renamed and added to, not taken away: areas may lie on each of them"
        raise Conflict("fixed-setting", message, field="areaLevels")


def client_audit_facts(client: Client) -> dict[str, object]:
    """Return a client's settings for the audit log."""
    return {f"client_{field.name}": audit_word(getattr(client, field.name)) for field in fields(client)}
