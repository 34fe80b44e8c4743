"""Which bills a version of a tariff would change that was put into force for days already billed."""

from collections.abc import Collection
from dataclasses import dataclass

from chalicelib.bills.domain.bill import Bill
from chalicelib.tariffs.domain import Tariff
from chalicelib.tenancy.domain import Project


@dataclass(frozen=True, slots=True)
class AffectedBy:
    """A version, and the classes that have tariffs of their own, which one for every class does not rate."""

    project: Project
    tariff: Tariff
    own_classes: Collection[str]

    def includes(self, bill: Bill) -> bool:
        """Tell whether the version would rate days of a bill that was made without it."""
        return self._is_valid_in(bill) and self._rates(bill) and not self._rated(bill)

    def _is_valid_in(self, bill: Bill) -> bool:
        first_day, until_day = self.project.first_day_of(bill.period), bill.period.shifted(1).first_day
        ends = self.tariff.valid_until
        return self.tariff.valid_from < until_day and (ends is None or ends > first_day)

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
