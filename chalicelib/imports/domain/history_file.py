"""Parse a former system's history: months with each unit's readings, charges and payments."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.connections.domain import Purpose
from chalicelib.files.domain.record import Refusal
from chalicelib.imports.domain.history_fields import (
    EntryRefused,
    day_or_none,
    fields_of,
    in_words,
    name_of,
    number_or_none,
    text_of,
    text_or_none,
    truth_of,
)
from chalicelib.imports.domain.history_openings import Opening, count_openings, parse_openings
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.payments.domain.migrating import METHODS, MigratedMethod

# The most entries that one invocation can import; a transaction of a hundred writes has about 19.
MAX_ENTRIES = 20_000
# Each takes two writes of a transaction, beside ten at most for the rest of its entry.
MAX_PAYMENTS = 40
MAX_MONTHS = 240
# Values of any kind. An entry with a payment has about twenty; a parsed value takes up to 200 bytes of memory.
MAX_VALUES = 1_000_000

MONTH_FIELDS = ("year", "month", "readingDate", "billDate", "dueDate", "units", "commonArea", "buildingMeter")
AMOUNT_FIELDS = (
    "baseCharge", "usageCharge", "totalAmount", "penaltyAmount", "paidAmount", "creditAmount", "creditUsed",
)  # fmt: skip
PENALTY_FIELDS = ("penaltyDate", "penaltyWaived", "penaltyReason")
VALUE_FIELDS = ("prior", "current", "consumption", "rolledOver", "meterChange")
UNIT_FIELDS = (*VALUE_FIELDS, *AMOUNT_FIELDS, *PENALTY_FIELDS, "payments")
METER_FIELDS = (*VALUE_FIELDS, "calculated")
CHANGE_FIELDS = ("changedOn", "finalReading", "firstReading", "rolledOver", "oldMeterNumber")
PAYMENT_FIELDS = ("transactionId", "paymentDate", "amount", "method", "checkNumber", "notes")
_METERS: Mapping[str, Purpose] = {"commonArea": "common_area", "buildingMeter": "building"}


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the file. Days that are None follow the project's settings."""

    period: Period
    read_on: date
    billed_on: date | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class StatedPayment:
    """A payment as in the file, with its amount as text."""

    place: str
    reference: str | None
    paid_on: date
    amount: str
    method: MigratedMethod
    check_number: str | None
    notes: str | None


