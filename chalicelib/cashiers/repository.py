"""Cashier sessions in the table; the till that counts an open one, by its cashier; and the desks that are taken."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.cashiers.domain import (
    CashCount,
    CashHandover,
    CashierSession,
    Closing,
    MethodTotals,
    Movement,
    Till,
)
from chalicelib.kernel.clock import epoch_ms
from chalicelib.kernel.page import Page
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import DayAttribute, DocumentAttribute, InstantAttribute, IntAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, delete, insert, put, update
from chalicelib.tenancy.domain import Project

# What each counter of a till is stored as, before the method's name: `ta:cash` is the cash taken.
_COUNTERS = {
    "taken_count": "tn",
    "taken": "ta",
    "change": "ch",
    "reversed_count": "rn",
    "reversed": "ra",
    "refunded_count": "fn",
    "refunded": "fa",
}
_NAMES = {short: name for name, short in _COUNTERS.items()}
_READ_AT_ONCE = 100


class CashierSessionItem(TableItem):
    # The id is part of the key.
    desk = UnicodeAttribute(attr_name="dk")
    cashier = UnicodeAttribute(attr_name="ca")
    currency = UnicodeAttribute(attr_name="cy")
    float_minor = IntAttribute(attr_name="fl")
    opened_on = DayAttribute(attr_name="oo")
    opened_at = InstantAttribute(attr_name="at")
    totals = DocumentAttribute(tuple[MethodTotals, ...], attr_name="to", null=True)
    last_count = DocumentAttribute(CashCount, attr_name="co", null=True)
    closing = DocumentAttribute(Closing, attr_name="cl", null=True)
    handover = DocumentAttribute(CashHandover, attr_name="ho", null=True)
    version = IntAttribute(attr_name="vs")


class TillItem(TableItem):
    # The cashier is part of the key. Beside these, it has a counter for each method and flow (see _COUNTERS).
    session_id = UnicodeAttribute(attr_name="se")
    desk = UnicodeAttribute(attr_name="dk")
    movements = IntAttribute(attr_name="mv")


class TakenDeskItem(TableItem):
    """A desk with an open session."""

    session_id = UnicodeAttribute(attr_name="se")


def opening_writes(project: Project, session: CashierSession) -> list[Action]:
    """Build the writes of a new session. Labels: `session`; `till`, if its cashier has one open; `desk`, if it has."""
    till = TillItem(*_till_key(project, session.cashier), session_id=session.id, desk=session.desk, movements=0)
    desk = TakenDeskItem(*_desk_key(project, session), session_id=session.id)
    return [insert("session", _item(project, session)), insert("till", till), insert("desk", desk)]


def closing_writes(project: Project, session: CashierSession, till: Till) -> list[Action]:
    """Build the writes of a session's end: it keeps what the till has counted.

    Label: `till`, refused if anything was counted since it was read.
    """
    counted = (TillItem.session_id == session.id) & (TillItem.movements == till.movements)
    return [
        session_update_write(project, session),
        delete("till", _till_key(project, session.cashier), counted),
        delete("desk", _desk_key(project, session), TakenDeskItem.session_id == session.id),
    ]


def session_update_write(project: Project, session: CashierSession) -> Action:
    """Build the write of a session's next version. Label: `session`, refused if others changed it meanwhile."""
    return put("session", _item(project, session), CashierSessionItem.version == session.version - 1)


def movement_write(project: Project, till: Till, moved: Movement) -> Action:
    """Build the write that counts a movement in an open session. Label: `till`, refused if it was closed. Two units."""
    named = {f"{moved.flow}_count": 1, moved.flow: moved.amount, "change": moved.change}
    changes = [
        IntAttribute(attr_name=f"{_COUNTERS[name]}:{moved.method}").add(number)
        for name, number in named.items()
        if number
    ]
    key = _till_key(project, till.cashier)
    return update("till", key, [TillItem.movements.add(1), *changes], TillItem.session_id == till.session_id)


def find_session(project: Project, session_id: str) -> CashierSession | None:
    item = dynamo.find(CashierSessionItem, keys.cashier_session(project.client, project.id, session_id))
    return _session(item) if item else None


def till_from(raw: Mapping[str, Any] | None) -> Till | None:
    """Convert a raw item of `bulk.read_together` to a till."""
    item = dynamo.parsed(TillItem, raw)
    return to_entity(Till, item, cashier=item.pk.rpartition("#")[2], totals=_totals(raw or {})) if item else None


def tills_of(project: Project, cashiers: Iterable[str]) -> dict[str, Till]:
    """Read the tills of cashiers with an open session, as they are now: a request for 100, a unit each."""
    found: dict[str, Till] = {}
    for batch in bulk.batches(sorted(set(cashiers)), _READ_AT_ONCE):
        for raw in bulk.read_together(_till_key(project, each) for each in batch).values():
            if till := till_from(raw):
                found[till.cashier] = till
    return found


def sessions_page(
    project: Project, *, day: date | None, cashier: str | None, only_open: bool, limit: int, cursor: str | None
) -> Page[CashierSession]:
    """Read one page of sessions, newest first: of a day, of a cashier, or all. Eventually consistent."""
    whole = keys.cashier_sessions(project.client, project.id)
    page = dynamo.page_of(
        CashierSessionItem,
        keys.cashier_sessions_of(project.client, project.id, cashier) if cashier else whole,
        day.isoformat() if day else "",
        limit=limit,
        cursor=cursor,
        index="worklist" if cashier else "account",
        newest_first=True,
        only=CashierSessionItem.closing.does_not_exist() if only_open else None,
    )
    return Page(tuple(map(_session, page.items)), page.next_cursor)


def _till_key(project: Project, cashier: str) -> keys.Key:
    return keys.till(project.client, project.id, cashier)


def _desk_key(project: Project, session: CashierSession) -> keys.Key:
    return keys.taken_desk(project.client, project.id, session.desk)


def _item(project: Project, session: CashierSession) -> CashierSessionItem:
    place = keys.cashier_session_place(session.opened_on, epoch_ms(session.opened_at), session.id)
    return to_item(
        CashierSessionItem,
        keys.cashier_session(project.client, project.id, session.id),
        session,
        g1p=keys.cashier_sessions(project.client, project.id),
        g1s=place,
        g2p=keys.cashier_sessions_of(project.client, project.id, session.cashier),
        g2s=place,
        totals=session.totals if session.closing else None,
    )


def _session(item: CashierSessionItem) -> CashierSession:
    return to_entity(CashierSession, item, id=item.pk.rpartition("#")[2])


def _totals(raw: Mapping[str, Any]) -> tuple[MethodTotals, ...]:
    """Read the counters of a till: `ta:cash` and the like."""
    found: dict[str, dict[str, int]] = {}
    for stored, value in raw.items():
        short, _, method = stored.partition(":")
        if method and short in _NAMES:
            found.setdefault(method, {})[_NAMES[short]] = int(value["N"])
    return tuple(MethodTotals(method=method, **found[method]) for method in sorted(found))
