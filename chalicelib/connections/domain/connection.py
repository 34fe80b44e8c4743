"""Connections, their account numbers, and the changes that they can undergo."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol, TypeVar

from chalicelib.connections.domain.facts import NO_FACTS, PERSONAL_FACTS, RatingFacts
from chalicelib.connections.domain.registers import Register
from chalicelib.connections.domain.terms import (
    ConnectionTerms,
    FormerTerms,
    TermsFrom,
    differences,
    spans_of_terms,
    terms_changed,
)
from chalicelib.connections.domain.uses import PastUse
from chalicelib.consumers.domain import Consumer
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.ids import code
from chalicelib.kernel.period import Period
from chalicelib.kernel.register import range_of

_SPACES = re.compile(" +")
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}\Z", re.ASCII)

ConnectionStatus = Literal["active", "disconnected", "closed"]
EventKind = Literal[
    "disconnected",
    "reconnected",
    "closed",
    "meter_exchanged",
    "meter_installed",
    "meters_crossed",
    "consumer_changed",
    "tariff_changed",
]
# What a connection meters: a consumer's use, which is billed, or a building's own meters, which are not.
Purpose = Literal["service", "common_area", "building"]

TAKEN_OVER_AFTER = timedelta(days=92)
"""A connection that is registered so long after its meter was installed was taken over from a former system."""


class HasBrand(Protocol):
    """What has a meter, perhaps of a known brand."""

    @property
    def meter_brand(self) -> str | None: ...


Meter = TypeVar("Meter", bound=HasBrand)


class FormerConsumer(NamedTuple):
    """A former holder of a connection: their name at the handover, and their last day."""

    consumer_id: str
    name: str
    until: date


@dataclass(frozen=True, slots=True)
class Connection:
    """One metered service at one place. The account number is its id.

    `last_period` and `last_read_on` are those of the last confirmed reading; `last_value` is the last value that was
    really read (at first, the initial reading). `estimated` is how far the register is estimated to have counted since,
    if the last period was estimated. `use_brought_forward` is the use of a meter exchanged since, up to its final
    reading; below zero, use billed ahead by estimates. `uses` are the last ones, oldest first.
    `taken` means that a reading was recorded, perhaps still pending, so the connection can't be deleted. `former` are
    the former holders, each with their last day: a reading of such a day may not be billed yet. `consumer_class`,
    `tariff_id` and `facts` are those said last; `former_terms` are those before them, each up to its day.
    `walking_order` is its number on the reader's way through its area. `opened_on` is the day on which its service
    began, if that is not the day on which its present meter was installed. `idle_since` is the day on which it was
    disconnected or closed. `multiplier` is how many units one step of the main register is, `main_measure` the measure
    that its use feeds beside the use itself, and `registers` are further ones. `metered_from` is the day from which the
    first meter counts of a service that had none before.
    `version` counts every change, so that two readings can't both follow the same one.
    """

    account: str
    consumer_id: str | None
    consumer_name: str
    consumer_class: str
    meter_number: str
    area: str
    status: ConnectionStatus
    initial_reading: Decimal
    last_value: Decimal
    last_read_on: date | None
    last_period: Period | None
    version: int
    created_at: datetime
    request_print: str
    purpose: Purpose = "service"
    use_brought_forward: Decimal | None = None
    meter_brand: str | None = None
    installed_on: date | None = None
    facts: RatingFacts = NO_FACTS
    tariff_id: str | None = None
    meter_digits: int | None = None
    estimated: Decimal | None = None
    uses: tuple[PastUse, ...] = ()
    taken: bool = False
    former: tuple[FormerConsumer, ...] = ()
    former_terms: tuple[FormerTerms, ...] = ()
    walking_order: int | None = None
    opened_on: date | None = None
    idle_since: date | None = None
    meter_wraps_at: Decimal | None = None
    multiplier: Decimal = Decimal(1)
    main_measure: str | None = None
    registers: tuple[Register, ...] = ()
    metered_from: date | None = None

    @property
    def register_range(self) -> Decimal | None:
        """The number at which the main register starts again, if it is known."""
        if self.meter_wraps_at is None and self.meter_digits is not None:
            return range_of(self.meter_digits)
        return self.meter_wraps_at

    @property
    def is_metered(self) -> bool:
        """Whether it has a meter; a service without one is billed by its tariff alone."""
        return bool(self.meter_number)

    @property
    def begins_on(self) -> date | None:
        """The day on which its service began, if it is known."""
        return self.opened_on or self.installed_on

    @property
    def opening_day(self) -> date | None:
        """The day of its initial reading, if it is known: that on which its service began.

        A meter that had been there for long when the connection was registered was taken over: its initial reading is
        of a later day. So it is if a meter was exchanged whose first day is not known.
        """
        begun, registered = self.begins_on, self.created_at.date()
        exchanged = self.opened_on is None and self.use_brought_forward is not None
        return None if exchanged or (begun and registered - begun > TAKEN_OVER_AFTER) else begun

    @property
    def counts_from(self) -> date | None:
        """The day from which its next use counts, if it is known."""
        return self.last_read_on or self.metered_from or self.opening_day

    @property
    def is_exchanged_since(self) -> bool:
        """Whether its meter was exchanged since it was read last, with use that is still to be counted."""
        brought = (self.use_brought_forward or 0) > 0 or any(each.use_brought_forward > 0 for each in self.registers)
        return brought and self.last_read_on is not None and (self.installed_on or date.min) >= self.last_read_on

    @property
    def has_new_holder(self) -> bool:
        """Whether it was handed over since it was read last, so that its next use is the new holder's first."""
        return bool(self.former) and self.former[-1].until >= (self.last_read_on or date.min)

    @property
    def terms(self) -> ConnectionTerms:
        return ConnectionTerms(self.consumer_class, self.tariff_id, self.facts)

    @property
    def facts_history(self) -> tuple[TermsFrom, ...]:
        """Class, tariff and facts with their days, the oldest first; empty if they never changed."""
        return spans_of_terms(self.former_terms, self.terms) if self.former_terms else ()

    def terms_on(self, day: date | None) -> ConnectionTerms:
        """Return class, tariff and facts as they hold on a day, or without one, as they were said last.

        Before the first change that is known, they are as before it.
        """
        if day is None:
            return self.terms
        return next((each.terms for each in self.former_terms if day < each.until), self.terms)

    def as_its_holder_sees_it(self) -> "Connection":
        """Return the connection without what was said of its former holders."""
        if not self.former:
            return self
        theirs = tuple(each for each in self.former_terms if each.until > self.former[-1].until)
        return replace(self, former_terms=theirs)

    def held_since(self, day: date) -> date | None:
        """Return the day of the last handover before a day: since then its holder has the connection."""
        return next((each.until for each in reversed(self.former) if each.until < day), None)

    @property
    def is_billed(self) -> bool:
        return self.purpose == "service"

    def consumer_on(self, day: date) -> str | None:
        """Return the id of the holder on a day; the day of a handover belongs to the earlier holder."""
        return next((each.consumer_id for each in self.former if day <= each.until), self.consumer_id)

    def consumer_name_on(self, day: date) -> str:
        """Return the name of the holder on a day; a former holder's is the name at the handover."""
        return next((each.name for each in self.former if day <= each.until), self.consumer_name)

    def audit_facts(self) -> dict[str, object]:
        """Return the connection's facts for the audit log: all except the holder's name."""
        return {
            "consumer_id": self.consumer_id,
            "consumer_class": self.consumer_class,
            "meter_number": self.meter_number,
            "area": self.area,
            "initial_reading": self.initial_reading,
            "status": self.status,
            "purpose": self.purpose,
            "meter_brand": self.meter_brand,
            "meter_digits": self.meter_digits,
            "meter_wraps_at": self.meter_wraps_at,
            "multiplier": None if self.multiplier == 1 else self.multiplier,
            "main_measure": self.main_measure,
            "registers": [str(each) for each in self.registers] or None,
            "installed_on": self.installed_on,
            "tariff_id": self.tariff_id,
            "walking_order": self.walking_order,
            **self.facts.audit_facts(),
            "former_terms": [self._said_before(each) for each in reversed(self.former_terms)] or None,
        }

    def _said_before(self, former: FormerTerms) -> str:
        changed = differences(self.terms_on(former.until), former.terms)
        return f"until {former.until}: " + ", ".join(f"{name}={text or '-'}" for name, text in changed.items())


