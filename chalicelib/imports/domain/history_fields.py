"""Fields of a former system's history, read strictly: what is not as documented is refused with its place."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.files.domain.record import Refusal
from chalicelib.kernel.clock import parse_day
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import parse_decimal


class EntryRefused(Exception):
    """An entry is refused, for the reason in the report."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def in_words(period: Period | None, unit: str, refusal: Refusal) -> Refusal:
    """Return a refusal whose reason begins with the month and unit; without a month, it is of opening balances."""
    return replace(refusal, reason=f"{period.label() if period else 'opening balance'}, {unit}: {refusal.reason}")


def name_of(unit: str) -> str:
    """Return a unit's name as it is shown. No account number is as long, and a report can't hold half a character."""
    return (unit if unit.isprintable() else ascii(unit)[1:-1])[:41]


def fields_of(line: int, place: str, said: Any, known: Sequence[str] | None) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(said, dict):
        raise EntryRefused(Refusal(line, place, "wrong-form", "an object is expected here: {...}"))
    unknown = sorted(said.keys() - set(known)) if known else []
    if unknown:
        reason = f"{unknown[0][:40]!r} is no field of this; known are {', '.join(known or ())}"
        raise EntryRefused(Refusal(line, place, "wrong-form", reason))
    return said


def text_of(line: int, place: str, fields: Mapping[str, Any], name: str, *, most: int = 40) -> str:
    value = fields.get(name)
    if value is None:
        raise EntryRefused(Refusal(line, f"{place}.{name}", "missing", f"{name} is missing"))
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value.strip()) <= most:
        reason = f"{name} must be a number or 1 to {most} characters on one line"
        raise EntryRefused(Refusal(line, f"{place}.{name}", "bad-text", reason))
    return value.strip()


def text_or_none(line: int, place: str, fields: Mapping[str, Any], name: str, *, most: int = 40) -> str | None:
    return None if fields.get(name) is None else text_of(line, place, fields, name, most=most)


def truth_of(line: int, place: str, fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    if value is not None and not isinstance(value, bool):
        raise EntryRefused(Refusal(line, f"{place}.{name}", "wrong-form", f"{name} must be true or false"))
    return bool(value)


def day_or_none(line: int, place: str, fields: Mapping[str, Any], name: str) -> date | None:
    text = text_or_none(line, place, fields, name)
    try:
        return parse_day(text) if text is not None else None
    except Invalid as error:
        raise EntryRefused(Refusal(line, f"{place}.{name}", error.code, str(error))) from None


def number_or_none(line: int, place: str, fields: Mapping[str, Any], name: str) -> Decimal | None:
    text = text_or_none(line, place, fields, name)
    try:
        value = parse_decimal(text) if text is not None else None
    except Invalid as error:
        raise EntryRefused(Refusal(line, f"{place}.{name}", error.code, str(error))) from None
    if value is not None and value < 0:
        raise EntryRefused(Refusal(line, f"{place}.{name}", "bad-number", "a meter does not show less than zero"))
    return value