@dataclass(frozen=True, slots=True)
class StatedChange:
    """A meter change as in the file, between the month's reading and the one before."""

    on: date | None
    final: Decimal | None
    first: Decimal | None
    old_meter: str | None
    rolled_over: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One unit's entry (or that of a common area's or building's meter) for one month.

    `line` counts the entries of the file, `place` is the path in the file: months[0].units.101. `penalty_waived` is why
    the penalty was waived; None: it was not.
    """

    line: int
    place: str
    month: Month
    unit: str
    purpose: Purpose
    prior: Decimal
    current: Decimal
    consumption: Decimal | None
    amounts: Mapping[str, str]
    payments: tuple[StatedPayment, ...]
    rolled_over: bool = False
    change: StatedChange | None = None
    penalty_on: date | None = None
    penalty_waived: str | None = None

    def says_any_of(self, *names: str) -> bool:
        """Return whether one of some amounts is not zero."""
        return any(self.amounts.get(name, "0").strip("0.") for name in names)

    def touches_credit(self, billed_on: date | None = None) -> bool:
        """Return whether it can change the holder's credit: it says so, or something was paid before the bill's day."""
        day = billed_on or self.month.billed_on or self.month.read_on
        early = any(payment.paid_on < day for payment in self.payments)
        return early or self.says_any_of("creditAmount", "creditUsed")


@dataclass(frozen=True, slots=True)
class History:
    """A parsed file. `blank` counts months without data, which are skipped.

    `broken` has the units with an unreadable entry, with its line; None means all units of a month.
    """

    entries: tuple[Entry, ...]
    refusals: tuple[Refusal, ...]
    broken: Mapping[str | None, int]
    blank: int
    openings: tuple[Opening, ...] = ()


def parse(content: bytes) -> History:
    """Parse a history. docs/files.md describes the form, with an example.

    :raises Invalid: if the whole file can't be used: not JSON, no months, too many months, entries or values.
    """
    entries: list[Entry] = []
    refusals: list[Refusal] = []
    broken: dict[str | None, int] = {}
    blank = 0
    first_lines: dict[tuple[Period, str], int] = {}
    months, openings = _parts(content)
    for at, said in enumerate(months):
        line = len(entries) + len(refusals) + 1
        try:
            month = _month(line, f"months[{at}]", said)
        except EntryRefused as wrong:
            refusals.append(wrong.refusal)
            broken.setdefault(None, line)
            continue
        if month is None:
            blank += 1
            continue
        for unit, place, value in _said_of(at, said):
            line = len(entries) + len(refusals) + 1
            if line > MAX_ENTRIES:
                raise _too_many_entries()
            try:
                entries.append(_entry(line, place, month, unit, value, first_lines))
            except EntryRefused as wrong:
                refusals.append(in_words(month.period, unit, wrong.refusal))
                if wrong.refusal.code != "duplicate-row":
                    broken.setdefault(unit, line)
    line = len(entries) + len(refusals) + 1
    if count_openings(openings) > MAX_ENTRIES + 1 - line:
        raise _too_many_entries()
    begun, wrong_ones = parse_openings(openings, first_line=line)
    return History(tuple(entries), (*refusals, *wrong_ones), broken, blank, tuple(begun))


def _too_many_entries() -> Invalid:
    return Invalid("too-many-rows", f"the file has more than {MAX_ENTRIES} entries; split it by months")


def _parts(content: bytes) -> tuple[list[Any], Any]:
    """Return the months of a file, and its opening balances as they are."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("not-text", "the file is not UTF-8 text") from None
    # Counted before parsing: each value follows one of these characters. Those within texts count, too.
    if sum(text.count(sign) for sign in "[{,") > MAX_VALUES:
        raise Invalid("too-many-rows", f"the file has more than {MAX_VALUES} values; split it by months")
    try:
        # Numbers stay text, so that no amount becomes a float.
        document = json.loads(
            text, parse_float=str, parse_int=str, parse_constant=_no_number, object_pairs_hook=_each_once
        )
    except (ValueError, RecursionError) as error:
        raise Invalid("bad-json", f"the file is not JSON: {error}") from None
    known = isinstance(document, dict) and document and document.keys() <= {"months", "openingBalances"}
    months: Any = document.get("months", []) if known else None
    if not isinstance(months, list):
        form = '{"months": [...]}, {"openingBalances": {...}} or both'
        raise Invalid("no-months", f"the file must be one object: {form}")
    if len(months) > MAX_MONTHS:
        raise Invalid("too-many-rows", f"the file has more than {MAX_MONTHS} months; split it by years")
    return months, document.get("openingBalances")


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number")


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{twice[:40]!r} is in one object twice")
    return fields


def _month(line: int, place: str, said: Any) -> Month | None:  # noqa: ANN401 - whatever the file holds
    """Return a month's own fields, or None for a month without data."""
    if said is None:
        return None
    fields = fields_of(line, place, said, MONTH_FIELDS)
    if not any(fields.get(name) for name in ("units", "commonArea", "buildingMeter")):
        return None
    fields_of(line, f"{place}.units", fields.get("units") or {}, None)
    try:
        period = Period.parse(
            f"{text_of(line, place, fields, 'year')}-{text_of(line, place, fields, 'month').zfill(2)}"
        )
    except Invalid as error:
        raise EntryRefused(Refusal(line, f"{place}.month", error.code, str(error))) from None
    read_on = day_or_none(line, place, fields, "readingDate")
    if read_on is None:
        raise EntryRefused(Refusal(line, f"{place}.readingDate", "missing", "the day of the readings is missing"))
    billed_on, due_on = day_or_none(line, place, fields, "billDate"), day_or_none(line, place, fields, "dueDate")
    return Month(period, read_on, billed_on, due_on)


