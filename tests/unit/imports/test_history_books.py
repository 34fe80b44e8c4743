"""Whatever former books say of a bill: its money adds up, and no rule of the ledger is broken."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bills.domain import Bill, Consumption, IssueTerms, make_bill, usage_of
from chalicelib.imports.domain.history_amounts import Migration, payments_of
from chalicelib.imports.domain.history_books import BillBooks, added_to, as_issued, books_of
from chalicelib.imports.domain.history_fields import EntryRefused
from chalicelib.imports.domain.history_file import Entry, Month, StatedPayment
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.ledger.domain import Books, Position, fold_violations, post
from chalicelib.readings.domain.reading import Provenance
from chalicelib.tenancy.domain import LateChargeRule
from tests.support.examples import NOW, WATERWORKS, WATERWORKS_BOOK, connection, due_of, reading

_USED = Consumption.of(reading())
_RATING = WATERWORKS_BOOK.rate("residential", usage_of(WATERWORKS, _USED, connection()))
BILL = make_bill(WATERWORKS, _USED, connection(), _RATING, IssueTerms("run-1", NOW, None, None, due_of(WATERWORKS)))
RULE = LateChargeRule(kind="percent", percent=Decimal(10), repeats="monthly")
MIGRATION = Migration(
    project=WATERWORKS,
    due=due_of(WATERWORKS),
    late_charge=RULE,
    today=date(2026, 6, 1),
    by=Provenance(by="admin", at=NOW, source="migrated", origin="import-1"),
)

Penalty = tuple[int, int | None, bool] | None
"""A penalty in minor units, on so many days after the due day, and whether it was waived."""

_PAYMENTS = st.lists(st.tuples(st.integers(-40, 90), st.integers(1, 400_00)), max_size=5)
_PENALTIES = st.none() | st.tuples(st.integers(1, 60_00), st.none() | st.integers(1, 60), st.booleans())


def _text(minor: int) -> str:
    return str(Money(minor, "PHP"))


def _entry(paid: list[tuple[int, int]], penalty: Penalty = None, **amounts: int) -> Entry:
    """Return an entry with payments (days after the bill's, and amounts), a penalty, and amounts in minor units."""
    said = {name: _text(minor) for name, minor in amounts.items()}
    if penalty:
        said["penaltyAmount"] = _text(penalty[0])
    return Entry(
        line=1,
        place="months[0].units.1",
        month=Month(Period(2025, 11), BILL.read_on, None, None),
        unit=BILL.account,
        purpose="service",
        prior=BILL.previous,
        current=BILL.reading,
        consumption=None,
        amounts=said,
        payments=tuple(
            StatedPayment(str(at), f"T{at}", BILL.billed_on + timedelta(days), _text(minor), "cash", None, None)
            for at, (days, minor) in enumerate(paid)
        ),
        penalty_on=BILL.due_on + timedelta(penalty[1]) if penalty and penalty[1] else None,
        penalty_waived="flood" if penalty and penalty[2] else None,
    )


def _books(entry: Entry) -> BillBooks:
    return books_of(MIGRATION, entry, BILL, payments_of(MIGRATION, entry, BILL))


def _with_what_is_left(paid: list[tuple[int, int]], penalty: Penalty, used: int) -> tuple[Entry, int]:
    """Return an entry that says what its payments leave over, and that."""
    with pytest.raises(EntryRefused) as refused:
        _books(_entry(paid, penalty, creditUsed=used, creditAmount=10**9))
    assert refused.value.refusal.code == "credit-differs"
    left = Money.parse(refused.value.refusal.reason.rpartition(" ")[2], "PHP").minor
    return _entry(paid, penalty, creditUsed=used, creditAmount=left), left


def _check(books: BillBooks, before: Bill, credit: int) -> None:
    """Check that posting the entries breaks no rule, and gives the very bill."""
    place = (BILL.account, BILL.consumer_id)
    after = post(Books({BILL.id: before}, {place: Position(*place, credit, 1)}), books.every_entry)
    assert after.bill(BILL.id) == books.bill


@given(paid=_PAYMENTS, penalty=_PENALTIES, used=st.integers(0, 275_00))
def test_each_cent_of_former_books_is_on_the_bill_or_credit(
    paid: list[tuple[int, int]], penalty: Penalty, used: int
) -> None:
    entry, left = _with_what_is_left(paid, penalty, used)
    books = _books(entry)
    _check(books, BILL, used)
    assert fold_violations(books.bill, books.every_entry) == []
    assert books.bill.balance.paid + left == sum(minor for _, minor in paid) + used
    assert sum(payment.credit_minor for payment in books.payments) >= left
    assert all(
        sum(share.paid for share in each.shares) + each.credit_minor == each.amount.minor for each in books.payments
    )
    assert books.bill.balance.late == (penalty[0] if penalty else 0)
    assert left == 0 or books.bill.principal_due.minor == 0


@given(paid=_PAYMENTS, penalty=_PENALTIES, known=st.sets(st.integers(0, 4)))
def test_payments_that_are_added_later_break_no_rule_and_settle_as_much(
    paid: list[tuple[int, int]],
    penalty: Penalty,
    known: set[int],
) -> None:
    first = [each for at, each in enumerate(paid) if at in known]
    begun, left = _with_what_is_left(first, penalty, 0)
    stored = _books(begun)
    whole, _ = _with_what_is_left(paid, penalty, 0)
    every = list(zip(whole.payments, payments_of(MIGRATION, whole, BILL), strict=True))
    missing = [each for at, each in enumerate(every) if at not in known]
    charged_on = next((act.value_on for act in stored.acts if act.kind == "late_charge"), None)
    added = added_to(MIGRATION, stored.bill, missing, charged_on=charged_on)
    _check(added, stored.bill, left)
    assert added.bill.balance.paid + left + sum(each.credit_minor for each in added.entries) == sum(
        minor for _, minor in paid
    )
    assert as_issued(added.bill) == BILL


@pytest.mark.parametrize(
    ("days", "steps"), [(1, 1), (30, 1), (31, 2), (61, 3)], ids=["first day", "30th", "31st", "61st"]
)
def test_a_penalty_counts_for_the_steps_that_have_begun_on_its_day(days: int, steps: int) -> None:
    assert _books(_entry([], (10_00, days, False))).bill.balance.late_steps == steps


def test_a_penalty_counts_for_one_step_within_the_grace_and_without_a_rule() -> None:
    entry = _entry([], (10_00, 3, False))
    for rule in (None, replace(RULE, grace_days=10)):
        books = books_of(replace(MIGRATION, late_charge=rule), entry, BILL, ())
        assert books.bill.balance.late_steps == 1