@dataclass(frozen=True, slots=True)
class MeterDetails:
    """Optional details of a connection and its meter.

    `digits` are the register's digits before the decimal point. `tariff_id` is the tariff that it names; without one
    its class decides.
    """

    purpose: Purpose = "service"
    brand: str | None = None
    installed_on: date | None = None
    facts: RatingFacts = NO_FACTS
    digits: int | None = None
    tariff_id: str | None = None
    walking_order: int | None = None
    wraps_at: Decimal | None = None
    multiplier: Decimal = Decimal(1)
    main_measure: str | None = None
    registers: tuple[Register, ...] = ()


ORDINARY = MeterDetails()


@dataclass(frozen=True, slots=True)
class ConnectionEvent:
    """An event in a connection's history, with its day and reason. `facts` are short: meter numbers, readings, holders.

    `consumer_id` is the holder on that day. A later holder does not see the event.
    """

    id: str
    kind: EventKind
    on: date
    reason: str
    facts: Mapping[str, str]
    by: str
    at: datetime
    consumer_id: str | None = None

    def shown_to(self, consumer_id: str) -> "ConnectionEvent":
        """Return the event as its consumer sees it: without the ids of earlier and later holders."""
        if self.kind != "consumer_changed":
            return self
        return replace(self, facts={name: who for name, who in self.facts.items() if who == consumer_id})


