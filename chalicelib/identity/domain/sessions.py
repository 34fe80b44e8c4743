"""A user's access: the password hash and the sessions that have not ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.network import network_of

MAX_SESSIONS = 10
_LONGEST = timedelta(days=90)
_KNOWN_NETWORKS = 8


@dataclass(frozen=True, slots=True)
class Session:
    """A session: one sign-in that has not ended.

    It can be renewed until `good_until`, with the one refresh token whose secret has the hash `token_print`.
    `family_print` is the hash of a secret that all its refresh tokens share: it tells a used token from a made-up one.
    """

    id: str
    started_at: datetime
    good_until: datetime
    family_print: str
    token_print: str


@dataclass(frozen=True, slots=True)
class Access:
    """A user's access: password, status and sessions.

    `version` counts changes by managers (status, password, areas), but nothing that the user's own sessions do. So a
    session that keeps writing can't make the write that ends it fail. `areas` are the user's, kept here too because
    each request reads this item. Wrong passwords from before `password_set_at` don't count. `networks` are hashes of
    the networks from which the user last signed in, or reset the password by mail.
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
        """Return the user's networks with one more; the oldest one drops out."""
        if network in self.networks:
            return self.networks
        return (*self.networks, network)[-_KNOWN_NETWORKS:]

    def displaced_by_one_more(self, *, now: datetime) -> tuple[Session, ...]:
        """Return the sessions that a new one replaces: the expired ones and, if there are too many, the oldest."""
        alive = [one for one in self.sessions if one.good_until > now]
        kept = {one.id for one in alive[max(0, len(alive) + 1 - MAX_SESSIONS) :]}
        return tuple(one for one in self.sessions if one.id not in kept)


def network_print(address: str) -> str:
    """Return the hash by which an access keeps the network of an address."""
    return fingerprint(network_of(address))[:12]


def good_until(*, started_at: datetime, now: datetime, idle_minutes: int) -> datetime:
    """Return until when a session used now can be renewed: at most 90 days after its start."""
    return min(now + timedelta(minutes=idle_minutes), started_at + _LONGEST)
