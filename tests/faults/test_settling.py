"""Deposits, settlements, bank files and bills that take something, stopped at every AWS call: one effect."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import pytest
from chalice.app import Chalice

from chalicelib.billing import service as billing
from chalicelib.billing.service import FinalReading
from chalicelib.files import service as files
from chalicelib.imports import service as imports
from chalicelib.kernel.period import Period
from chalicelib.payments import service as payments
from chalicelib.platform import settings, storage
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import MeterValue
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import LateChargeRule, PaymentMethod, PaymentSettings
from tests.support import table
from tests.support.faults import Death, Mode, faults, strikes
from tests.support.http import Api
from tests.support.ledger import wrong_with
from tests.support.money_office import ACCOUNTS, MoneyOffice, open_money_office, tender_of

pytestmark = pytest.mark.slow

LATE = LateChargeRule(kind="percent", percent=Decimal(10))
RULES = PaymentSettings(
    part_payments=True, overpayment="credit", methods=(PaymentMethod("cash"), PaymentMethod("transfer"))
)
KEY = "the same request"
BILL, NEWER = "2025-11.A2.1", "2025-12.A2.1"
JANUARY = Period(2026, 1)
FILE = (
    "account_number,bill_number,amount,date,reference\n"
    f",{NEWER},150.00,2025-12-10,T-1\n"
    "A2,,165.00,2025-12-10,T-2\n"
    "A9,,1.00,2025-12-10,T-3\n"
    ",,2.00,2025-12-10,T-4\n"
    ",,150.00,2025-12-10,T-5\n"
    "A2,,-1.00,2025-12-10,T-6\n"
)
IMPORT = "01K9R6TGM0W5GNPCRW6FPSSVTH"

Act = Callable[[MoneyOffice], object]


def _deposit(office: MoneyOffice, account: str, minor: int, key: str) -> object:
    tender = tender_of(amount=minor)
    return payments.record_advance(office.context(key), account=account, tender=tender, into="deposit")


def _closed_with_a_deposit(office: MoneyOffice) -> None:
    _deposit(office, "A1", 900_00, "ahead")
    final = FinalReading(MeterValue(Decimal(22), office.day))
    billing.close(office.context(), account="A1", on=None, reason="Torn down", final=final)


def _overpaid_where_she_left(office: MoneyOffice) -> None:
    """Let Ana, whose connection A1 is Ben's now, pay more than her bill there."""
    office.pay("2025-11.A1.1", amount=400_00)


def _move(office: MoneyOffice) -> object:
    ana = office.bill("2025-11.A1.1").consumer_id
    return payments.settle_account(office.context(KEY), account="A1", consumer_id=ana, move_to="A2")


def _read_in_january(office: MoneyOffice) -> None:
    office.on("2026-01-05")
    for account in ACCOUNTS:
        shown = MeterValue(Decimal(40), date(2026, 1, 5))
        readings.take_reading(office.context(), account=account, meter_number=None, shown=shown)


def _planned(takes: Literal["credit", "dues"]) -> Callable[[MoneyOffice], None]:
    def before(office: MoneyOffice) -> None:
        office.advance("A2", 900_00)
        office.advance("A3", 40_00)
        _read_in_january(office)
        office.go_by(replace(office.settings, new_bills_take=takes), LATE)
        run = billing.start_run(office.context("run"), period=JANUARY, billed_on=None, due_on=None)
        billing.plan_run(office.context(), run_id=run.id)

    return before


def _run(office: MoneyOffice) -> None:
    """Work on all chunks, and once more when the leases of a worker that died have ended."""
    run_id = office.context("run").new_id()
    for later in (timedelta(0), timedelta(minutes=2)):
        ctx = replace(office.context(), now=office.now + later, read_clock=None)
        for shard in range(ctx.project.settings.shards):
            billing.generate_chunks(ctx, run_id=run_id, shard=shard)


def _bill_one(office: MoneyOffice) -> object:
    return billing.bill_reading(office.context(KEY), reading_id="2026-01.A2")


def _ready_to_take(takes: Literal["credit", "dues"]) -> Callable[[MoneyOffice], None]:
    def before(office: MoneyOffice) -> None:
        if takes == "credit":
            office.advance("A2", 400_00)
        _read_in_january(office)
        office.go_by(replace(office.settings, new_bills_take=takes), LATE)

    return before


def _announced(office: MoneyOffice) -> None:
    ctx = replace(office.context(), new_id=lambda: IMPORT)
    _, form = files.ask_for_upload(ctx, kind="bank", file_name="t.csv", period=None)
    storage._client().put_object(Bucket=settings.bucket_name(), Key=form.fields["key"], Body=FILE.encode())


def _import(office: MoneyOffice) -> object:
    return imports.run_bank_import(office.context(), import_id=IMPORT)


def _imported(office: MoneyOffice) -> None:
    _announced(office)
    _import(office)


def _line(office: MoneyOffice, reference: str) -> str:
    waiting = imports.list_bank_lines(office.context(), state="waiting", limit=50, cursor=None).items
    decided = imports.list_bank_lines(office.context(), state="assigned", limit=50, cursor=None).items
    dismissed = imports.list_bank_lines(office.context(), state="dismissed", limit=50, cursor=None).items
    return next(one.id for one in (*waiting, *decided, *dismissed) if one.reference == reference)


