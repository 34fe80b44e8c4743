"""How money is divided among bills: what each is to get, and the rules of the project."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.money import Money
from chalicelib.tenancy.domain import PaymentSettings


@dataclass(frozen=True, slots=True)
class Due:
    """What is due on a bill on the day of a payment; the oldest due day is paid first."""

    bill_id: str
    due_minor: int
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """What each bill gets, in minor units, and what is left over."""

    parts: Mapping[str, int]
    left_minor: int = 0


def allocate(
    dues: Sequence[Due], stated: Mapping[str, int], amount: Money | None, settings: PaymentSettings, *, currency: str
) -> Allocation:
    """Divide an amount among bills.

    Bills with a `stated` part get it; the others are paid in full, the oldest first, as far as the amount goes. Without
    an amount, all that is due is paid.

    :raises Invalid: for more than is due, a part where parts are not taken, or stated parts that the amount is not.
    :raises Conflict: if nothing is due on a bill.
    """
    for due in dues:
        if due.due_minor <= 0:
            raise Conflict("nothing-due", f"nothing is due on bill {due.bill_id}: it is paid", field="bills")
    wanted = {due.bill_id: stated.get(due.bill_id, due.due_minor) for due in dues}
    _check_stated(dues, stated, settings, currency)
    if amount and stated:
        _check_sum(dues, stated, amount, settings)
    left = sum(wanted.values()) if amount is None else amount.minor
    parts: dict[str, int] = {}
    for due in _in_order(dues, stated):
        parts[due.bill_id] = min(wanted[due.bill_id], left)
        left -= parts[due.bill_id]
    total = sum(due.due_minor for due in dues)
    _check_parts(dues, parts, settings, currency)
    if left and settings.overpayment != "credit":
        paid = Money(sum(wanted.values()) if stated else total, currency)
        raise Invalid("above-due", f"{amount} is more than the {paid} that is due", field="amount")
    return Allocation({bill_id: part for bill_id, part in parts.items() if part}, left)


def _in_order(dues: Iterable[Due], stated: Mapping[str, int]) -> list[Due]:
    return sorted(dues, key=lambda due: (due.bill_id not in stated, *due.order))


def _check_stated(dues: Iterable[Due], stated: Mapping[str, int], settings: PaymentSettings, currency: str) -> None:
    for due in dues:
        part = stated.get(due.bill_id, due.due_minor)
        if part <= 0:
            raise Invalid("bad-amount", "the amount must be greater than zero", field="bills")
        if part > due.due_minor:
            message = f"{Money(part, currency)} is more than the {Money(due.due_minor, currency)} due on {due.bill_id}"
            raise Invalid("above-due", message, field="bills" if due.bill_id in stated else "amount")
        if part < due.due_minor and not settings.part_payments:
            raise _no_parts(due, currency, field="bills")


def _check_sum(dues: Sequence[Due], stated: Mapping[str, int], amount: Money, settings: PaymentSettings) -> None:
    """Check that an amount is enough for the stated parts, and nothing else where each bill's part is stated."""
    parts = Money(sum(stated.values()), amount.currency)
    is_left = len(stated) == len(dues) and amount.minor > parts.minor and settings.overpayment == "credit"
    if amount.minor < parts.minor or is_left:
        message = f"the parts add up to {parts}, not to {amount}: correct one of them, or leave amount out"
        raise Invalid("bad-amount", message, field="amount")


def _check_parts(dues: Iterable[Due], parts: Mapping[str, int], settings: PaymentSettings, currency: str) -> None:
    for due in dues:
        if parts[due.bill_id] < due.due_minor and not settings.part_payments:
            raise _no_parts(due, currency, field="amount")


def _no_parts(due: Due, currency: str, *, field: str) -> Invalid:
    message = f"bills are paid whole here: exactly {Money(due.due_minor, currency)} for {due.bill_id}"
    return Invalid("no-part-payments", message, field=field)
