"""Read what a payment is for, as it stands on the payment's day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from chalicelib.bills.domain import Bill
from chalicelib.connections import service as connections
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books, LateCharge, is_back_dated, on_past_day
from chalicelib.payments.domain import MAX_BILLS, PaymentSource, Tender, check_paid_day
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import LateChargeRule, ProjectContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is paid: bills, each perhaps with its part in minor units, or the oldest open bills of an account.

    `source` is where the money came from; `origin` the file, if it was one.
    """

    tender: Tender
    bills: Mapping[str, int | None] = field(default_factory=dict)
    account: str | None = None
    waive_reason: str | None = None
    source: PaymentSource = "counter"
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the bills of an order on the day of the payment."""

    books: Books
    day: date
    today: date
    rule: LateChargeRule | None
    charges: Mapping[str, LateCharge]
    histories: Mapping[str, ledger.History]

    @property
    def bills(self) -> Sequence[Bill]:
        return tuple(self.books.bills.values())

    def is_past(self, bill: Bill) -> bool:
        return is_back_dated(self.rule, bill, self.day)

    def late_due(self, bill: Bill) -> int:
        """Return the late charge that is due on the day of the payment."""
        if self.rule and self.is_past(bill):
            return on_past_day(self.rule, bill, self.day, self.histories[bill.id]).balance.late_due
        return bill.balance.late_due + self.charges[bill.id].minor

    def due(self, bill: Bill) -> int:
        if self.rule and self.is_past(bill):
            return on_past_day(self.rule, bill, self.day, self.histories[bill.id]).due(bill)
        return bill.principal_due.minor + self.late_due(bill)


def read_standing(ctx: ProjectContext, order: Order, day: date) -> Standing:
    """Read the bills of an order as they are now, with their late charges on a day."""
    project = ctx.project
    bill_ids = list(order.bills) or _open_bills(ctx, str(order.account), day)
    credited = project.settings.payments.overpayment == "credit"
    books = ledger.open_books(project, bill_ids=bill_ids)
    if missing := [each for each in bill_ids if each not in books.bills]:
        raise NotFound("not-found", f"there is no bill {missing[0]}", field="bills")
    bills = list(books.bills.values())
    _check_reach(ctx, bills)
    _check_standing(bills)
    check_paid_day(day, bills)
    rule = tenancy.late_charge_rule(project)
    past = [bill for bill in bills if is_back_dated(rule, bill, day)]
    if past or credited:
        holders = {(bill.account, bill.consumer_id) for bill in bills}
        books = Books(books.bills, ledger.open_books(project, holders=holders).positions)
    histories = ledger.histories(project, past)
    charges = ledger.late_charges_on(project, rule, books.bills, day, read=histories)
    return Standing(books, day, ledger.booking_day(project, ctx.now), rule, charges, histories)


def _open_bills(ctx: ProjectContext, account: str, day: date) -> list[str]:
    """Return the oldest open bills of an account's holder, as many as one payment takes."""
    connection = connections.get_connection(ctx, account=account)
    owed = ledger.owed_at(ctx, [connection], on=day)[0]
    due = [each.bill.id for each in owed.bills if each.due.minor > 0]
    if not due:
        raise Conflict("nothing-due", f"nothing is due at {account}; enter an advance instead", field="accountNumber")
    return due[:MAX_BILLS]


def _check_standing(bills: Sequence[Bill]) -> None:
    """Check that no bill was superseded. Source: S4-021.

    :raises Conflict: naming the bill to pay instead.
    """
    for bill in bills:
        if bill.superseded_by:
            message = f"bill {bill.id} was superseded: pay {bill.superseded_by}, which has its dues"
            raise Conflict("superseded", message, field="bills")


def _check_reach(ctx: ProjectContext, bills: Sequence[Bill]) -> None:
    """Check that the bills are of one holder, within the actor's areas.

    :raises NotFound: if one is out of reach.
    :raises Invalid: if they are of several holders: credit and receipts never cross them.
    """
    accounts = {bill.account for bill in bills}
    if not accounts <= connections.accounts_within_reach(ctx, ctx.project, accounts):
        raise NotFound("not-found", "there is no such bill", field="bills")
    holders = {bill.consumer_id or f"unit {bill.account}" for bill in bills}
    if len(holders) > 1:
        message = "these bills are of several consumers: take a payment from each of them"
        raise Invalid("other-holder", message, field="bills")