def _said_of(at: int, said: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield a month's units and meters that have data, with their places."""
    for unit, value in (said.get("units") or {}).items():
        if value is not None:
            name = name_of(unit)
            yield name, f"months[{at}].units.{name}", value
    for name in _METERS:
        value = said.get(name)
        # A building's use that was calculated from its units is not a reading; it is calculated here too.
        if value and not (isinstance(value, dict) and value.get("calculated") is True):
            yield name, f"months[{at}].{name}", value


def _entry(
    line: int,
    place: str,
    month: Month,
    unit: str,
    said: Any,  # noqa: ANN401
    first_lines: dict[tuple[Period, str], int],
) -> Entry:
    first = first_lines.setdefault((month.period, unit), line)
    if first != line:
        raise EntryRefused(Refusal(line, place, "duplicate-row", f"the same month and unit as entry {first}"))
    is_meter = place.endswith(f"].{unit}")
    fields = fields_of(line, place, said, METER_FIELDS if is_meter else UNIT_FIELDS)
    prior, current = (number_or_none(line, place, fields, name) for name in ("prior", "current"))
    if prior is None or current is None:
        raise EntryRefused(Refusal(line, place, "missing", "prior and current are both needed"))
    payments = fields.get("payments") or []
    if not isinstance(payments, list) or len(payments) > MAX_PAYMENTS:
        reason = f"payments must be a list of {MAX_PAYMENTS} at the most"
        raise EntryRefused(Refusal(line, f"{place}.payments", "wrong-form", reason))
    return Entry(
        line=line,
        place=place,
        month=month,
        unit=unit,
        purpose=_METERS[unit] if is_meter else "service",
        prior=prior,
        current=current,
        consumption=number_or_none(line, place, fields, "consumption"),
        amounts={name: text_of(line, place, fields, name) for name in AMOUNT_FIELDS if fields.get(name) is not None},
        payments=tuple(_payment(line, f"{place}.payments[{at}]", one) for at, one in enumerate(payments)),
        rolled_over=truth_of(line, place, fields, "rolledOver"),
        change=_change(line, f"{place}.meterChange", fields.get("meterChange")),
        penalty_on=day_or_none(line, place, fields, "penaltyDate"),
        penalty_waived=_waived(line, place, fields),
    )


def _waived(line: int, place: str, fields: Mapping[str, Any]) -> str | None:
    """Return why a penalty was waived, or None if it was not."""
    told = [name for name in PENALTY_FIELDS if fields.get(name) is not None]
    if told and fields.get("penaltyAmount") is None:
        raise EntryRefused(Refusal(line, f"{place}.penaltyAmount", "missing", f"{told[0]} stands here without it"))
    if truth_of(line, place, fields, "penaltyWaived"):
        return text_of(line, place, fields, "penaltyReason", most=200)
    if fields.get("penaltyReason") is not None:
        reason = "this says why a penalty was waived; add penaltyWaived: true, or leave it out"
        raise EntryRefused(Refusal(line, f"{place}.penaltyReason", "wrong-form", reason))
    return None


def _change(line: int, place: str, said: Any) -> StatedChange | None:  # noqa: ANN401
    if said is None:
        return None
    fields = fields_of(line, place, said, CHANGE_FIELDS)
    return StatedChange(
        on=day_or_none(line, place, fields, "changedOn"),
        final=number_or_none(line, place, fields, "finalReading"),
        first=number_or_none(line, place, fields, "firstReading"),
        old_meter=text_or_none(line, place, fields, "oldMeterNumber"),
        rolled_over=truth_of(line, place, fields, "rolledOver"),
    )


def _payment(line: int, place: str, said: Any) -> StatedPayment:  # noqa: ANN401
    fields = fields_of(line, place, said, PAYMENT_FIELDS)
    paid_on = day_or_none(line, place, fields, "paymentDate")
    if paid_on is None:
        raise EntryRefused(Refusal(line, f"{place}.paymentDate", "missing", "the day of the payment is missing"))
    method = text_of(line, place, fields, "method")
    if method not in METHODS:
        reason = f"{method!r} is no method of payment; write one of {', '.join(METHODS)}"
        raise EntryRefused(Refusal(line, f"{place}.method", "unknown-method", reason))
    return StatedPayment(
        place=place,
        reference=text_or_none(line, place, fields, "transactionId"),
        paid_on=paid_on,
        amount=text_of(line, place, fields, "amount"),
        method=method,
        check_number=text_or_none(line, place, fields, "checkNumber"),
        notes=text_or_none(line, place, fields, "notes", most=200),
    )