def normalised_meter(number: str) -> str:
    """Return the form under which a meter number is unique among those of its brand: trimmed, upper case.

    " bd 4512/19" -> BD 4512/19.

    :raises Invalid: if it is not a valid meter number.
    """
    plain = _SPACES.sub(" ", number.strip())
    if not _SERIAL.match(plain):
        raise Invalid(
            "bad-number",
            "a meter number must be 1 to 40 letters, digits, spaces, dots, hyphens, underscores or slashes",
            field="meterNumber",
        )
    return plain.upper()


def account_of_meter(meter_number: str) -> str:
    """Return the account number where the meter numbers are the account numbers.

    :raises Invalid: for a meter number with a space or slash, because addresses of the API contain account numbers.
    """
    try:
        return code(meter_number, "an account number")
    except Invalid as error:
        reason = f"the meter number is the account number here, and {error}; write it without spaces and slashes"
        raise Invalid(error.code, reason, field="meterNumber") from None


def of_brand(meters: Collection[Meter], brand: str | None) -> list[Meter]:
    """Return those of the meters with one number that can be of a brand, which may be unknown (None).

    A serial number is unique for each maker only. A meter without a brand may be any maker's.
    """
    exactly = [each for each in meters if each.meter_brand == brand]
    if brand is None:
        return list(meters)
    return exactly or [each for each in meters if each.meter_brand is None]


def ambiguous_meter(meter_number: str, meters: Collection[HasBrand]) -> Conflict:
    """Return the error for a meter number without a brand that several connections have."""
    brands = ", ".join(sorted(each.meter_brand or "" for each in meters))
    return Conflict(
        "ambiguous-meter",
        f"meters of several brands have the number {meter_number}: {brands}; name one of them",
        field="meterBrand",
    )


def account_sequence(day: date) -> str:
    """Return the name of the sequence for account numbers of a day: one a month. Source: S3-072."""
    return f"ACCOUNT#{Period.of(day)}"


