"""Number receipts: by a series without gaps, by the day and the payment's id, or as given."""

from dataclasses import dataclass

from chalicelib.kernel.errors import Conflict
from chalicelib.payments import repository
from chalicelib.payments.domain import Payment, Tender
from chalicelib.payments.domain.receipt_numbers import check_given, dated_number, numbered, series_name
from chalicelib.platform.transaction import Action
from chalicelib.tenancy.domain import Project


@dataclass(frozen=True, slots=True)
class ReceiptPlan:
    """How the receipt of a payment is numbered: by a series, or with a number that must be free."""

    desk: str
    series: str | None
    given: str | None


def receipt_plan(project: Project, tender: Tender, day_text: object) -> ReceiptPlan:
    """Return how a payment's receipt is numbered.

    :raises Invalid: for a given number that is none, or that this project counts itself.
    """
    settings = project.settings.payments
    desk = tender.desk or settings.desks[0]
    rule = settings.receipts
    if tender.receipt_number is not None:
        return ReceiptPlan(desk, None, check_given(tender.receipt_number, rule))
    return ReceiptPlan(desk, series_name(rule, desk=desk, day=day_text), None)
