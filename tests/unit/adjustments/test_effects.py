"""Laws of adjustments: no invariant breaks, what is owed changes by the amount, and taking back restores it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adjustments.domain import (
    Adjustment,
    AdjustmentKind,
    Part,
    Standing,
    allowed_units,
    parts_of,
    taken_back,
)
from chalicelib.bills.domain import Balance, Bill
from chalicelib.kernel.errors import Conflict, Invalid, MeterbookError
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.ledger.domain import (
    NO_CHARGE,
    Books,
    Entry,
    LateCharge,
    Position,
    bill_after,
    is_back_dated,
    late_charge_on,
    post,
    steps_begun,
    steps_begun_of,
    violations,
)
from chalicelib.tenancy.domain import LateChargeRule

_DUE = date(2025, 11, 20)
_TODAY = date(2025, 11, 25)
_NOW = datetime(2025, 11, 25, 2, tzinfo=UTC)
_KINDS: tuple[AdjustmentKind, ...] = ("waiver", "credit_note", "write_off", "due_day")
_PLACE = ("A1", "ana")


def _bill(total: int = 27500, balance: Balance = Balance()) -> Bill:  # noqa: B008 - it is frozen
    nothing = Decimal(0)
    return Bill(
        account="A1",
        period=Period(2025, 11),
        number=1,
        run_id="run",
        consumer_id="ana",
        consumer_name="Ana",
        consumer_class="residential",
        meter_number="M1",
        read_on=date(2025, 11, 5),
        previous=nothing,
        reading=nothing,
        usage=nothing,
        unit="m3",
        lines=(),
        total=Money(total, "PHP"),
        billed_on=date(2025, 11, 5),
        due_on=_DUE,
        issued_at=_NOW,
        digest="",
        first_day=date(2025, 10, 5),
        last_day=date(2025, 11, 4),
        balance=balance,
    )


def _adjustment(kind: AdjustmentKind, amount: int | None = None, due_on: date | None = None) -> Adjustment:
    return Adjustment(
        id="act",
        account="A1",
        holder="ana",
        kind=kind,
        bill_id=None if kind == "refund" else _bill().id,
        amount=None if amount is None else Money(amount, "PHP"),
        reason="Because",
        due_on=due_on,
        former_due_on=_DUE,
        state="posted",
        asked_by="clerk",
        asked_at=_NOW,
    )


def _entry(number: int, part: Part, reverses: str | None = None) -> Entry:
    return Entry(
        id=f"act.{number}",
        account="A1",
        holder="ana",
        kind=part.kind,
        value_on=_TODAY,
        booked_on=_TODAY,
        currency="PHP",
        effects=(part.effect,) if part.effect else (),
        credit_minor=part.credit_minor,
        reverses=reverses,
        due_on=part.due_on,
        recorded_by="clerk",
        recorded_at=_NOW,
    )


def _standing(bill: Bill, coming: int = 0, credited: int = 0) -> Standing:
    charge = LateCharge(1, coming) if coming else NO_CHARGE
    return Standing(today=_TODAY, currency="PHP", bill=bill, coming=charge, credited_minor=credited)


@st.composite
def _bills(draw: st.DrawFn) -> Bill:
    """Draw a bill whose balance breaks no invariant."""
    total = draw(st.integers(0, 10**6))
    credited = draw(st.integers(0, total))
    written_off = draw(st.integers(0, total - credited))
    paid = draw(st.integers(0, total - credited - written_off))
    late = draw(st.integers(0, 10**5))
    waived = draw(st.integers(0, late))
    late_paid = draw(st.integers(0, late - waived))
    return _bill(
        total,
        Balance(
            version=3,
            paid=paid + late_paid,
            late=late,
            late_paid=late_paid,
            waived=waived,
            credited=credited,
            written_off=written_off,
            late_steps=1 if late else 0,
        ),
    )


@given(_bills(), st.sampled_from(_KINDS), st.integers(-5, 10**6 + 5), st.integers(0, 5000))
def test_an_adjustment_keeps_the_books_and_taking_it_back_restores_them(
    bill: Bill, kind: AdjustmentKind, amount: int, coming: int
) -> None:
    coming = coming if bill.principal_due.minor > 0 and not bill.balance.late else 0
    stated = amount if kind in {"waiver", "credit_note"} else None
    adjustment = _adjustment(kind, stated, date(2025, 12, 20) if kind == "due_day" else None)
    standing = _standing(bill, coming, credited=bill.balance.credited)
    books = Books({bill.id: bill}, {_PLACE: Position(*_PLACE, 700, 1)})
    try:
        came_to, parts = parts_of(adjustment, standing)
    except MeterbookError:
        return
    entries = [_entry(at, part) for at, part in enumerate(parts)]
    after = post(books, entries)
    assert violations(after, entries) == []
    late = sum(entry.owed_minor for entry in entries if entry.kind == "late_charge")
    assert sum(entry.owed_minor for entry in entries) == late - (came_to.minor if came_to else 0)

    back = [
        _entry(at + 9, part, of.id)
        for at, (of, part) in enumerate(taken_back(adjustment, entries, after.bill(bill.id)))
    ]
    restored = post(after, back)
    charged = bill_after(bill, standing.late) if standing.late and kind != "due_day" else bill
    now = restored.bill(bill.id)
    assert now == replace(charged, balance=replace(charged.balance, version=now.balance.version), waiver=now.waiver)
    assert now.waiver is None or now.balance.waived
    assert restored.position(*_PLACE).credit_minor == 700


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_a_refund_never_exceeds_the_credit(amount: int, credit: int) -> None:
    standing = Standing(today=_TODAY, currency="PHP", coming=NO_CHARGE, credit_minor=credit)
    if amount > credit:
        with pytest.raises(Invalid):
            parts_of(_adjustment("refund", amount), standing)
    else:
        came_to, [part] = parts_of(_adjustment("refund", amount), standing)
        assert (came_to, part.credit_minor) == (Money(amount, "PHP"), -amount)


def test_credit_notes_of_a_bill_never_exceed_it() -> None:
    standing = _standing(_bill(balance=Balance(version=1, paid=27500)), credited=20000)
    _, [part] = parts_of(_adjustment("credit_note", 7500), standing)
    assert (part.effect and part.effect.credited, part.credit_minor) == (0, 7500)
    with pytest.raises(Invalid, match=r"75\.00"):
        parts_of(_adjustment("credit_note", 7501), standing)


def test_a_due_day_that_was_changed_again_is_not_taken_back() -> None:
    adjustment = _adjustment("due_day", due_on=date(2025, 12, 20))
    _, [part] = parts_of(adjustment, _standing(_bill()))
    later = replace(_bill(), extended_due_on=date(2026, 1, 10))
    with pytest.raises(Conflict, match="2026-01-10"):
        list(taken_back(adjustment, [_entry(1, part)], later))


@pytest.mark.parametrize(
    ("use", "usual", "units"),
    [("125", "6", "60"), ("10", "6", "2"), ("7", "6", "1"), ("6.9", "6", None), ("5", "6", None)],
)
def test_half_of_the_excess_is_allowed_in_whole_units(use: str, usual: str, units: str | None) -> None:
    """B18: (125 - 6) / 2 = 59.5, so 60."""
    if units is None:
        with pytest.raises(Invalid):
            allowed_units(Decimal(use), Decimal(usual))
    else:
        assert allowed_units(Decimal(use), Decimal(usual)) == Decimal(units)


_RULES = st.builds(
    LateChargeRule,
    kind=st.just("percent"),
    percent=st.just(Decimal(10)),
    repeats=st.sampled_from(["once", "monthly", "daily"]),
    grace_days=st.integers(0, 30),
)


@given(_RULES, st.integers(-40, 400))
def test_without_an_extension_the_first_due_day_decides(rule: LateChargeRule, days: int) -> None:
    day = _DUE + timedelta(days=days)
    assert steps_begun_of(rule, _bill(), day) == steps_begun(rule, _DUE, day)


@given(_RULES, st.integers(1, 200), st.integers(0, 200), st.integers(0, 400))
def test_an_extension_takes_no_posted_step_back_and_charges_none_twice(
    rule: LateChargeRule, extended_after: int, longer: int, later: int
) -> None:
    extended_on = _DUE + timedelta(days=extended_after)
    posted = late_charge_on(rule, _bill(), extended_on, [])
    balance = Balance(version=1, late=posted.minor, late_steps=posted.steps)
    bill = replace(
        _bill(balance=balance),
        extended_due_on=extended_on + timedelta(days=longer),
        extended_after_steps=posted.steps,
    )
    day = extended_on + timedelta(days=later)
    assert steps_begun_of(rule, bill, day) >= posted.steps
    assert not is_back_dated(rule, bill, day)
    if day <= bill.due_day:
        assert late_charge_on(rule, bill, day, []) == NO_CHARGE
    if rule.repeats == "once":
        assert posted.minor + late_charge_on(rule, bill, day, []).minor <= 2750
