"""Number receipts: by a series without gaps, by the day and the payment's id, or as given."""

from dataclasses import dataclass
from datetime import date

from chalicelib.payments import repository
from chalicelib.payments.domain import Tender
from chalicelib.payments.domain.receipt_numbers import check_given, dated_number, numbered, series_name
from chalicelib.platform.transaction import Action
from chalicelib.tenancy.domain import Project


@dataclass(frozen=True, slots=True)
class ReceiptPlan:
    """How the receipt of a payment is numbered: by a series, or with a number that must be free."""

    desk: str
    day: date
    series: str | None
    given: str | None


def receipt_plan(project: Project, tender: Tender, day: date, *, desk: str | None = None) -> ReceiptPlan:
    """Return how a payment's receipt is numbered: at the desk it names, else at `desk`, else at the first one.

    :raises Invalid: for a given number that is none, or that this project counts itself.
    """
    settings = project.settings.payments
    desk = tender.desk or desk or settings.desks[0]
    if tender.receipt_number is not None:
        return ReceiptPlan(desk, day, None, check_given(tender.receipt_number, rule=settings.receipts))
    return ReceiptPlan(desk, day, series_name(settings.receipts, desk=desk, day=day), None)


def numbered_receipt(
    project: Project, plan: ReceiptPlan, payment_id: str, *, last: int, attempt: int
) -> tuple[str, list[Action]]:
    """Return the number of a receipt, and the writes that keep it from being used twice. Two write units.

    `last` is the last number of the series as it was read. Labels: `series`, refused if another receipt got the next
    number; `receipt number`, if it is taken. A dated number that is taken is drawn anew at the next attempt.
    """
    rule = project.settings.payments.receipts
    if plan.series:
        number = numbered(rule, desk=plan.desk, day=plan.day, count=last + 1)
        return number, [repository.series_write(project, plan.series, last + 1)]
    seed = payment_id if not attempt else f"{payment_id}.{attempt}"
    number = plan.given or dated_number(rule, day=plan.day, seed=seed)
    return number, [repository.number_insert_write(project, number, payment_id)]