def account_number(day: date, number: int) -> str:
    """Return an automatic account number: YYYYMM and at least four digits.

    Source: S3-072. The first one of November 2025 is 2025110001; after 9,999 in a month there is a fifth digit.
    """
    return f"{day:%Y%m}{number:04}"


def new_connection(
    *,
    account: str,
    consumer: Consumer | None,
    consumer_class: str,
    meter_number: str,
    area: str,
    initial_reading: Decimal,
    created_at: datetime,
    request_print: str,
    details: MeterDetails = ORDINARY,
) -> Connection:
    """Return a new connection, before its first reading."""
    return Connection(
        account=account,
        consumer_id=consumer.id if consumer else None,
        consumer_name=consumer.name if consumer else "",
        consumer_class=consumer_class,
        meter_number=meter_number,
        area=area,
        status="active",
        initial_reading=initial_reading,
        last_value=initial_reading,
        last_read_on=None,
        last_period=None,
        version=0,
        created_at=created_at,
        request_print=request_print,
        purpose=details.purpose,
        meter_brand=details.brand,
        installed_on=details.installed_on,
        facts=details.facts,
        tariff_id=details.tariff_id,
        meter_digits=details.digits,
        walking_order=details.walking_order,
        meter_wraps_at=details.wraps_at,
        multiplier=details.multiplier,
        main_measure=details.main_measure,
        registers=details.registers,
    )


def taken(connection: Connection) -> Connection:
    """Return the connection after its first reading was recorded and is still pending."""
    return replace(connection, taken=True, version=connection.version + 1)


def check_deletable(connection: Connection) -> None:
    """Check that a connection has no readings, and so no bills.

    :raises Conflict: if it has.
    """
    if connection.taken:
        raise Conflict("connection-used", f"connection {connection.account} has been read; close it instead")


class RegisterStand(NamedTuple):
    """The last value of a further register, and the use of an exchanged one that is still to be counted."""

    value: Decimal
    brought: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class RegisterState:
    """The state of a connection's registers after a confirmed reading; see `Connection` for the fields.

    `values` are those of further registers, by code.
    """

    value: Decimal
    estimated: Decimal | None
    use_brought_forward: Decimal | None
    values: Mapping[str, RegisterStand] = field(default_factory=dict)


def advance(
    connection: Connection,
    stand: RegisterState,
    *,
    read_on: date | None,
    period: Period | None,
    uses: tuple[PastUse, ...],
) -> Connection:
    """Return the connection after a confirmed reading, or its correction, has become its last one.

    After a withdrawal it is the one before, or none: then day and period are None.
    """
    registers = tuple(
        replace(each, last_value=stand.values[each.code].value, use_brought_forward=stand.values[each.code].brought)
        if each.code in stand.values
        else each
        for each in connection.registers
    )
    return replace(
        connection,
        last_value=stand.value,
        estimated=stand.estimated,
        use_brought_forward=stand.use_brought_forward,
        last_read_on=read_on,
        last_period=period,
        uses=uses,
        registers=registers,
        taken=True,
        version=connection.version + 1,
    )


def disconnected(connection: Connection, on: date) -> Connection:
    """Return the connection as disconnected from a day on: it keeps its meter and accepts no readings.

    :raises Invalid: for a day before what it builds on.
    :raises Conflict: if it is not active.
    """
    if connection.status != "active":
        raise wrong_status(connection)
    check_order(connection, on)
    return replace(connection, status="disconnected", idle_since=on, version=connection.version + 1)


def reconnected(connection: Connection, on: date) -> Connection:
    """Return the connection as active again.

    :raises Invalid: for a day before its disconnection.
    :raises Conflict: if it is not disconnected.
    """
    if connection.status != "disconnected":
        raise wrong_status(connection)
    check_order(connection, on)
    return replace(connection, status="active", idle_since=None, version=connection.version + 1)


