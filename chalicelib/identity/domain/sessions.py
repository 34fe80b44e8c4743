"""What lets somebody in: a password hash, and the few sessions that are alive."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MAX_SESSIONS = 10
_LONGEST = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in that goes on.

    It can be renewed until `good_until`, by the one refresh token whose secret has `token_print`. `family_print` is of
    a secret that all its refresh tokens share: it tells a token that was used up from one that was made up.
    """

    id: str
    started_at: datetime
    good_until: datetime
    family_print: str
    token_print: str


@dataclass(frozen=True, slots=True)
class Access:
    """How a user gets in. `version` counts the changes, so that no two are made from the same state.

    `areas` are the user's, here too because each request reads this.
    """

    user_id: str
    password_hash: str
    active: bool
    sessions: tuple[Session, ...] = ()
    version: int = 0
    areas: tuple[str, ...] = ()

    def find(self, session_id: str) -> Session | None:
        """Return a session that has not ended."""
        return next((one for one in self.sessions if one.id == session_id), None)

    def with_session(self, session: Session, *, now: datetime) -> "Access":
        """Let one more session live. Those that are over go, and of too many the oldest."""
        alive = [one for one in self.sessions if one.good_until > now]
        return self._changed((*alive, session)[-MAX_SESSIONS:])

    def with_renewed(self, session: Session) -> "Access":
        """Put a session in the place of its earlier state."""
        return self._changed(tuple(session if one.id == session.id else one for one in self.sessions))

    def without(self, session_id: str) -> "Access":
        """End one session."""
        return self._changed(tuple(one for one in self.sessions if one.id != session_id))

    def closed(self, *, active: bool | None = None, password_hash: str | None = None) -> "Access":
        """End all sessions, and change what is given."""
        return replace(
            self._changed(()),
            active=self.active if active is None else active,
            password_hash=password_hash or self.password_hash,
        )

    def with_areas(self, areas: tuple[str, ...]) -> "Access":
        """Put other areas in the place of the earlier ones; sessions go on."""
        return replace(self._changed(self.sessions), areas=areas)

    def _changed(self, sessions: tuple[Session, ...]) -> "Access":
        return replace(self, sessions=sessions, version=self.version + 1)


def good_until(*, started_at: datetime, now: datetime, idle_minutes: int) -> datetime:
    """Say until when a session used now can be renewed: at most 90 days after its start."""
    return min(now + timedelta(minutes=idle_minutes), started_at + _LONGEST)
