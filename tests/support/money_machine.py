"""A machine that takes, uses and reverses money at random, over the real services and table, and checks all of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from hypothesis import Phase
from hypothesis import settings as run_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib.adjustments import service as adjustments
from chalicelib.adjustments.domain import Adjustment
from chalicelib.kernel.errors import MeterbookError
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.ledger import service as ledger
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Payment
from chalicelib.tenancy.domain import LateChargeRule, PaymentSettings, ReceiptRule
from tests.support.ledger import wrong_with
from tests.support.money_office import ACCOUNTS, MoneyOffice, tender_of

LATE_CHARGES: tuple[LateChargeRule | None, ...] = (
    None,
    LateChargeRule(kind="percent", percent=Decimal(10), cap_minor=500_00),
    LateChargeRule(kind="percent", percent=Decimal(10), repeats="monthly", cap_minor=20_00),
    LateChargeRule(kind="percent", percent=Decimal(5), repeats="monthly", grace_days=10, compound=True),
    LateChargeRule(kind="percent", percent=Decimal("2.5"), repeats="monthly", minimum_minor=5_00),
    LateChargeRule(kind="percent", percent=Decimal("0.07"), repeats="daily", minimum_minor=3, cap_minor=30_00),
    LateChargeRule(kind="fixed", amount_minor=150_00),
    LateChargeRule(kind="fixed", amount_minor=7_00, repeats="monthly", cap_minor=10_00),
)
_DESKS = ("MAIN", "SIDE")
SETTINGS = (
    PaymentSettings(desks=_DESKS),
    PaymentSettings(desks=_DESKS, overpayment="credit"),
    PaymentSettings(desks=_DESKS, overpayment="credit", receipts=ReceiptRule(form="dated")),
    PaymentSettings(desks=_DESKS, overpayment="change", receipts=ReceiptRule(form="monthly", prefix="TXN")),
    PaymentSettings(desks=_DESKS, overpayment="change", part_payments=False, receipts=ReceiptRule(form="dated")),
    PaymentSettings(desks=_DESKS, overpayment="credit", part_payments=False, receipts=ReceiptRule(form="given")),
)
_AMOUNTS = st.one_of(st.integers(1, 40_000), st.sampled_from([1, 10_00, 75_00, 150_00, 500_00]))
_Act = Callable[[str], object]


@dataclass(frozen=True)
class _Done:
    """Something that was done with a key, and what it answered."""

    act: _Act
    key: str
    answer: object
    day: date


class MoneyMachine(RuleBasedStateMachine):
    """Three connections of three holders; time goes on, months are billed, and money comes and goes."""

    office: ClassVar[MoneyOffice]

    def __init__(self) -> None:
        super().__init__()
        self.office.start_again()
        self.before = self.office.stored()
        self.now = self.before
        self.taken: list[str] = []
        self.adjusted: list[str] = []
        self.last: _Done | None = None
        self.acts = 0
        self.month = Period(2026, 1)

    @initialize(late=st.sampled_from(LATE_CHARGES), settings=st.sampled_from(SETTINGS))
    def begin(self, late: LateChargeRule | None, settings: PaymentSettings) -> None:
        self.office.late, self.office.settings = late, settings

    def _do(self, act: _Act) -> object:
        """Do something with a key of its own; a refusal is an answer too."""
        self.acts += 1
        key = f"act {self.acts}"
        self.before = self.now
        try:
            answer = act(key)
        except MeterbookError as refused:
            answer, self.last = refused, None
        else:
            self.last = _Done(act, key, answer, self.office.day)
        self.now = self.office.stored()
        assert self.last or self.now == self.before, f"{answer}, but something was written"
        return answer

    def _noted(self, answer: object) -> None:
        if isinstance(answer, Payment):
            self.taken.append(answer.id)
        if isinstance(answer, Adjustment):
            self.adjusted.append(answer.id)

    def _bills(self, places: list[int]) -> list[str]:
        known = sorted(self.now.bills)
        chosen = dict.fromkeys(known[place % len(known)] for place in places)
        holders = {self.now.bills[each].consumer_id for each in chosen}
        # Most of the time the bills are of one holder: others are refused, which is soon known.
        if len(holders) > 1 and len(places) < 4:
            mine = self.now.bills[next(iter(chosen))].consumer_id
            chosen = dict.fromkeys(each for each in chosen if self.now.bills[each].consumer_id == mine)
        return list(chosen)

    @rule(days=st.sampled_from([1, 1, 2, 9, 10, 11, 30, 31]))
    def time_goes_on(self, days: int) -> None:
        self.office.day += timedelta(days=days)

    @precondition(lambda self: self.month < Period(2026, 4) and self.office.day >= self.month.first_day)
    @rule()
    def a_month_is_billed(self) -> None:
        self.office.bill_month(self.month)
        self.month = self.month.shifted(1)
        self.now = self.office.stored()

    @rule(like=st.integers(0, 6), number=st.integers(50, 53), total=st.sampled_from([0, -5_00, 1, 25_06, 275_00]))
    def a_bill_of_any_total_is_issued(self, like: int, number: int, total: int) -> None:
        model = sorted(self.before.bills)[like % len(self.before.bills)]
        self.office.add_bill(model, number, total)
        self.now = self.office.stored()

    @rule(
        places=st.lists(st.integers(0, 30), min_size=1, max_size=4),
        amount=st.one_of(st.none(), _AMOUNTS),
        days_ago=st.sampled_from([0, 0, 0, 1, 5, 20, 35, 60]),
        waive=st.sampled_from([None, None, None, "Hardship"]),
        desk=st.sampled_from(["MAIN", "SIDE"]),
    )
    def pay(self, places: list[int], amount: int | None, days_ago: int, waive: str | None, desk: str) -> None:
        bill_ids = self._bills(places)
        paid_on = self.office.day - timedelta(days=days_ago) if days_ago else None
        answer = self._do(
            lambda key: self.office.pay(*bill_ids, key=key, waive=waive, amount=amount, paid_on=paid_on, desk=desk)
        )
        self._noted(answer)
        if isinstance(answer, Payment):
            self._check_oldest_first(answer, bill_ids)

    def _check_oldest_first(self, payment: Payment, bill_ids: list[str]) -> None:
        """Check that a bill got money only if all that were due before it are paid."""
        oldest = sorted(bill_ids, key=lambda each: (self.now.bills[each].due_on, each))
        paid = [share.bill_id for share in payment.shares]
        assert paid == oldest[: len(paid)], "a newer bill was paid before an older one"
        for share in payment.shares[:-1]:
            assert share.paid == share.principal_due + share.late_due - share.waived

    @rule(
        places=st.lists(st.integers(0, 30), min_size=1, max_size=3),
        per_mille=st.integers(1, 1000),
        days_ago=st.sampled_from([0, 0, 10, 40]),
    )
    def pay_stated_parts(self, places: list[int], per_mille: int, days_ago: int) -> None:
        """Name what each bill gets, as far as is due today."""
        parts = {each: self.now.bills[each].amount_due.minor * per_mille // 1000 for each in self._bills(places)}
        paid_on = self.office.day - timedelta(days=days_ago)
        order = payments.Order(tender=tender_of(paid_on=paid_on), bills=parts)
        self._noted(self._do(lambda key: payments.record_payment(self.office.context(key), order=order)))

    @rule(account=st.sampled_from(ACCOUNTS), amount=st.one_of(st.none(), _AMOUNTS))
    def pay_what_is_open_at(self, account: str, amount: int | None) -> None:
        order = payments.Order(tender=tender_of(amount=amount), account=account)
        self._noted(self._do(lambda key: payments.record_payment(self.office.context(key), order=order)))

    @rule(account=st.sampled_from(ACCOUNTS), amount=_AMOUNTS)
    def pay_in_advance(self, account: str, amount: int) -> None:
        self._noted(self._do(lambda key: self.office.advance(account, amount, key=key)))

    @rule(account=st.sampled_from(ACCOUNTS), amount=st.one_of(st.none(), st.none(), _AMOUNTS))
    def use_credit(self, account: str, amount: int | None) -> None:
        self._do(lambda key: self.office.use_credit(account, minor=amount, key=key))

    @rule(place=st.integers(0, 30), what=st.sampled_from(["credit", "waive", "write off", "extend"]), amount=_AMOUNTS)
    def adjust(self, place: int, what: str, amount: int) -> None:
        [bill_id] = self._bills([place])
        money = Money(amount, "PHP")

        def act(key: str) -> Adjustment:
            ctx = self.office.context(key)
            if what == "credit":
                return adjustments.credit_bill(ctx, bill_id=bill_id, amount=money, code="goodwill", reason="Dirty")
            if what == "waive":
                part = money if amount % 2 else None
                return adjustments.waive_late_charge(ctx, bill_id=bill_id, amount=part, reason="Hardship")
            if what == "write off":
                return adjustments.write_off_bill(ctx, bill_id=bill_id, reason="Small")
            day = self.office.day + timedelta(days=amount % 40)
            return adjustments.extend_due_day(ctx, bill_id=bill_id, due_on=day, reason="Holiday")

        self._noted(self._do(act))

    @rule(account=st.sampled_from(ACCOUNTS), amount=_AMOUNTS)
    def pay_credit_back(self, account: str, amount: int) -> None:
        def act(key: str) -> Adjustment:
            ctx = self.office.context(key)
            return adjustments.refund_credit(
                ctx, account=account, amount=Money(amount, "PHP"), method="cash", reason="Moving"
            )

        self._noted(self._do(act))

    @precondition(lambda self: self.adjusted)
    @rule(at=st.integers(0, 100))
    def reverse_an_adjustment(self, at: int) -> None:
        which = self.adjusted[at % len(self.adjusted)]
        self._do(
            lambda key: adjustments.reverse_adjustment(self.office.context(key), adjustment_id=which, reason="Wrong")
        )

    @precondition(lambda self: self.taken)
    @rule(at=st.integers(0, 100))
    def reverse(self, at: int) -> None:
        payment_id = self.taken[at % len(self.taken)]
        self._do(lambda key: self.office.reverse(payment_id, key=key))

    @precondition(lambda self: self.last and self.office.day <= self.last.day + timedelta(days=1))
    @rule(days=st.sampled_from([0, 0, 1]))
    def repeat_the_last_request(self, days: int) -> None:
        """Send the last request again, perhaps after midnight: the same answer, and nothing new."""
        assert self.last is not None
        self.office.day += timedelta(days=days)
        again = self.last.act(self.last.key)
        if isinstance(again, Payment):
            assert again == self.last.answer
        assert self.office.stored() == self.now, "a repeated request wrote something"

    @invariant()
    def all_laws_hold(self) -> None:
        wrong = wrong_with(self.now)
        assert not wrong, "; ".join(wrong)
        self._check_what_was_written_stays()
        self._check_statements()
        self._check_late_charges()

    def _check_what_was_written_stays(self) -> None:
        former, entries = self.before, set(self.now.entries)
        assert set(former.entries) <= entries, "an entry was changed or lost"
        assert former.payments.keys() <= self.now.payments.keys()
        assert all(self.now.series[name] >= last for name, last in former.series.items())

    def _check_statements(self) -> None:
        """Check that statements close with what is due on bills, less credit."""
        for account in {entry.account for entry in set(self.now.entries) - set(self.before.entries)}:
            for holder in {bill.consumer_id for bill in self.now.bills.values() if bill.account == account}:
                shown = ledger.statement_of(
                    self.office.context(), account=account, first_day=None, last_day=None, consumer_id=holder
                )
                assert shown.closing.minor == self.now.owed_at(account, shown.holder)
                assert shown.closing.minor == sum((line.change.minor for line in shown.lines), shown.opening.minor)

    def _check_late_charges(self) -> None:
        """Check that they keep within their cap, and that only bills of some money have them."""
        for bill in self.now.bills.values():
            late, rule_now = bill.balance.late, self.office.late
            assert not late or (rule_now and bill.total.minor > 0)
            assert not (rule_now and rule_now.cap_minor) or late <= rule_now.cap_minor


def run_machine(office: MoneyOffice, *, examples: int, steps: int, **more: Any) -> None:  # noqa: ANN401
    """Run so many examples of so many steps.

    :raises AssertionError: with the steps that broke a law.
    """

    class Machine(MoneyMachine):
        pass

    Machine.office = office
    # Shrinking is left out: it repeats the steps for minutes, and the laws name the bill or payment that breaks them.
    phases = (Phase.explicit, Phase.generate)
    settings = run_settings(max_examples=examples, stateful_step_count=steps, deadline=None, phases=phases, **more)
    run_state_machine_as_test(Machine, settings=settings)
