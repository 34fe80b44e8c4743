"""The charges and payments of a history's entries, compared with the bill by the tariff."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.bills.domain import Bill
from chalicelib.cycles.domain import DueRule
from chalicelib.files.domain.record import Refusal
from chalicelib.imports.domain.history_fields import EntryRefused
from chalicelib.imports.domain.history_file import Entry, StatedPayment
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.money import LARGEST_MINOR, Money
from chalicelib.payments.domain import Payment
from chalicelib.readings.domain.reading import Provenance
from chalicelib.tenancy.domain import LateChargeRule, Project

# The codes of S1's charges in its tariff.
_LINE_OF = {"baseCharge": "base", "usageCharge": "usage"}


@dataclass(frozen=True, slots=True)
class Migration:
    """The import of a history: project, day and import, and the rules for days that are due and for being late."""

    project: Project
    due: DueRule
    late_charge: LateChargeRule | None
    today: date
    by: Provenance


def payments_of(migration: Migration, entry: Entry, bill: Bill) -> tuple[Payment, ...]:
    """Return an entry's payments, each with its permanent number and not yet counted on the bill.

    The number derives from the bill and the transaction id; without one, from day, amount, method and check number, and
    from its position among several such payments.

    :raises EntryRefused: for an invalid amount, or a repeated transaction id.
    """
    made: list[Payment] = []
    same: Counter[tuple[str, ...]] = Counter()
    for stated in entry.payments:
        amount = money_of(migration, entry.line, stated.place, stated.amount)
        what = _identity(stated, amount)
        same[what] += 1
        if stated.reference and same[what] > 1:
            reason = f"the transaction id {stated.reference} stands twice in this entry"
            raise EntryRefused(Refusal(entry.line, stated.place, "duplicate-payment", reason))
        whose = (migration.project.client, migration.project.id, as_imported(bill), *what, str(same[what]))
        made.append(
            Payment(
                id=derived_ids("payment", *whose)(),
                account=bill.account,
                consumer_id=bill.consumer_id,
                consumer_name=bill.consumer_name,
                amount=amount,
                received=amount,
                paid_on=stated.paid_on,
                booked_on=stated.paid_on,
                method=stated.method,
                check_number=stated.check_number,
                reference=stated.reference,
                notes=stated.notes,
                source="migrated",
                origin=migration.by.origin,
                recorded_by=migration.by.by,
                recorded_at=migration.by.at,
            )
        )
    return tuple(made)


def as_imported(bill: Bill) -> str:
    """Return the id that a bill had when it was imported: it may have been voided and issued again since."""
    return replace(bill, revision=1).id


def check_charges(migration: Migration, entry: Entry, bill: Bill) -> None:
    """Check an entry's charges against the tariff of that time."""
    charged: Counter[str] = Counter()
    for line in bill.lines:
        charged[line.code] += line.amount.minor
    for name in ("baseCharge", "usageCharge", "totalAmount"):
        if name not in entry.amounts:
            continue
        stated = money_of(migration, entry.line, f"{entry.place}.{name}", entry.amounts[name])
        minor = bill.total.minor if name == "totalAmount" else charged[_LINE_OF[name]]
        if stated.minor != minor:
            made = Money(minor, stated.currency)
            reason = f"the file says {stated}, the tariff gives {made}; correct the file, or the tariff of that time"
            raise EntryRefused(Refusal(entry.line, f"{entry.place}.{name}", "amount-differs", reason))


def check_paid(migration: Migration, entry: Entry, payments: tuple[Payment, ...]) -> None:
    if "paidAmount" not in entry.amounts:
        return
    place = f"{entry.place}.paidAmount"
    stated = money_of(migration, entry.line, place, entry.amounts["paidAmount"])
    paid = Money(sum(payment.amount.minor for payment in payments), stated.currency)
    if stated != paid:
        reason = f"the file says {stated} is paid, its payments add up to {paid}"
        raise EntryRefused(Refusal(entry.line, place, "paid-differs", reason))


def check_known(
    entry: Entry, bill: Bill, said: list[tuple[StatedPayment, Payment]], paid: Mapping[str, Payment]
) -> None:
    """Check that an entry repeats the stored payments of a bill unchanged."""
    for stated, payment in said:
        if payment.id in paid and not payment.is_same_as(paid[payment.id]):
            reason = f"this payment of {bill.id} is on record, and says something else"
            raise EntryRefused(Refusal(entry.line, stated.place, "differs", reason))


def check_all_named(entry: Entry, bill: Bill, named_minor: int) -> None:
    """Check that an entry that adds payments names all that is paid, for one that looks new may be a corrected one."""
    if named_minor != bill.balance.paid:
        reason = (
            f"of {bill.id} {bill.paid} is paid already, by payments that are not all named here as they are on record"
        )
        raise EntryRefused(Refusal(entry.line, f"{entry.place}.payments", "differs", reason))


def _identity(stated: StatedPayment, amount: Money) -> tuple[str, ...]:
    if stated.reference:
        return ("reference", stated.reference)
    return ("facts", stated.paid_on.isoformat(), str(amount), stated.method, stated.check_number or "")


def money_of(migration: Migration, line: int, place: str, text: str) -> Money:
    """Return an amount of the file in the project's currency.

    :raises EntryRefused: if it is none, or larger than a bill can be.
    """
    try:
        money = Money.parse(text, migration.project.settings.currency)
    except Invalid as error:
        raise EntryRefused(Refusal(line, place, error.code, str(error))) from None
    if abs(money.minor) > LARGEST_MINOR:
        raise EntryRefused(Refusal(line, place, "bad-amount", f"{money} is more than a bill can be"))
    return money
