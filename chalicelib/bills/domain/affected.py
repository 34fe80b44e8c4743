"""Which bills a change would alter that was made for days already billed: of a tariff, or of a connection's facts."""

from collections.abc import Collection
from dataclasses import dataclass

from chalicelib.bills.domain.bill import Bill
from chalicelib.bills.domain.consumption import Consumption
from chalicelib.bills.domain.history import lacks_history
from chalicelib.bills.domain.issuing import IssueTerms, bill_of, usage_of
from chalicelib.connections.domain import Connection
from chalicelib.cycles.domain import DueOffset
from chalicelib.kernel.errors import MeterbookError
from chalicelib.kernel.money import Money
from chalicelib.tariffs.domain import Tariff, TariffBook
from chalicelib.tenancy.domain import Project


@dataclass(frozen=True, slots=True)
class AffectedBy:
    """A version, and the classes that have tariffs of their own, which one for every class does not rate."""

    project: Project
    tariff: Tariff
    own_classes: Collection[str]

    def includes(self, bill: Bill) -> bool:
        """Tell whether the version would rate days of a bill that was made without it."""
        return bill.is_of_service and self._is_valid_in(bill) and self._rates(bill) and not self._rated(bill)

    def _is_valid_in(self, bill: Bill) -> bool:
        ends = self.tariff.valid_until
        return self.tariff.valid_from <= bill.last_day and (ends is None or ends > bill.first_day)

    def _rates(self, bill: Bill) -> bool:
        tariff = self.tariff
        if bill.tariff_id is not None or tariff.by_choice:
            return bill.tariff_id == tariff.id
        if tariff.consumer_class is None:
            return bill.consumer_class not in self.own_classes
        return bill.consumer_class == tariff.consumer_class

    def _rated(self, bill: Bill) -> bool:
        version = (self.tariff.id, self.tariff.version)
        return any((line.trace.tariff_id, line.trace.tariff_version) == version for line in bill.lines)


def would_differ(
    project: Project, bill: Bill, consumption: Consumption, connection: Connection, book: TariffBook
) -> bool:
    """Tell whether a bill would be different if it were made now; it also would if it could not be made.

    That of a bill by uses of periods that are too far back to be known any more is not told.
    """
    usage = usage_of(project, consumption, connection)
    if lacks_history(project, usage, connection, book, period=bill.period):
        return False
    rule = DueOffset(1)  # it decides nothing: the bill's own due day is given
    terms = IssueTerms(bill.run_id, bill.issued_at, bill.billed_on, bill.due_on, rule, migrated=True)
    try:
        again = bill_of(project, terms, consumption, connection, book)
    except MeterbookError:
        return True
    return _charged(again) != _charged(bill)


def _charged(bill: Bill) -> list[tuple[str, Money]]:
    return [(line.code, line.amount) for line in bill.lines]
