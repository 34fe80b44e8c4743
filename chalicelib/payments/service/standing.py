"""Read what a payment is for, as it stands on the payment's day."""

from collections.abc import Iterable, Mapping, Sequence
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
    if credited or any(is_back_dated(rule, bill, day) for bill in bills):
        holders = {(bill.account, bill.consumer_id) for bill in bills}
        books = Books(books.bills, ledger.open_books(project, holders=holders).positions)
    return _standing(ctx, books, day)


def read_standing_of_arrival(
    ctx: ProjectContext, bill_ids: Iterable[str], *, account: str, holder: str | None, day: date
) -> Standing:
    """Read bills that money has arrived for, and the credit of its payer; bills that are not theirs are left out.

    Those that took dues of these over are read with them.
    """
    found = ledger.open_books(ctx.project, bill_ids=bill_ids, holders=[(account, holder)])
    theirs = {bill_id: bill for bill_id, bill in found.bills.items() if bill.consumer_id == holder}
    books = ledger.with_successors(ctx.project, Books(theirs, found.positions))
    elsewhere = {(bill.account, holder) for bill in books.bills.values()} - {(account, holder)}
    more = ledger.open_books(ctx.project, holders=elsewhere).positions if elsewhere else {}
    return _standing(ctx, Books(books.bills, {**books.positions, **more}), day)


def _standing(ctx: ProjectContext, books: Books, day: date) -> Standing:
    rule = tenancy.late_charge_rule(ctx.project)
    past = [bill for bill in books.bills.values() if is_back_dated(rule, bill, day)]
    histories = ledger.histories(ctx.project, past)
    charges = ledger.late_charges_on(ctx.project, rule, books.bills, day, read=histories)
    return Standing(books, day, ledger.booking_day(ctx.project, ctx.now), rule, charges, histories)


def _open_bills(ctx: ProjectContext, account: str, day: date) -> list[str]:
    """Return the oldest open bills of an account's holder, as many as one payment takes."""
    connection = connections.get_connection(ctx, account=account)
    owed = ledger.owed_at(ctx, [connection], on=day)[0]
    due = [each.bill.id for each in owed.to_pay if not each.bill.superseded_by]
    if not due:
        raise Conflict("nothing-due", f"nothing is due at {account}; enter an advance instead", field="accountNumber")
    return due[:MAX_BILLS]


def _check_standing(bills: Sequence[Bill]) -> None:
    """Check that no bill was superseded or voided. Source: S4-021.

    :raises Conflict: naming the bill to pay instead.
    """
    for bill in bills:
        if bill.superseded_by:
            message = f"bill {bill.id} was superseded: pay {bill.superseded_by}, which has its dues"
            raise Conflict("superseded", message, field="bills")
        if not bill.is_standing:
            remedy = f"pay {bill.successor} instead" if bill.successor else "look for the bill issued in its place"
            raise Conflict("bill-voided", f"bill {bill.id} was voided on {bill.voided_on}: {remedy}", field="bills")


def _check_reach(ctx: ProjectContext, bills: Sequence[Bill]) -> None:
    """Check that the bills are of one holder, within the actor's areas; a consumer's own, if the actor is one.

    Source: S2-036. Consumers see and pay only their own bills.

    :raises NotFound: if one is out of reach.
    :raises Invalid: if they are of several holders: credit and receipts never cross them.
    """
    if not (ctx.actor.may("payments.record") or all(ctx.actor.owns(bill.consumer_id) for bill in bills)):
        raise NotFound("not-found", "there is no such bill", field="bills")
    accounts = {bill.account for bill in bills}
    if not accounts <= connections.accounts_within_reach(ctx, ctx.project, accounts):
        raise NotFound("not-found", "there is no such bill", field="bills")
    holders = {bill.consumer_id or f"unit {bill.account}" for bill in bills}
    if len(holders) > 1:
        message = "these bills are of several consumers: take a payment from each of them"
        raise Invalid("other-holder", message, field="bills")
