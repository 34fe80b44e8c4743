"""Opening balances in a former system's history: what each account owes, by due days, its credit and its deposit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.bills.domain.opening import MAX_AMOUNTS
from chalicelib.files.domain.record import Refusal
from chalicelib.imports.domain.history_fields import (
    EntryRefused,
    day_or_none,
    fields_of,
    in_words,
    name_of,
    text_of,
    text_or_none,
)

OPENINGS_FIELDS = ("date", "accounts")
OPENING_FIELDS = ("amounts", "credit", "deposit")
OWED_FIELDS = ("dueDate", "amount")
_PLACE = "openingBalances"


@dataclass(frozen=True, slots=True)
class StatedOwed:
    """An amount that was owed, as text, and the day on which it was due."""

    place: str
    due_on: date
    amount: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What an account owed and was owed on a day, as in the file."""

    line: int
    place: str
    account: str
    on: date
    owed: tuple[StatedOwed, ...]
    credit: str | None
    deposit: str | None


def count_openings(said: object) -> int:
    """Return how many accounts the opening balances of a file have; 0, if they are none."""
    accounts = said.get("accounts") if isinstance(said, dict) else None
    return len(accounts) if isinstance(accounts, dict) else 0


def parse_openings(said: Any, *, first_line: int) -> tuple[list[Opening], list[Refusal]]:  # noqa: ANN401 - whatever the file holds
    """Parse the opening balances of a file: an entry an account. Without any, return nothing."""
    if said is None:
        return [], []
    try:
        fields = fields_of(first_line, _PLACE, said, OPENINGS_FIELDS)
        on = day_or_none(first_line, _PLACE, fields, "date")
        if on is None:
            reason = "the day of the opening balances is missing"
            raise EntryRefused(Refusal(first_line, f"{_PLACE}.date", "missing", reason))
        accounts = fields_of(first_line, f"{_PLACE}.accounts", fields.get("accounts"), None)
    except EntryRefused as wrong:
        return [], [wrong.refusal]
    openings: list[Opening] = []
    refusals: list[Refusal] = []
    for unit, value in accounts.items():
        line, name = first_line + len(openings) + len(refusals), name_of(unit)
        try:
            openings.append(_opening(line, f"{_PLACE}.accounts.{name}", name, on, value))
        except EntryRefused as wrong:
            refusals.append(in_words(None, name, wrong.refusal))
    return openings, refusals


def _opening(line: int, place: str, account: str, on: date, said: Any) -> Opening:  # noqa: ANN401
    fields = fields_of(line, place, said, OPENING_FIELDS)
    amounts = fields.get("amounts") or []
    if not isinstance(amounts, list) or len(amounts) > MAX_AMOUNTS:
        reason = f"amounts must be a list of {MAX_AMOUNTS} at the most; add up the oldest ones"
        raise EntryRefused(Refusal(line, f"{place}.amounts", "wrong-form", reason))
    owed = tuple(_owed(line, f"{place}.amounts[{at}]", one) for at, one in enumerate(amounts))
    credit, deposit = (text_or_none(line, place, fields, name) for name in ("credit", "deposit"))
    if not owed and credit is None and deposit is None:
        raise EntryRefused(Refusal(line, place, "missing", "give amounts, a credit or a deposit"))
    _check_distinct(line, owed)
    return Opening(line, place, account, on, owed, credit, deposit)


def _owed(line: int, place: str, said: Any) -> StatedOwed:  # noqa: ANN401
    fields = fields_of(line, place, said, OWED_FIELDS)
    due_on = day_or_none(line, place, fields, "dueDate")
    if due_on is None:
        raise EntryRefused(Refusal(line, f"{place}.dueDate", "missing", "the day on which it was due is missing"))
    return StatedOwed(place, due_on, text_of(line, place, fields, "amount"))


def _check_distinct(line: int, owed: Sequence[StatedOwed]) -> None:
    seen: set[date] = set()
    for one in owed:
        if one.due_on in seen:
            reason = f"another amount is due on {one.due_on}, too: add them up"
            raise EntryRefused(Refusal(line, f"{one.place}.dueDate", "duplicate-row", reason))
        seen.add(one.due_on)
