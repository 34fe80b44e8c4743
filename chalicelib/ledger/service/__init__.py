"""Open the books of an act, and build its writes; show what is owed, and statements."""

from chalicelib.ledger.service.deleting import delete_connection, delete_consumer
from chalicelib.ledger.service.inquiry import Owed, OwedBill, inquire, my_owed, owed_at, owed_of
from chalicelib.ledger.service.posting import (
    EntryDraft,
    History,
    booking_day,
    entries_of_act,
    entries_of_origin,
    entry_insert_write,
    entry_writes,
    histories,
    late_charges_on,
    open_books,
    posted,
    uses_of_credit,
)
from chalicelib.ledger.service.statement import (
    Statement,
    StatementLine,
    entries_of_account,
    list_entries,
    newest_entries,
    statement_of,
)

__all__ = [
    "EntryDraft",
    "History",
    "Owed",
    "OwedBill",
    "Statement",
    "StatementLine",
    "booking_day",
    "delete_connection",
    "delete_consumer",
    "entries_of_account",
    "entries_of_act",
    "entries_of_origin",
    "entry_insert_write",
    "entry_writes",
    "histories",
    "inquire",
    "late_charges_on",
    "list_entries",
    "my_owed",
    "newest_entries",
    "open_books",
    "owed_at",
    "owed_of",
    "posted",
    "statement_of",
    "uses_of_credit",
]
