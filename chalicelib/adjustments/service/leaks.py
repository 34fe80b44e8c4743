"""The leak allowance: what a bill would be less with a part of its use, as a preview and as a credit note."""

from dataclasses import dataclass
from decimal import Decimal

from chalicelib.adjustments.domain import Adjustment, Leak, allowed_units
from chalicelib.adjustments.service.asking import credit_bill
from chalicelib.adjustments.service.posting import bill_within_reach
from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.money import Money
from chalicelib.tenancy.domain import ProjectContext


@dataclass(frozen=True, slots=True)
class LeakAllowance:
    """What a leak allowance comes to: units of use, and the amount that a bill is less without them."""

    bill: Bill
    leak: Leak
    amount: Money

    @property
    def total_after(self) -> Money:
        return self.bill.total - self.amount


def leak_allowance(ctx: ProjectContext, *, bill_id: str, usual_use: Decimal) -> LeakAllowance:
    """Compute the leak allowance of a bill: half of what its use exceeds the usual one, by the tariff.

    125 m3 at 10.00 and 50.00 are 1300.00; 6 m3 are usual: 60 m3 less, so 600.00. Source: B18.

    :raises NotFound: if there is no such bill, or it is out of the actor's areas.
    :raises Invalid: if its use does not exceed the usual one.
    :raises Conflict: if it has no reading, or would not be less.
    """
    bill = bill_within_reach(ctx, bill_id)
    units = allowed_units(bill.usage, usual_use)
    amount = bills.less_by(ctx.project, bill, units)
    if amount.minor <= 0:
        raise Conflict("nothing-due", f"bill {bill.id} would not be less with {units} {bill.unit} less")
    return LeakAllowance(bill, Leak(use=bill.usage, usual_use=usual_use, units=units), amount)


def allow_leak(ctx: ProjectContext, *, bill_id: str, usual_use: Decimal, reason: str) -> Adjustment:
    """Credit a bill with its leak allowance; above the project's limit somebody else must approve it.

    The same errors as `leak_allowance` and `credit_bill`.
    """
    allowance = leak_allowance(ctx, bill_id=bill_id, usual_use=usual_use)
    return credit_bill(ctx, bill_id=bill_id, amount=allowance.amount, code="leak", reason=reason, leak=allowance.leak)
