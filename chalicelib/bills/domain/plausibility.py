"""Bills that a person must check before they are issued."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chalicelib.bills.domain.bill import Bill
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.money import Money

HELD_ABOVE = 10
"""A bill of more than so many times what is usual is held."""


@dataclass(frozen=True, slots=True)
class UsualTotals:
    """Totals of the last bills before a period, in minor units: each connection's, and the average of each class."""

    of_accounts: Mapping[str, int] = field(default_factory=dict)
    of_classes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, bills: Iterable[tuple[str, str, int]]) -> "UsualTotals":
        """Compute the totals from bills, each given as account number, class and total."""
        accounts: dict[str, int] = {}
        classes: dict[str, list[int]] = defaultdict(list)
        for account, consumer_class, minor in bills:
            accounts[account] = minor
            classes[consumer_class].append(minor)
        return cls(accounts, {name: sum(totals) // len(totals) for name, totals in classes.items()})

    def with_earlier(self, earlier: "UsualTotals") -> "UsualTotals":
        """Return the totals, completed by an earlier period's for connections and classes without bills since."""
        return UsualTotals({**earlier.of_accounts, **self.of_accounts}, {**earlier.of_classes, **self.of_classes})

    def check(self, bill: Bill) -> None:
        """Check that a bill is not far above both its connection's last one and the average of its class.

        If neither is known, or neither is above zero, every bill passes. After 275.00, in a class with an average of
        300.00, a bill of 3,000.00 passes and one of 3,000.01 does not.

        :raises Conflict: if a person must check it.
        """
        last, average = self.of_accounts.get(bill.account, 0), self.of_classes.get(bill.consumer_class, 0)
        if 0 < HELD_ABOVE * max(last, average) < bill.total.minor:
            currency = bill.total.currency
            usual = {"the connection's last bill": last, "the average of its class then": average}
            known = " and ".join(f"{what} ({Money(minor, currency)})" for what, minor in usual.items() if minor > 0)
            raise Conflict(
                "implausible-amount",
                f"{bill.total} {currency} is more than {HELD_ABOVE} times {known}; "
                "correct the reading, or bill it on its own",
            )
