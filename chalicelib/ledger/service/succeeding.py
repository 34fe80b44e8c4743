"""Dues that are open again on superseded bills: they move on to the bills that took over the rest."""

from collections.abc import Sequence

from chalicelib.ledger.domain import Books, Effect
from chalicelib.ledger.service.posting import EntryDraft, open_books, posted
from chalicelib.tenancy.domain import Project


def with_successors(project: Project, books: Books) -> Books:
    """Read the bills that took dues over, and those that took them over from these."""
    while missing := {each.superseded_by for each in books.bills.values() if each.superseded_by} - books.bills.keys():
        more = open_books(project, bill_ids=sorted(missing))
        books = Books({**books.bills, **more.bills}, books.positions)
    return books


def moved_on(books: Books, drafts: Sequence[EntryDraft]) -> list[EntryDraft]:
    """Return what moves dues that drafts open again on superseded bills to the bills that took them over.

    The books hold those, too (see `with_successors`).
    """
    for draft in drafts:
        books = posted(books, draft)
    moved: list[EntryDraft] = []
    while again := next(
        (each for each in books.bills.values() if each.superseded_by and each.amount_due.minor > 0), None
    ):
        due, late, successor = again.amount_due.minor, again.balance.late_due, str(again.superseded_by)
        out = Effect(bill_id=again.id, moved_out=due, late_moved=late, successor=successor)
        draft = EntryDraft(
            account=again.account,
            holder=again.consumer_id,
            kind="superseded",
            value_on=max(each.value_on for each in drafts),
            effects=(out, Effect(bill_id=successor, moved_in=due, late_moved_in=late)),
        )
        moved.append(draft)
        books = posted(books, draft)
    return moved
