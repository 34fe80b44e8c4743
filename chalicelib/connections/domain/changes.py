"""Changes of a connection. What is left out stays as it is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypedDict

from chalicelib.connections.domain.connection import Connection, with_terms, wrong_status
from chalicelib.connections.domain.facts import MAX_MEASURES, NO_FACTS, PERSONAL_FACTS, short_of_measure
from chalicelib.connections.domain.meters import check_main_register
from chalicelib.connections.domain.registers import Register, check_registers
from chalicelib.connections.domain.terms import TermsFrom, spans_of_terms, terms_changed
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.quantity import plain

# A change may be entered a year before its day.
MAX_DAYS_AHEAD = 366
# Changes that are kept: a change each month for two years.
MAX_FORMER_TERMS = 24
_KEPT = timedelta(days=2 * 365)
_SHORT = {
    "meter_size": "meterSize",
    "dwelling_units": "dwellingUnits",
    "winter_average": "winterAverage",
    "flags": "flags",
    "persons": "persons",
    "place_flags": "placeFlags",
}


class FactChanges(TypedDict, total=False):
    """Changes of `RatingFacts`. A measure that is None is removed, and the others stay."""

    meter_size: str | None
    dwelling_units: Decimal
    winter_average: Decimal | None
    flags: tuple[str, ...]
    persons: int | None
    place_flags: tuple[str, ...]
    measures: Mapping[str, Decimal | None]


class TermChanges(TypedDict, total=False):
    """Changes of what a connection is billed by, beside its facts: they hold from a day, as those of facts do."""

    consumer_class: str
    tariff_id: str | None


class ConnectionChanges(TypedDict, total=False):
    """Changes of a connection that hold at once."""

    area: str
    meter_brand: str | None
    meter_digits: int | None
    meter_wraps_at: Decimal | None
    main_measure: str | None
    registers: tuple[Register, ...]
    installed_on: date | None
    walking_order: int | None


def changed(connection: Connection, changes: ConnectionChanges) -> Connection:
    """Return a connection with changes that hold at once. In another area, its number in the walking order ends.

    :raises Invalid: if its meter showed more than a register with the new number of digits can.
    :raises Conflict: if it is closed.
    """
    if connection.status == "closed":
        raise wrong_status(connection)
    if changes.get("area", connection.area) != connection.area:
        changes = {"walking_order": None, **changes}
    if "registers" in changes:
        changes = {**changes, "registers": _registers_after(connection, changes["registers"])}
    after = replace(connection, **changes, version=connection.version + 1)
    check_main_register(after)
    check_registers(after.registers, main_multiplier=after.multiplier)
    return after


def _registers_after(connection: Connection, said: tuple[Register, ...]) -> tuple[Register, ...]:
    """Return registers as they are said, each with the last value of the one with its code, if there was one.

    :raises Conflict: if one is left out that counted use which is not billed yet.
    """
    before = {each.code: each for each in connection.registers}
    kept = {each.code for each in said}
    if connection.taken and (
        lost := next((code for code, each in before.items() if code not in kept and each.is_needed), None)
    ):
        raise Conflict(
            "use-unread", f"register {lost} has been read, so its use would be lost; exchange the meter instead"
        )
    return tuple(
        replace(
            each,
            last_value=before[each.code].last_value,
            use_brought_forward=before[each.code].use_brought_forward,
        )
        if each.code in before
        else each
        for each in said
    )


def first_day_of_change(connection: Connection, given: date | None, *, today: date) -> date | None:
    """Return the day from which a change of class, tariff or facts holds: the given one, or today.

    Of a connection that was never read it is None, from the beginning, or the day of its last handover: nothing was
    billed by what was said before, so the change corrects it.

    :raises Invalid: for a day more than a year ahead.
    """
    latest = today + timedelta(days=MAX_DAYS_AHEAD)
    if given and given > latest:
        raise Invalid("bad-day", f"{given} is too far ahead: give {latest} at the latest", field="from")
    if given or connection.taken:
        return given or today
    return connection.former[-1].until if connection.former else None


def changed_from(
    connection: Connection, terms: TermChanges, facts: FactChanges, *, since: date | None, today: date
) -> Connection:
    """Return a connection with changes of class, tariff and facts that hold from a day (None: from the beginning).

    Facts of a person end when the holder does.

    :raises Invalid: for too many measures.
    :raises Conflict: if it has changed too often.
    """
    change = _short_of(terms, facts)
    personal = {name: text for name, text in change.items() if name in PERSONAL_FACTS}
    others = {name: text for name, text in change.items() if name not in PERSONAL_FACTS}
    spans = spans_of_terms(connection.former_terms, connection.terms)
    if others:
        spans = terms_changed(spans, others, since=since)
    if personal:
        spans = terms_changed(spans, personal, since=since, until=_next_handover(connection, since))
    return with_terms(connection, _kept(spans, today))


def _short_of(terms: TermChanges, facts: FactChanges) -> dict[str, str]:
    """Return changes as short texts by name; an empty one removes."""
    said = {"class": terms["consumer_class"]} if "consumer_class" in terms else {}
    if "tariff_id" in terms:
        said["tariff"] = terms["tariff_id"] or ""
    measures = facts.get("measures", {})
    others = {name: value for name, value in facts.items() if name != "measures"}
    short = replace(NO_FACTS, **others).short()  # type: ignore[arg-type]
    said |= {_SHORT[name]: short.get(_SHORT[name], "") for name in others}
    return said | {short_of_measure(name): "" if value is None else plain(value) for name, value in measures.items()}


def _next_handover(connection: Connection, since: date | None) -> date | None:
    return next((each.until for each in connection.former if since is None or since < each.until), None)


def _kept(spans: tuple[TermsFrom, ...], today: date) -> tuple[TermsFrom, ...]:
    """Return the spans to keep: the oldest ones go, if the next ones began more than two years ago."""
    if any(len(each.terms.facts.measures) > MAX_MEASURES for each in spans):
        raise Invalid("too-many-measures", f"a connection has {MAX_MEASURES} measures at most", field="facts.measures")
    surplus = len(spans) - 1 - MAX_FORMER_TERMS
    if surplus <= 0:
        return spans
    last = spans[surplus - 1].until
    if last is None or last >= today - _KEPT:
        raise Conflict(
            "too-many-changes",
            f"this connection has changed {MAX_FORMER_TERMS} times since {today - _KEPT}: undo one of these changes, "
            "by giving the values before it from its day",
        )
    return (spans[surplus]._replace(since=None), *spans[surplus + 1 :])
