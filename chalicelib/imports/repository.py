"""Lines of bank files that wait for a person, in the table."""

from collections.abc import Iterable

from pynamodb.attributes import UnicodeAttribute

from chalicelib.imports.domain.bank import BankLine, BankLineState
from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import DayAttribute, InstantAttribute, IntAttribute, LiteralAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, put
from chalicelib.tenancy.domain import Project

_READ_AT_ONCE = 100


class BankLineItem(TableItem):
    # The id is part of the key.
    import_id = UnicodeAttribute()
    line = IntAttribute()
    account = UnicodeAttribute(null=True)
    bill_id = UnicodeAttribute(null=True)
    amount_minor = IntAttribute()
    currency = UnicodeAttribute()
    paid_on = DayAttribute()
    reference = UnicodeAttribute(null=True)
    payer = UnicodeAttribute(null=True)
    why_code = UnicodeAttribute()
    why = UnicodeAttribute()
    state = LiteralAttribute(BankLineState, attr_name="st")
    note = UnicodeAttribute(null=True)
    decided_by = UnicodeAttribute(null=True)
    decided_at = InstantAttribute(null=True)
    imported_at = InstantAttribute()


def insert_lines(project: Project, lines: Iterable[BankLine]) -> None:
    """Insert lines, 25 to a request; one that exists is not changed. Two write units each."""
    for batch in bulk.batches(lines):
        bulk.insert_batch([_item(project, line).serialize() for line in batch])


def decision_write(project: Project, line: BankLine) -> Action:
    """Build the write of a person's decision, unless another was made. Label: `bank line`."""
    return put("bank line", _item(project, line), BankLineItem.state == "waiting")


def find_line(project: Project, line_id: str) -> BankLine | None:
    item = dynamo.find(BankLineItem, keys.bank_line(project.client, project.id, line_id))
    return _line(item) if item else None


def lines_by_id(project: Project, line_ids: Iterable[str]) -> dict[str, BankLine]:
    """Read the lines that are stored, by id. Strongly consistent; one read unit each."""
    found: dict[str, BankLine] = {}
    for batch in bulk.batches(line_ids, _READ_AT_ONCE):
        wanted = [keys.bank_line(project.client, project.id, each) for each in batch]
        items = (dynamo.parsed(BankLineItem, raw) for raw in bulk.read_together(wanted).values())
        found |= {line.id: line for item in items if item for line in [_line(item)]}
    return found


def lines_page(project: Project, state: BankLineState, *, limit: int, cursor: str | None) -> Page[BankLine]:
    """Read one page of the lines in a state, the oldest payment first. Eventually consistent."""
    partition = keys.bank_lines(project.client, project.id, state)
    page = dynamo.page_of(BankLineItem, partition, "", limit=limit, cursor=cursor, index="worklist")
    return Page(tuple(map(_line, page.items)), page.next_cursor)


def _item(project: Project, line: BankLine) -> BankLineItem:
    return to_item(
        BankLineItem,
        keys.bank_line(project.client, project.id, line.id),
        line,
        g2p=keys.bank_lines(project.client, project.id, line.state),
        g2s=keys.bank_line_place(line.paid_on, line.id),
        amount_minor=line.amount.minor,
        currency=line.amount.currency,
    )


def _line(item: BankLineItem) -> BankLine:
    amount = Money(item.amount_minor, item.currency)
    return to_entity(BankLine, item, id=item.pk.rpartition("#")[2], amount=amount)
