"""The audit log as the API shows it."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from chalicelib.audit.domain import Entry, Verification
from chalicelib.platform.schema import Day, Instant, PageQuery, Schema

_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:._-]{1,64}$")]
_ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,40}\.[a-z-]{1,40}$")]
_SubjectId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:._#-]{1,100}$")]


class AuditQuery(PageQuery):
    """Which entries of the audit log."""

    actor: _Word | None = Field(default=None, description="Only what this user or job did")
    action: _ActionName | None = Field(default=None, description="Only deeds of this kind", examples=["reading.taken"])
    subject_kind: _Word | None = Field(default=None, description="With subjectId: only what was done to one thing")
    subject_id: _SubjectId | None = Field(default=None, description="With subjectKind: the thing's id")
    from_: Day | None = Field(default=None, alias="from", description="First UTC day; a year before `to` if left out")
    to: Day | None = Field(default=None, description="Last UTC day; today if left out")


class AuditSubject(Schema):
    """What was acted on."""

    kind: str
    id: str


class AuditEntryOut(Schema):
    """One deed. `before` and `after` name only what it changed."""

    id: str
    at: Instant
    action: str
    actor_id: str
    actor_role: str
    subject: AuditSubject
    project: str | None
    before: dict[str, str]
    after: dict[str, str]
    request_id: str | None
    session_id: str | None = Field(description="The login event by which the actor had come in; see the logins")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            id=entry.id,
            at=entry.at,
            action=entry.action,
            actor_id=entry.actor_id,
            actor_role=entry.actor_role,
            subject=AuditSubject(kind=entry.subject_kind, id=entry.subject_id),
            project=entry.project or None,
            before=dict(entry.before),
            after=dict(entry.after),
            request_id=entry.request_id or None,
            session_id=entry.session_id or None,
        )


class AuditPage(Schema):
    """A page of the audit log, the newest entries first; it may be short and still have a cursor."""

    items: tuple[AuditEntryOut, ...]
    cursor: str | None


class VerificationQuery(Schema):
    """From where on to look at the seals."""

    from_: Day | None = Field(default=None, alias="from", description="First UTC day; the first sealed one if left out")


class FindingOut(Schema):
    """The first day that is not as it was sealed: its entries, its seal, or no seal where one should be."""

    day: Day
    what: Literal["entries", "seal", "missing"]


class VerificationOut(Schema):
    """What looking at sealed days came to. Go on from `nextDay` until there is none."""

    first_day: Day | None
    last_day: Day | None
    days: int
    entries: int
    first_mismatch: FindingOut | None
    next_day: Day | None

    @classmethod
    def of(cls, seen: Verification) -> Self:
        finding = seen.finding
        return cls(
            first_day=seen.first_day,
            last_day=seen.last_day,
            days=seen.days,
            entries=seen.entries,
            first_mismatch=FindingOut(day=finding.day, what=finding.what) if finding else None,
            next_day=seen.next_day,
        )
