"""Parse a bank's file: one transfer a line, and which bills it is for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from chalicelib.files.domain.record import ImportCounts, ImportResult, Refusal
from chalicelib.files.domain.table import Kinds, Line, read_table
from chalicelib.kernel.clock import parse_day
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.money import Money
from chalicelib.tenancy.domain import Project

MAX_ROWS = 2_000
"""The most lines that one invocation can post: each needs some six calls."""

_COLUMNS = {
    "account_number": ("account_number", "account", "account_no", "unit", "unit_id"),
    "bill_number": ("bill_number", "bill", "bill_id", "bill_no", "invoice", "invoice_number"),
    "amount": ("amount", "credit", "credit_amount", "paid"),
    "paid_on": ("paid_on", "date", "value_date", "booking_date", "payment_date"),
    "reference": ("reference", "transaction_id", "transaction", "ref", "bank_reference"),
    "payer": ("payer", "payer_name", "name", "sender", "details", "description"),
}
_NEEDED = {"amount", "paid_on"}
_LONGEST = 120

BankLineState = Literal["waiting", "assigned", "dismissed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One valid line: money that has arrived. `id` derives from what identifies it, so that it is posted once."""

    id: str
    line: int
    account: str | None
    bill_id: str | None
    amount: Money
    paid_on: date
    reference: str | None
    payer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """A transfer that no rule could match, and what a person decided."""

    id: str
    import_id: str
    line: int
    account: str | None
    bill_id: str | None
    amount: Money
    paid_on: date
    reference: str | None
    payer: str | None
    why_code: str
    why: str
    state: BankLineState = "waiting"
    note: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class OpenBill:
    """A bill on which something is due on the day of a transfer."""

    bill_id: str
    due_minor: int


@dataclass(frozen=True, slots=True)
class BankFile:
    """A parsed file."""

    transfers: tuple[Transfer, ...]
    refusals: tuple[Refusal, ...]
    blank: int
    titles: Mapping[str, str]


def parse(content: bytes, project: Project, *, today: date) -> BankFile:
    """Parse a bank's file. The first line names the columns: amount and paid_on, and any of the others.

    :raises Invalid: if the whole file can't be used.
    """
    kinds = Kinds(numbers=("amount",), days=("paid_on",))
    table = read_table(
        content, _COLUMNS, names="amount and paid_on", suffices=_NEEDED.issubset, most=MAX_ROWS, kinds=kinds
    )
    refusals = list(table.refusals)
    transfers: list[Transfer] = []
    same: Counter[tuple[str, ...]] = Counter()
    for line in table.lines:
        try:
            transfers.append(_transfer(line, table.titles, project, same, today=today))
        except _LineRefused as refused:
            refusals.append(refused.refusal)
    return BankFile(tuple(transfers), tuple(refusals), table.blank, table.titles)


class _LineRefused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def _transfer(
    line: Line, titles: Mapping[str, str], project: Project, same: Counter[tuple[str, ...]], *, today: date
) -> Transfer:
    cell = line.cells
    for field, text in cell.items():
        if len(text) > _LONGEST or not text.isprintable():
            raise _refused(line, titles[field], "bad-text", f"at most {_LONGEST} characters on one line")
    amount = _amount(line, titles, project)
    paid_on = _paid_on(line, titles, today)
    account, bill_id = cell.get("account_number") or None, cell.get("bill_number") or None
    reference, payer = cell.get("reference") or None, cell.get("payer") or None
    what = ("reference", reference) if reference else ("facts", str(paid_on), str(amount), account or "", payer or "")
    same[what] += 1
    if reference and same[what] > 1:
        raise _refused(line, titles["reference"], "duplicate-row", f"{reference} stands twice in this file")
    return Transfer(
        id=derived_ids("bank", project.client, project.id, *what, str(same[what]))(),
        line=line.number,
        account=account,
        bill_id=bill_id,
        amount=amount,
        paid_on=paid_on,
        reference=reference,
        payer=payer,
    )


def _amount(line: Line, titles: Mapping[str, str], project: Project) -> Money:
    try:
        amount = Money.parse(line.cells["amount"], project.settings.currency)
    except Invalid as error:
        raise _refused(line, titles["amount"], error.code, str(error)) from None
    if amount.minor <= 0:
        raise _refused(line, titles["amount"], "bad-amount", "only money that has arrived: more than zero")
    return amount


def _paid_on(line: Line, titles: Mapping[str, str], today: date) -> date:
    try:
        paid_on = parse_day(line.cells["paid_on"])
    except Invalid as error:
        raise _refused(line, titles["paid_on"], error.code, str(error)) from None
    if paid_on > today:
        raise _refused(line, titles["paid_on"], "future-date", f"{paid_on} is in the future; today is {today}")
    return paid_on


def _refused(line: Line, column: str, code: str, reason: str) -> _LineRefused:
    return _LineRefused(Refusal(line.number, column, code, reason))


def matching_bills(transfer: Transfer, opened: Sequence[OpenBill], *, part_payments: bool) -> tuple[str, ...]:
    """Return the open bills of an account that a transfer pays, the oldest first.

    The one with exactly this amount due; else all of them, if it is their sum; else the oldest ones, as far as it goes,
    where parts are taken.

    :raises Invalid: if it fits none.
    """
    exact = [each for each in opened if each.due_minor == transfer.amount.minor]
    if len(exact) == 1:
        return (exact[0].bill_id,)
    total = sum(each.due_minor for each in opened)
    if opened and (total == transfer.amount.minor or (part_payments and transfer.amount.minor < total)):
        return tuple(each.bill_id for each in opened)
    due = Money(total, transfer.amount.currency)
    raise Invalid("no-match", f"{transfer.amount} fits no open bill of {transfer.account}: {due} is due in all")


@dataclass(frozen=True, slots=True)
class Posted:
    """A line whose payment is posted; `new` unless it was before this import."""

    line: int
    new: bool


Outcome = Posted | BankLine | Refusal


def intake_of(outcomes: Iterable[tuple[Outcome, bool]], *, blank: int) -> ImportResult:
    """Return the counts of the outcomes, and the lines that a person should look at.

    Each outcome says whether it is new; a line that waits is flagged.
    """
    every = list(outcomes)
    refused = [one for one, _ in every if isinstance(one, Refusal)]
    waiting = [one for one, _ in every if isinstance(one, BankLine)]
    new = sum(is_new for one, is_new in every if not isinstance(one, Refusal))
    lines = [one.as_line() for one in refused]
    lines += [
        {"line": one.line, "kind": "flagged", "column": "", "code": one.why_code, "reason": one.why} for one in waiting
    ]
    counts = ImportCounts(
        rows=len(every),
        accepted=new,
        unchanged=len(every) - len(refused) - new,
        refused=len(refused),
        flagged=sum(is_new for one, is_new in every if isinstance(one, BankLine)),
        blank=blank,
    )
    return ImportResult(counts, tuple(sorted(lines, key=lambda line: int(line["line"]))))
