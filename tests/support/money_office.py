"""An office with bills to pay, at the services themselves: laws, races and planted faults are tried on it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, Self

from chalice.app import Chalice

from chalicelib.billing import service as billing
from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.ledger import service as ledger
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Payment, Tender
from chalicelib.platform import clock
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import MeterValue
from chalicelib.tenancy.domain import LateChargeRule, PaymentSettings, ProjectContext
from tests.support import table
from tests.support.http import Api
from tests.support.ledger import Stored
from tests.support.office import FLAT, Office
from tests.support.utilities import Utility

FIRST_DAY = date(2025, 12, 10)
ACCOUNTS = ("A1", "A2", "A3")


@dataclass
class MoneyOffice:
    """Three connections with bills of November and December 2025, on a day that moves.

    A1 was Ana's in November, and is Ben's since; A2 is Ana's; A3 is a unit without a consumer. Bills are of 150.00 and
    due on the 20th of their month. `settings` are those that the next acts go by; the table need not know them.
    """

    utility: Utility
    opened: ProjectContext
    began_with: table.Items
    day: date = FIRST_DAY
    late: LateChargeRule | None = None
    settings: PaymentSettings = field(default_factory=PaymentSettings)
    ticks: Iterator[int] = field(default_factory=count)

    @property
    def now(self) -> datetime:
        """A moment of the day, each time a little later."""
        return datetime.combine(self.day, time(1), UTC) + timedelta(milliseconds=next(self.ticks) % 50_000_000)

    def context(self, key: str | None = None) -> ProjectContext:
        """Return the context of a request of today: one with a key makes the same ids again."""
        settings = replace(self.opened.project.settings, late_charge=self.late, payments=self.settings)
        return replace(
            self.opened,
            project=replace(self.opened.project, settings=settings),
            now=self.now,
            new_id=derived_ids(key) if key else clock.fresh_id,
            request_key=key,
        )

    def start_again(self) -> None:
        """Put back what the table held when the office was opened."""
        table.put_back(self.began_with)
        self.day, self.late, self.settings = FIRST_DAY, None, PaymentSettings()

    def go_by(self, settings: PaymentSettings, late: LateChargeRule | None = None) -> None:
        """Let the next acts go by other rules."""
        self.settings, self.late = settings, late

    def stored(self) -> Stored:
        return Stored.of(self.utility.client, self.utility.project)

    def pay(
        self,
        *bill_ids: str,
        key: str | None = None,
        waive: str | None = None,
        ctx: ProjectContext | None = None,
        **tender: Any,  # noqa: ANN401
    ) -> Payment:
        order = payments.Order(tender=tender_of(**tender), bills=dict.fromkeys(bill_ids, None), waive_reason=waive)
        return payments.record_payment(ctx or self.context(key), order=order)

    def advance(self, account: str, minor: int, *, key: str | None = None) -> Payment:
        tender = tender_of(amount=minor)
        return payments.record_advance(self.context(key), account=account, tender=tender)

    def use_credit(self, account: str, *, minor: int | None = None, key: str | None = None) -> ledger.Owed:
        return payments.use_credit(self.context(key), account=account, amount_minor=minor)

    def reverse(self, payment_id: str, *, key: str | None = None) -> Payment:
        return payments.reverse_payment(self.context(key), payment_id=payment_id, reason="typing_error")

    def bill(self, bill_id: str) -> Bill:
        return bills.bills_by_id(self.opened.project, [bill_id])[bill_id]

    def bill_month(self, period: Period) -> None:
        """Read all meters on the fifth, and bill the month by a run."""
        self.day = max(self.day, period.first_day + timedelta(days=4))
        ctx = self.context()
        for account in ACCOUNTS:
            shown = MeterValue(_reading_of(period), period.first_day + timedelta(days=4))
            readings.take_reading(ctx, account=account, meter_number=None, shown=shown)
        run = billing.start_run(ctx, period=period, billed_on=None, due_on=None)
        billing.plan_run(ctx, run_id=run.id)
        for shard in range(ctx.project.settings.shards):
            billing.generate_chunks(ctx, run_id=run.id, shard=shard)

    def add_bill(self, like: str, number: int, total_minor: int) -> str:
        """Issue one more bill like another, of today, with any total."""
        model = self.bill(like)
        made = replace(
            model,
            number=number,
            total=Money(total_minor, model.total.currency),
            billed_on=self.day,
            due_on=self.day + timedelta(days=10),
            issued_at=self.now,
            balance=type(model.balance)(),
        )
        bills.issue_bills(self.opened.project, [made])
        return made.id

    def on(self, day: str) -> Self:
        self.day = date.fromisoformat(day)
        return self


def tender_of(*, amount: int | None = None, paid_on: date | None = None, **more: Any) -> Tender:  # noqa: ANN401
    """Return cash, of an amount in minor units."""
    money = None if amount is None else Money(amount, "PHP")
    return Tender(method="cash", amount=money, received=None, paid_on=paid_on, **more)


def open_money_office(app: Chalice, api: Api) -> MoneyOffice:
    """Open it over HTTP, in an empty table."""
    table.put_back({})
    try:
        office = Office(app, api, FLAT, today="2025-10-01")
        project = office.staff.get(office.base).expect(200)
        due = {"due": {"day": 20, "month": "period"}}
        body = {"version": project["version"], "settings": due}
        office.staff.patch(f"{office.base}/settings", body).expect(200)
        ana, ben = office.consumer("Ana"), office.consumer("Ben")
        for account, consumer in (("A1", ana), ("A2", ana), ("A3", None)):
            office.connect(account, consumer=consumer, initialReading="0")
        for account in ACCOUNTS:
            office.read(account, "2025-11-05", "10")
        office.run("2025-11")
        office.hand_over("A1", "2025-11-25", ben, finalReading="12")
        for account in ACCOUNTS:
            office.read(account, "2025-12-05", "22")
        office.run("2025-12")
        office.on(FIRST_DAY.isoformat())
        return MoneyOffice(office.utility, office.utility.context(), table.everything())
    finally:
        clock.use_time(None)


def _reading_of(period: Period) -> Decimal:
    months = (period.year - 2025) * 12 + period.month - 11
    return Decimal(12 + 10 * months)
