"""Entries and seals of the audit log, and what an entry must not contain."""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Literal

from chalicelib.kernel.clock import iso
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain

MAX_DAYS = 366
_MAX_FIELDS = 24
_MAX_TEXT = 700
# Every action that is logged: the log can be filtered by it, and a test checks that each one is written.
ACTIONS = frozenset(
    """
    account.settled
    adjustment.asked adjustment.posted adjustment.rejected adjustment.reversed
    announced-payment.made announced-payment.rejected
    area.deleted area.opened area.renamed
    bank-line.assigned bank-line.dismissed
    bill.issued bill.took-over bill.voided bills.corrected
    billing-cycle.changed billing-cycle.deleted billing-cycle.opened
    billing-run.completed billing-run.started
    books.closed
    cashier-session.accepted cashier-session.closed cashier-session.counted cashier-session.handed-over
    cashier-session.opened
    client.changed
    connection.changed connection.closed connection.deleted connection.disconnected connection.handed-over
    connection.meter-exchanged connection.meter-installed connection.reconnected connection.registered
    connections.numbered
    consumer.changed consumer.deleted consumer.registered consumer.vouched-for
    credit.used
    device.disabled device.key-issued device.registered
    factors.changed
    history.migrated
    import-mapping.deleted import-mapping.saved import.announced import.finished
    issue.answered issue.moved-on issue.reported
    meter-brand.deleted meter-brand.opened meter-brand.renamed
    online-payment.failed online-payment.flagged online-payment.reviewed online-payment.started
    payment.recorded payment.reversed
    prepaid.sold
    project.changed project.closed project.opened
    reading.confirmed reading.corrected reading.estimated reading.taken reading.visited reading.withdrawn
    readings.confirmed readings.estimated
    request.approved request.made request.rejected request.withdrawn
    role.changed role.defined role.deleted
    tariff.corrected tariff.deleted tariff.opened tariff.succeeded
    user.areas-changed user.changed user.deleted user.disabled user.enabled user.gave-way user.password-changed
    user.password-reset user.registered user.reset-mailed user.role-changed
    """.split()
)
# Things whose ids are unique within a project only; the log keeps them as `project.id`.
_OF_PROJECT = frozenset(
    {
        "adjustment",
        "announced-payment",
        "bill",
        "billing-run",
        "cashier-session",
        "connection",
        "device",
        "import",
        "import-mapping",
        "online-payment",
        "payment",
        "period",
        "prepaid-sale",
        "reading",
        "tariff",
    }
)
# Personal data and secrets. The log says that they changed, never their values.
_UNSPOKEN = frozenset(
    {
        "address", "email", "first_name", "key", "last_name", "login", "middle_name", "name", "password",
        "password_hash", "phone", "secret", "signature", "single_name", "token",
    }
)  # fmt: skip

# Sorts after every character that an instant or an id begins with.
AFTER_ALL = "~"


@dataclass(frozen=True, slots=True)
class Subject:
    """What was changed."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `before` and `after` hold only fields that changed, as short text.

    `session_id` is the login event of the actor's session, if the actor is a user. Source: S3-111.
    """

    id: str
    at: datetime
    action: str
    actor_id: str
    actor_role: str
    subject_kind: str
    subject_id: str
    project: str = ""
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    session_id: str = ""

    @property
    def place(self) -> str:
        """The entry's sort key among those of its client: instant, then id."""
        return f"{iso(self.at)}#{self.id}"

    @property
    def subject(self) -> Subject:
        """What was changed, by the id that the API uses."""
        return Subject(self.subject_kind, self.subject_id.removeprefix(f"{self.project}."))


def new_entry(
    *,
    at: datetime,
    action: str,
    actor: tuple[str, str],
    subject: tuple[str, str],
    project: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    request_id: str,
    session_id: str = "",
) -> Entry:
    """Make the entry of a change, without personal data or secrets.

    Its id depends on its content, so a retry writes the same entry and not a second one.
    """
    if action not in ACTIONS:
        raise AssertionError(f"{action!r} is not an action of the audit log: list it in ACTIONS")
    was, became = audit_facts(before), audit_facts(after)
    kept = {field for field in was.keys() | became.keys() if was.get(field) != became.get(field)}
    was = {field: text for field, text in was.items() if field in kept}
    became = {field: text for field, text in became.items() if field in kept}
    changed = (str(sorted(was.items())), str(sorted(became.items())))
    words = [iso(at), action, *actor, *subject, project, request_id, session_id, *changed]
    return Entry(
        id=fingerprint(*words)[:16],
        at=at,
        action=action,
        actor_id=actor[0],
        actor_role=actor[1],
        subject_kind=subject[0],
        subject_id=subject[1],
        project=project,
        before=was,
        after=became,
        request_id=request_id,
        session_id=session_id,
    )


