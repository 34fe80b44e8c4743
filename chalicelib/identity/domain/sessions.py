"""What lets somebody in: a password hash, and the few sessions that are alive."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_SESSIONS = 10
_LONGEST = timedelta(days=90)
_KNOWN_NETWORKS = 8


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
    """How a user gets in.

    `version` counts what others change about it (status, password, areas) and nothing that the user's own sessions do:
    so a session that keeps writing can't make the act that ends it lose a race. `areas` are the user's, here too
    because each request reads this. Wrong passwords from before `password_set_at` count no more. `networks` are prints
    of the last ones that the user signed in from.
    """

    user_id: str
    password_hash: str
    active: bool
    sessions: tuple[Session, ...] = ()
    version: int = 0
    areas: tuple[str, ...] = ()
    password_set_at: datetime | None = None
    networks: tuple[str, ...] = ()

    def find(self, session_id: str) -> Session | None:
        """Return a session that has not ended."""
        return next((one for one in self.sessions if one.id == session_id), None)

    def networks_with(self, network: str) -> tuple[str, ...]:
        """Return the networks that the user comes from, with one more; the one that was new longest ago goes."""
        if network in self.networks:
            return self.networks
        return (*self.networks, network)[-_KNOWN_NETWORKS:]

    def displaced_by_one_more(self, *, now: datetime) -> tuple[Session, ...]:
        """Return the sessions that a new one takes the place of: those that are over and, of too many, the oldest."""
        alive = [one for one in self.sessions if one.good_until > now]
        kept = {one.id for one in alive[max(0, len(alive) + 1 - MAX_SESSIONS) :]}
        return tuple(one for one in self.sessions if one.id not in kept)


def good_until(*, started_at: datetime, now: datetime, idle_minutes: int) -> datetime:
    """Say until when a session used now can be renewed: at most 90 days after its start."""
    return min(now + timedelta(minutes=idle_minutes), started_at + _LONGEST)
