"""Which bills can be voided, and what that does to their reading."""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.bills.domain import Bill
from chalicelib.bills.domain.bill import MAX_REVISIONS
from chalicelib.kernel.errors import Conflict
from chalicelib.readings.domain.reading import Reading


def check_voidable(bill: Bill, standing: Iterable[Bill]) -> None:
    """Check that a bill can be voided, among the standing ones of its round.

    :raises Conflict: if it is voided, has no reading, or a later bill of the round counts on from it.
    """
    if not bill.is_standing:
        raise voided(bill)
    if not bill.has_reading:
        message = f"bill {bill.id} has no reading that could be billed again: correct what is owed by a credit note"
        raise Conflict("not-voidable", message, field="billId")
    _check_dues_stayed(bill, field="billId")
    if bill.revision >= MAX_REVISIONS:
        message = f"bill {bill.id} was issued {MAX_REVISIONS} times: correct what is owed by a credit note"
        raise Conflict("not-voidable", message, field="billId")
    if later := [each for each in standing if each.has_reading and each.place > bill.place]:
        message = f"bill {later[-1].id} of the same round counts on from it: void that one first"
        raise Conflict("later-bill", message, field="billId")


def check_reissuable(bill: Bill) -> None:
    """Check that a bill can be made again by the tariffs of its days.

    :raises Conflict: if a former system made it, or it was issued too often.
    """
    _check_dues_stayed(bill, field="readings")
    if bill.migrated or bill.revision >= MAX_REVISIONS:
        made = "came from a former system" if bill.migrated else f"was issued {MAX_REVISIONS} times"
        raise Conflict(
            "not-voidable", f"bill {bill.id} {made}: correct what is owed by a credit note", field="readings"
        )


def voided(bill: Bill) -> Conflict:
    """Return the error for what can't be done with a bill that is voided."""
    return Conflict("bill-voided", f"bill {bill.id} was voided on {bill.voided_on}", field="billId")


def with_bill_voided(reading: Reading) -> Reading:
    """Return a reading after the bill that closed with it was voided: it can be billed again."""
    return replace(reading, bills_voided=reading.bills_voided + 1, version=reading.version + 1)


def _check_dues_stayed(bill: Bill, *, field: str) -> None:
    """Check that no dues moved from the bill to a newer one, or to it from older ones.

    :raises Conflict: if some did.
    """
    if bill.superseded_by or bill.balance.moved_in:
        message = f"dues of older bills moved with bill {bill.id}: correct what is owed by a credit note"
        raise Conflict("not-voidable", message, field=field)
