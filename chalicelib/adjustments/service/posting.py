"""Read what an adjustment changes as it is now, and build the writes of its entries."""

from collections.abc import Iterable

from chalicelib.adjustments.domain import Adjustment, Part, Standing, parts_of
from chalicelib.audit import service as audit
from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.connections import service as connections
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import NO_CHARGE, Books, Entry
from chalicelib.payments import service as payments
from chalicelib.platform.transaction import Action
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import ProjectContext

ATTEMPTS = 12
"""How often an act that lost a race is decided anew."""


def changed() -> Conflict:
    """Return the error of an act that lost every race."""
    return Conflict("changed", "others are changing the same account; look at it, and send the request again")


def bill_within_reach(ctx: ProjectContext, bill_id: str) -> Bill:
    """Return a bill that the actor may change.

    :raises NotFound: if there is none, or it is out of the actor's areas.
    """
    bill = bills.find_bill(ctx.project, bill_id)
    if bill is None or not connections.accounts_within_reach(ctx, ctx.project, [bill.account]):
        raise NotFound("not-found", "there is no bill with this id")
    return bill


def check_standing(bill: Bill) -> None:
    """Check that a bill was not voided, so that there is something to adjust.

    :raises Conflict: if it was.
    """
    if not bill.is_standing:
        where = f"adjust {bill.successor}, which has its notes and waivers" if bill.successor else "adjust another bill"
        raise Conflict("bill-voided", f"bill {bill.id} was voided on {bill.voided_on}: {where}", field="billId")


def posting_of(
    ctx: ProjectContext, adjustment: Adjustment, books: Books, standing: Standing
) -> tuple[Money | None, list[Action]]:
    """Return what an adjustment comes to by the books, and the writes of its entries.

    A waiver costs six write units and a late charge two more.

    :raises Invalid: for more than there is to adjust.
    :raises Conflict: if there is nothing to adjust.
    """
    amount, parts = parts_of(adjustment, standing)
    drafts = [draft_of(adjustment, part, standing) for part in parts]
    entries = ledger.entries_of_act(ctx, adjustment.id, drafts)
    writes = ledger.entry_writes(ctx.project, books, entries)
    if adjustment.kind == "refund" and amount is not None:
        writes += payments.refund_counting_writes(ctx, str(adjustment.method), amount)
    return amount, writes


def draft_of(adjustment: Adjustment, part: Part, standing: Standing) -> ledger.EntryDraft:
    """Return the entry of a part, of today."""
    code = f"{adjustment.reason_code}: " if adjustment.reason_code else ""
    return ledger.EntryDraft(
        account=adjustment.account,
        holder=adjustment.holder,
        kind=part.kind,
        value_on=standing.today,
        effects=(part.effect,) if part.effect else (),
        credit_minor=part.credit_minor,
        reason=None if part.kind == "late_charge" else f"{code}{adjustment.reason}",
        due_on=part.due_on,
    )


def read_standing(ctx: ProjectContext, adjustment: Adjustment) -> tuple[Books, Standing]:
    """Read what an adjustment changes, as it is now, with the late charge of today."""
    project = ctx.project
    today = ledger.booking_day(project, ctx.now)
    place = (adjustment.account, adjustment.holder)
    bill_ids = [adjustment.bill_id] if adjustment.bill_id else []
    books = ledger.open_books(project, bill_ids=bill_ids, holders=[place])
    bill = books.bills.get(str(adjustment.bill_id))
    if bill is not None:
        check_standing(bill)
    charges = ledger.late_charges_on(project, tenancy.late_charge_rule(project), books.bills, today)
    credited, leak_allowed = 0, False
    if bill is not None and adjustment.kind == "credit_note":
        notes = _notes(ledger.entries_of_bill(project, bill))
        credited = _credited(notes, bill)
        leak_allowed = any((each.reason or "").startswith("leak: ") for each in notes)
    return books, Standing(
        today=today,
        currency=project.settings.currency,
        bill=bill,
        coming=charges[bill.id] if bill else NO_CHARGE,
        credited_minor=credited,
        leak_allowed=leak_allowed,
        credit_minor=books.position(*place).credit_minor,
    )


def _notes(entries: Iterable[Entry]) -> list[Entry]:
    """Return the credit notes that were not taken back."""
    entries = list(entries)
    undone = {each.reverses for each in entries}
    return [each for each in entries if each.kind == "credit_note" and each.id not in undone]


def _credited(notes: Iterable[Entry], bill: Bill) -> int:
    """Return what credit notes on a bill came to: on the bill, and as credit."""
    return sum(
        each.credit_minor + sum(effect.credited for effect in each.effects if effect.bill_id == bill.id)
        for each in notes
    )


def audit_write(ctx: ProjectContext, action: str, adjustment: Adjustment, *, reason: str | None = None) -> Action:
    """Build the audit entry of an act on an adjustment."""
    facts: dict[str, object] = {
        "kind": adjustment.kind,
        "account": adjustment.account,
        "bill": adjustment.bill_id,
        "amount": adjustment.amount,
        "currency": adjustment.amount.currency if adjustment.amount else None,
        "code": adjustment.reason_code,
        "method": adjustment.method,
        "due_on": adjustment.due_on,
        "reason": reason or adjustment.reason,
    }
    subject = ("adjustment", f"{ctx.project_id}.{adjustment.id}")
    return audit.entry_write(ctx, action=action, subject=subject, after=facts)