def _assign(office: MoneyOffice, reference: str, **to: object) -> object:
    line_id = _line(office, reference)
    return imports.assign_bank_line(office.context(KEY), line_id=line_id, note=None, **to)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Flow:
    """What is done before, what is asked for again when no answer came, and kinds of entries that it leaves."""

    act: Act
    before: Act = lambda _: None
    leaves: frozenset[str] = frozenset()


FLOWS = {
    "take a deposit": Flow(lambda office: _deposit(office, "A2", 50_00, KEY)),
    "take a deposit back": Flow(
        lambda office: office.reverse(office.context("ahead").new_id(), key=KEY),
        before=lambda office: _deposit(office, "A2", 50_00, "ahead"),
    ),
    "settle, and pay back the rest": Flow(
        lambda office: payments.settle_account(office.context(KEY), account="A1", refund_by="cash"),
        before=_closed_with_a_deposit,
    ),
    "settle, and leave the rest": Flow(
        lambda office: payments.settle_account(office.context(KEY), account="A1"), before=_closed_with_a_deposit
    ),
    "settle, and move the rest": Flow(_move, before=_overpaid_where_she_left, leaves=frozenset({"credit_moved"})),
    "close a month": Flow(lambda office: tenancy.close_books(office.context(KEY), month=Period(2025, 10))),
    "bill a reading that takes over dues": Flow(
        _bill_one, before=_ready_to_take("dues"), leaves=frozenset({"late_charge", "superseded"})
    ),
    "bill a reading that is paid from credit": Flow(
        _bill_one, before=_ready_to_take("credit"), leaves=frozenset({"credit_used"})
    ),
    "a run whose bills take over dues": Flow(
        _run, before=_planned("dues"), leaves=frozenset({"late_charge", "superseded"})
    ),
    "a run whose bills are paid from credit": Flow(_run, before=_planned("credit"), leaves=frozenset({"credit_used"})),
    "import a bank's file": Flow(_import, before=_announced),
    "assign a line to a bill": Flow(
        lambda office: _assign(office, "T-5", bill_ids=("2025-12.A1.1",)), before=_imported
    ),
    "assign a line as an advance": Flow(lambda office: _assign(office, "T-4", account="A3"), before=_imported),
    "dismiss a line": Flow(
        lambda office: imports.dismiss_bank_line(office.context(KEY), line_id=_line(office, "T-3"), reason="Rent"),
        before=_imported,
    ),
}


@pytest.fixture(scope="module")
def opened(app: Chalice, api: Api) -> MoneyOffice:
    return open_money_office(app, api)


@pytest.fixture
def office(opened: MoneyOffice) -> Iterator[MoneyOffice]:
    opened.start_again()
    opened.go_by(RULES, LATE)
    yield opened
    opened.start_again()


@pytest.mark.parametrize("name", FLOWS)
def test_an_act_that_is_stopped_anywhere_and_done_again_has_one_effect(office: MoneyOffice, name: str) -> None:
    flow = FLOWS[name]
    flow.before(office)
    ready, day = table.everything(), office.day
    before = _effect(office)
    with faults() as watched:
        flow.act(office)
    effect = _effect(office)
    assert effect != before, "nothing was done"
    assert flow.leaves <= {entry.kind for entry in office.stored().entries}
    assert wrong_with(office.stored()) == []
    for mode, at in strikes(watched.calls):
        table.put_back(ready)
        office.on(day.isoformat())
        _struck(office, flow.act, at, mode)
        flow.act(office)
        outcome = f"{mode} {watched.calls[at]} (call {at})"
        assert _effect(office) == effect, outcome
        assert wrong_with(office.stored()) == [], outcome


def _struck(office: MoneyOffice, act: Act, at: int, mode: Mode) -> None:
    with faults(strike_at=at, mode=mode) as striking, suppress(Death):
        act(office)
    assert striking.struck


def _effect(office: MoneyOffice) -> object:
    """Return what became of the money, of the project and of the bank's lines, and what the audit log says."""
    items = table.items_of(office.utility.client).values()
    states = {
        item["pk"]["S"]: (item.get("st"), item.get("state"), item.get("counts"), item.get("books_closed_until"))
        for item in items
        if item["sk"]["S"].partition("#")[0] in {"LINE", "IMPORT", "RUN", "PROJECT"}
    }
    said = Counter(item["ac"]["S"] for item in items if "#AUDIT#" in item["pk"]["S"])
    return _without_ids(office), states, said


def _without_ids(office: MoneyOffice) -> object:
    """Return the effect, but for the ids of entries of acts without a key: a worker's ids are new each time."""
    stored = office.stored()
    kinds = Counter(
        (each.account, each.holder, each.kind, each.effects, each.credit_minor, each.deposit_minor, each.value_on)
        for each in stored.entries
    )
    balances = {bill.id: (bill.balance, bill.superseded_by) for bill in stored.bills.values()}
    return kinds, balances, stored.positions, stored.payments.keys(), stored.series, stored.taken
