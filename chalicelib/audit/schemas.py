"""The audit log as the API shows it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic.alias_generators import to_camel

from chalicelib.audit.domain import ACTIONS, Entry, Verification
from chalicelib.kernel.page import Page
from chalicelib.platform.schema import Day, Instant, OutSchema, PageQuery, Schema, Shows, UserName


def _known_action(action: str) -> str:
    if action not in ACTIONS:
        raise ValueError("Give one of the actions that the API's document lists.")
    return action


_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:._-]{1,64}$")]
_ActionName = Annotated[str, AfterValidator(_known_action), Field(json_schema_extra={"enum": sorted(ACTIONS)})]
_SubjectId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:._#-]{1,100}$")]
# What stored facts are called elsewhere in the API. Entries are sealed, so their names can't change in the table.
_CALLED = {
    "account": "account_number",
    "accounts": "account_numbers",
    "consumer": "consumer_id",
    "reading": "reading_id",
    "response": "response_id",
    "state": "status",
    "value": "reading",
}


def _named_as_fields(facts: dict[str, str]) -> dict[str, str]:
    return {to_camel(_CALLED.get(name, name)): text for name, text in facts.items()}


Facts = Annotated[dict[str, str], BeforeValidator(_named_as_fields)]
OrNull = Annotated[str | None, BeforeValidator(lambda text: text or None)]


class AuditQuery(PageQuery):
    """The entries of the audit log to list."""

    actor_id: _Word | None = Field(default=None, description="Only changes by this user or job")
    action: _ActionName | None = Field(default=None, description="Only this kind of change")
    project_id: _Word | None = Field(default=None, description="Only changes in this project")
    subject_kind: _Word | None = Field(
        default=None, description="With subjectId: only changes of one thing", examples=["bill"]
    )
    subject_id: _SubjectId | None = Field(
        default=None,
        description="With subjectKind: the thing's id. Needs projectId if it belongs to a project",
    )
    from_: Day | None = Field(default=None, alias="from", description="First UTC day; a year before `to` if left out")
    to: Day | None = Field(default=None, description="Last UTC day; today if left out")


class AuditSubject(OutSchema):
    """The thing that was changed."""

    kind: str
    id: str


class AuditEntryOut(OutSchema):
    """One change. `before` and `after` contain only the fields that changed."""

    id: str
    at: Instant
    action: str
    actor_id: str
    actor_name: UserName = Field(validation_alias="actor_id")
    actor_role: str
    subject: AuditSubject
    project_id: OrNull = Field(validation_alias="project")
    before: Facts = Field(examples=[{"reading": "1775"}])
    after: Facts = Field(examples=[{"reading": "1785"}])
    request_id: OrNull
    session_id: OrNull = Field(description="The login event of the actor's session; see the logins")


class AuditPage(OutSchema, Shows[Page[Entry]]):
    """A page of the audit log, the newest entries first; it may be short and still have a `nextCursor`."""

    items: tuple[AuditEntryOut, ...]
    next_cursor: str | None


class VerificationQuery(Schema):
    """The day to start verifying at."""

    from_: Day | None = Field(default=None, alias="from", description="First UTC day; the first sealed one if left out")


class FindingOut(OutSchema):
    """The first day that does not match its seal: changed entries, a changed seal, or a missing seal."""

    day: Day
    what: Literal["entries", "seal", "missing"]


class VerificationOut(OutSchema, Shows[Verification]):
    """The result of verifying sealed days. Continue from `nextDay` until it is null."""

    first_day: Day | None
    last_day: Day | None
    days: int
    entries: int
    first_mismatch: FindingOut | None = Field(validation_alias="finding")
    next_day: Day | None
