"""Bill one reading without a run."""

from datetime import date

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.payments import service as payments
from chalicelib.tenancy.domain import Project, ProjectContext


def bill_reading(
    ctx: ProjectContext, *, reading_id: str, billed_on: date | None = None, due_on: date | None = None
) -> tuple[Project, Bill]:
    """Bill one confirmed reading at once, and do what the project wants of new bills.

    Return the bill as it is then. See `bills.bill_reading` for what it refuses.
    """
    project, bill = bills.bill_reading(ctx, reading_id=reading_id, billed_on=billed_on, due_on=due_on)
    payments.after_billing(ctx, [bill])
    if project.settings.payments.new_bills_take == "nothing":
        return project, bill
    return project, bills.find_bill(project, bill.id) or bill