def audit_facts(facts: Mapping[str, object]) -> dict[str, str]:
    """Format facts as short text, without those that are None.

    A personal field, too many fields, or a value of an unknown type is a mistake of the caller.
    """
    if minor := [name for name in facts if name.endswith("_minor")]:
        raise AssertionError(f"{minor}: give amounts as Money, for the log is read by people")
    if unspoken := facts.keys() & _UNSPOKEN:
        raise AssertionError(f"the audit log must not hold {sorted(unspoken)}: say that it changed, not what it was")
    if len(facts) > _MAX_FIELDS:
        raise AssertionError(f"{len(facts)} fields: an entry says in short what changed, {_MAX_FIELDS} at most")
    return {field: _short(value) for field, value in facts.items() if value is not None}


def _short(value: object) -> str:
    text = _text(value)
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, str | int | date | Period | Money):
        return str(value)
    if isinstance(value, tuple | list):
        return ", ".join(_text(part) for part in value)
    raise AssertionError(f"{type(value).__name__} has no short form in the audit log")


@dataclass(frozen=True, slots=True)
class Seal:
    """The seal of one UTC day of a client's log: the number of entries, their digest, and an HMAC.

    The HMAC covers the day and the seal before it. So nobody who can write the table, but lacks the key, can change an
    entry or a seal unnoticed.
    """

    day: date
    count: int
    digest: str
    key_id: str
    seal: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The first day that does not match its seal, and what is wrong with it."""

    day: date
    what: Literal["entries", "seal", "missing"]


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of verifying sealed days. `next_day` is where to continue, if there are more."""

    first_day: date | None
    last_day: date | None
    days: int
    entries: int
    finding: Finding | None
    next_day: date | None


def digest_of(items: Iterable[Mapping[str, object]]) -> tuple[int, str]:
    """Return the number of stored entries and their digest: SHA-256 over a line of JSON for each, in order."""
    digest, count = sha256(), 0
    for item in items:
        digest.update(json.dumps(item, sort_keys=True, separators=(",", ":")).encode() + b"\n")
        count += 1
    return count, digest.hexdigest()


def sealed(client: str, day: date, *, count: int, digest: str, before: str, key: tuple[str, bytes]) -> Seal:
    """Seal a day, linked to the seal `before` it ("" for a client's first)."""
    key_id, secret = key
    words = "\x1f".join([client, day.isoformat(), str(count), digest, before])
    return Seal(day, count, digest, key_id, hmac.digest(secret, words.encode(), "sha256").hex())


@dataclass(frozen=True, slots=True)
class Filters:
    """The entries to list. Days are UTC days, both included."""

    first_day: date
    last_day: date
    actor_id: str | None = None
    action: str | None = None
    project_id: str | None = None
    subject: tuple[str, str] | None = None

    def lets_through(self, entry: Entry) -> bool:
        """Return whether an entry of these days and this subject passes the other filters."""
        asked = ((self.actor_id, entry.actor_id), (self.action, entry.action), (self.project_id, entry.project))
        return all(wanted in {None, found} for wanted, found in asked)

    @property
    def look_closer(self) -> bool:
        """Whether entries may be read that do not pass the filters."""
        return any(wanted is not None for wanted in (self.actor_id, self.action, self.project_id))


def filters_of(
    *,
    today: date,
    first_day: date | None,
    last_day: date | None,
    actor_id: str | None,
    action: str | None,
    project_id: str | None,
    subject: tuple[str | None, str | None],
) -> Filters:
    """Check the filters of a request; without days, take the year that ends today.

    :raises Invalid: for days in the wrong order or more than a year apart, for half a subject, and for a project's
    subject without the project.
    """
    kind, name = subject
    if (kind is None) != (name is None):
        raise Invalid("bad-filter", "subjectKind and subjectId go together: give both or neither", field="subjectId")
    if kind in _OF_PROJECT:
        if project_id is None:
            raise Invalid("bad-filter", f"give the project of the {kind}", field="projectId")
        name = f"{project_id}.{name}"
    last = last_day or max(today, first_day or today)
    first = first_day or last - timedelta(days=MAX_DAYS - 1)
    if not timedelta(0) <= last - first < timedelta(days=MAX_DAYS):
        raise Invalid("bad-filter", f"give at most {MAX_DAYS} days, and no from after to", field="from")
    return Filters(first, last, actor_id, action, project_id, (kind, name) if kind and name else None)
