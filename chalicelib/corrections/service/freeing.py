"""Take back credit that a wrong bill brought, also from bills that it was used for since."""

from collections.abc import Iterable, Sequence

from chalicelib.bills.domain import Bill
from chalicelib.kernel.errors import Conflict
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books, Entry, take_back
from chalicelib.platform.transaction import Refused
from chalicelib.tenancy.domain import Project


def with_uses_undone(
    project: Project, books: Books, voiding: Iterable[Bill], drafts: Sequence[ledger.EntryDraft]
) -> tuple[Books, list[ledger.EntryDraft]]:
    """Return books and entries of an act that voids bills, with the newest uses of credit undone that it takes back.

    :raises Refused: if others changed them meanwhile, so that the act is decided anew.
    :raises Conflict: if the credit was paid back, moved, or paid a bill whose dues a newer one took over.
    """
    known = {bill.id: bill for bill in voiding}
    undone: list[ledger.EntryDraft] = []
    for place in dict.fromkeys((each.account, each.holder) for each in drafts):
        change = sum(each.credit_minor for each in drafts if (each.account, each.holder) == place)
        missing = -(books.position(*place).credit_minor + change)
        if missing <= 0:
            continue
        theirs = [bill for bill in known.values() if (bill.account, bill.consumer_id) == place]
        since = min(min(bill.billed_on, ledger.booking_day(project, bill.issued_at)) for bill in theirs)
        uses = ledger.uses_of_credit(project, *place, since=since, missing=missing, voiding=known)
        if -sum(each.credit_minor for each in uses) < missing:
            raise _already_used(theirs[0], "was paid back or moved since: undo that first")
        books, again = _undone(project, books, uses, theirs[0])
        undone += again
    return books, [*undone, *drafts]


def _undone(
    project: Project, books: Books, uses: Sequence[Entry], wrong: Bill
) -> tuple[Books, list[ledger.EntryDraft]]:
    """Return what opens bills again that credit paid, and the books with these bills, as they are before."""
    paid = {effect.bill_id for each in uses for effect in each.effects} - books.bills.keys()
    opened = Books({**books.bills, **ledger.open_books(project, bill_ids=sorted(paid)).bills}, books.positions)
    after, drafts = opened, list[ledger.EntryDraft]()
    for use in uses:
        for bill in (opened.bill(effect.bill_id) for effect in use.effects):
            if not bill.is_standing:
                raise Refused([("bill", None)])  # voided since the entries were read
            if bill.superseded_by:
                raise _already_used(wrong, f"paid {bill.id}, and {bill.superseded_by} took the rest of that over")
        draft = ledger.EntryDraft(
            account=use.account,
            holder=use.holder,
            kind="reversal",
            value_on=use.value_on,
            effects=tuple(take_back(after.bill(effect.bill_id), [effect]) for effect in use.effects),
            credit_minor=-use.credit_minor,
            reverses=use.id,
            reason=f"{wrong.id} was wrong",
        )
        drafts.append(draft)
        after = ledger.posted(after, draft)
    return opened, drafts


def _already_used(wrong: Bill, what: str) -> Conflict:
    return Conflict("already-used", f"the credit that bill {wrong.id} brought {what}")
