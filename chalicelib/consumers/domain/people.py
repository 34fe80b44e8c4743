"""Consumers, and the words that they are found by."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypedDict

from chalicelib.kernel.errors import Conflict, Invalid

ConsumerStatus = Literal["active", "inactive", "deleted"]

_WORD = re.compile(r"\w+")
_MAX_WORDS = 8
_MAX_WORD = 40
_MAX_EMAIL = 120


@dataclass(frozen=True, slots=True)
class Consumer:
    """A person, household or organisation that is billed. Names and contacts are never logged.

    An organisation, or a person with a single name, has a `single_name` instead of first and last name. The e-mail
    address is a contact: several consumers may have the same. `connections` counts the active ones, `user_id` is the
    user of their login. A deleted consumer stays on record, because bills name them. `unproven` means that they
    registered themselves and staff have not confirmed them. `staff_version` is the version since the last change that
    was not the consumer's own.
    """

    id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    address: str | None
    created_at: datetime
    request_print: str
    status: ConsumerStatus = "active"
    connections: int = 0
    version: int = 0
    deleted_at: datetime | None = None
    user_id: str | None = None
    unproven: bool = False
    staff_version: int = 0
    single_name: str | None = None

    @property
    def name(self) -> str:
        return self.single_name or f"{self.first_name} {self.last_name}"

    @property
    def sort_name(self) -> str:
        """The name that lists are sorted by: last name first, case folded."""
        return " ".join(words_of(self.single_name or self.last_name or "") + words_of(self.first_name or ""))

    @property
    def words(self) -> frozenset[str]:
        """The words that the consumer is found by; none for a deleted consumer."""
        return frozenset() if self.status == "deleted" else frozenset(words_of(self.name))


class ProfileChanges(TypedDict, total=False):
    """What consumers may change of themselves."""

    phone: str | None
    address: str | None


class ConsumerChanges(ProfileChanges, total=False):
    """Changes of a consumer by staff."""

    name: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    status: ConsumerStatus


def words_of(text: str) -> list[str]:
    """Return the words of a name for searching: no accents, no capitals, at most eight.

    Dela Peña-Santos -> dela, pena, santos.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return [word[:_MAX_WORD] for word in _WORD.findall(plain.casefold())][:_MAX_WORDS]


def is_found_by(consumer: Consumer, wanted: list[str]) -> bool:
    """Return whether each wanted word is the beginning of a word of the name."""
    return all(any(word.startswith(part) for word in consumer.words) for part in wanted)


def first_match(consumer: Consumer, part: str) -> str | None:
    """Return the first of the name's words that begins with a text, so that a search lists each consumer once."""
    return min((word for word in consumer.words if word.startswith(part)), default=None)


def check_email(email: str | None) -> None:
    """Check that an e-mail address, if there is one, has only characters that can be shown.

    :raises Invalid: otherwise.
    """
    if email and not (len(email) <= _MAX_EMAIL and email.isprintable() and "#" not in email):
        raise Invalid("bad-email", f"up to {_MAX_EMAIL} letters, digits and signs, without #", field="email")


class Names(TypedDict):
    """How a consumer is named: first and last name, or a single name."""

    first_name: str | None
    last_name: str | None
    single_name: str | None


def names_of(name: str | None, first_name: str | None, last_name: str | None) -> Names:
    """Return a consumer's names: those of a person, or the single `name` of an organisation or person.

    :raises Invalid: if a part is missing, or there is a single name and a part.
    """
    if name and not (first_name or last_name):
        return Names(first_name=None, last_name=None, single_name=name)
    if name or not (first_name and last_name):
        field = "name" if name else "lastName" if first_name else "firstName"
        how = "give firstName and lastName, or only name for an organisation or a single name"
        raise Invalid("name-missing", how, field=field)
    return Names(first_name=first_name, last_name=last_name, single_name=None)


def with_changes(consumer: Consumer, changes: ConsumerChanges) -> Consumer:
    """Return a consumer with changes by staff.

    A single name takes the place of first and last name, and these two take the place of a single name.

    :raises Invalid: if a part of the name would be missing.
    """
    given = changes.get("name"), changes.get("first_name"), changes.get("last_name")
    if given[0]:
        names = names_of(*given)
    else:
        single = None if "name" in changes or any(given) else consumer.single_name
        first = changes.get("first_name", consumer.first_name)
        names = names_of(single, first, changes.get("last_name", consumer.last_name))
    contacts: dict[str, Any] = {what: value for what, value in changes.items() if not what.endswith("name")}
    version = consumer.version + 1
    return replace(consumer, **names, **contacts, version=version, staff_version=version)


def capitalised(name: str) -> str:
    """Return a name with a capital first letter. Source: S4-007.

    ravi -> Ravi, mcDonald -> McDonald; only the first letter changes.
    """
    return name[:1].upper() + name[1:]


def deleted(consumer: Consumer, at: datetime) -> Consumer:
    """Return the consumer as deleted: on record, but no longer found.

    :raises Conflict: while one of their connections is active. Source: S2-366.
    """
    check_unconnected(consumer)
    return replace(
        consumer, status="deleted", deleted_at=at, version=consumer.version + 1, staff_version=consumer.version + 1
    )


def check_version(consumer: Consumer, after: Consumer, version: int) -> None:
    """Check that staff may change a consumer whom they read at a version.

    What the consumer changed of themselves since then matters only to a change of phone number or address.

    :raises Conflict: if other staff changed them since, or the consumer did what this would undo.
    """
    own = (consumer.phone, consumer.address) == (after.phone, after.address)
    if version != consumer.version and not (own and consumer.staff_version <= version < consumer.version):
        raise changed_meanwhile()


def changed_meanwhile() -> Conflict:
    """Return the error for a consumer who was changed first by another request."""
    return Conflict("changed", "this consumer was changed meanwhile; reload and retry")


def check_status_change(consumer: Consumer, status: ConsumerStatus) -> None:
    """Check that a consumer may be changed to a status.

    :raises Conflict: if they are deleted, or are to be inactive while one of their connections is active.
    """
    if consumer.status == "deleted":
        raise Conflict("consumer-deleted", "this consumer is deleted and can't be changed")
    if status == "inactive":
        check_unconnected(consumer)


def check_unconnected(consumer: Consumer) -> None:
    """Check that a consumer or their login may be deleted. Source: S2-366.

    :raises Conflict: while one of their connections is active.
    """
    if consumer.connections:
        raise Conflict(
            "consumer-connected", f"{consumer.connections} connections are active; disconnect or close them first"
        )


def check_login_free(consumer: Consumer, user_id: str) -> None:
    """Check that a consumer may have the login of user `user_id`.

    :raises Conflict: if they are deleted or have another login.
    """
    if consumer.status == "deleted":
        raise Conflict("consumer-deleted", "this consumer is deleted and can't be changed")
    if consumer.user_id not in {None, user_id}:
        raise Conflict("login-exists", "this consumer has a login; reset its password, or delete it first")