def check_order(connection: Connection, on: date) -> None:
    """Check that what is done to a connection on a day lies after everything that it builds on.

    :raises Invalid: naming what came later.
    """
    past = {
        "its service began": connection.begins_on,
        "the last confirmed reading is": connection.last_read_on,
        "it was disconnected": connection.idle_since,
        "it was handed over": connection.former[-1].until if connection.former else None,
    }
    for what, day in past.items():
        if day and on < day:
            of = "of" if what.endswith("is") else "on"
            raise Invalid("wrong-order", f"{what} {of} {day}; give that day or a later one, not {on}", field="on")


def closed(connection: Connection, on: date) -> Connection:
    """Return the connection as closed for good from a day on. Its bills stay, its meter number is free.

    Use billed ahead by estimates, which the meter never showed, does not prevent closing.

    :raises Invalid: for a day before what it builds on.
    :raises Conflict: if it is closed, or a meter exchanged since the last reading showed use that is not billed yet.
    """
    if connection.status == "closed":
        raise wrong_status(connection)
    check_order(connection, on)
    if connection.use_brought_forward and connection.use_brought_forward > 0:
        raise Conflict(
            "use-unread",
            f"{connection.use_brought_forward} used on the exchanged meter are not billed; record a reading first",
        )
    return replace(connection, status="closed", idle_since=on, version=connection.version + 1)


def wrong_status(connection: Connection) -> Conflict:
    """Return the error for an action that the connection's status does not allow."""
    return Conflict("wrong-status", f"connection {connection.account} is {connection.status}")


def not_active() -> Conflict:
    """Return the error for a connection of a consumer who is not active."""
    return Conflict("consumer-not-active", "this consumer is inactive or deleted; make them active first")


def check_no_later(on: date | None, *, today: date, where: str) -> None:
    """Check that the day of something done is not in the future.

    :raises Invalid: naming the field.
    """
    if on and on > today:
        raise Invalid("future-date", f"{on} is in the future; today is {today}", field=where)


def taken_over(connection: Connection, consumer: Consumer, on: date) -> Connection:
    """Return the connection with another consumer as holder.

    Existing bills stay with the former holder, and readings up to the day `on` are billed to them, even later. Facts of
    a person, such as "senior", end on that day; those of the place stay.

    :raises Invalid: for a common area or building, which has no consumer.
    :raises Conflict: if it is closed, the consumer has it already, or they are inactive or deleted.
    """
    if not connection.is_billed:
        raise Invalid("consumer-given", "a common area or building belongs to no consumer", field="consumerId")
    if consumer.status != "active":
        raise not_active()
    if connection.status == "closed" or connection.consumer_id == consumer.id:
        raise Conflict("wrong-status", f"connection {connection.account} is closed, or the consumer has it already")
    check_order(connection, on)
    former = connection.former
    if not former or on > former[-1].until:  # else each day up to it already has a holder
        former = (*former, FormerConsumer(connection.consumer_id or "", connection.consumer_name, on))
    theirs = replace(connection, consumer_id=consumer.id, consumer_name=consumer.name, former=former)
    if connection.estimated is None:
        # What was billed ahead of the meter is the former holder's: it is never taken off the next one's bill. But
        # after an estimated final reading, the next one's use begins at the estimate.
        theirs = replace(
            theirs,
            use_brought_forward=None if (connection.use_brought_forward or 0) < 0 else connection.use_brought_forward,
            registers=tuple(
                replace(each, use_brought_forward=max(each.use_brought_forward, Decimal(0)))
                for each in connection.registers
            ),
        )
    ended = terms_changed(
        spans_of_terms(connection.former_terms, connection.terms),
        dict.fromkeys(PERSONAL_FACTS, ""),
        since=former[-1].until,
        for_good=True,
    )
    return with_terms(replace(theirs, version=connection.version + 1), ended)


def with_terms(connection: Connection, spans: Sequence[TermsFrom]) -> Connection:
    """Return the connection with other terms, former and present."""
    *former, present = spans
    return replace(
        connection,
        consumer_class=present.terms.consumer_class,
        tariff_id=present.terms.tariff_id,
        facts=present.terms.facts,
        former_terms=tuple(FormerTerms(each.until, each.terms) for each in former if each.until),
    )
