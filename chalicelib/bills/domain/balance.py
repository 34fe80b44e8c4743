"""What became of a bill's money since it was issued."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Balance:
    """The sum of the ledger entries that name a bill, in minor units of its currency.

    `paid` is all money that was counted on the bill, `late_paid` the part of it that paid late charges. `late` are late
    charges, of which `waived` were forgiven; `late_steps` is how many steps of the rule they have charged. `credited`
    and `written_off` lower the principal. `moved_in` are dues of older bills that this one superseded, `late_moved_in`
    of them late charges, so no principal; `moved_out` are those that a newer bill took over, `late_moved` of them late
    charges. `late_before` is the principal for which a one-time late charge was posted before the bill was issued again
    and due anew. `version` counts the changes, so that two of them can't be made at once.
    """

    version: int = 0
    paid: int = 0
    late: int = 0
    late_paid: int = 0
    waived: int = 0
    credited: int = 0
    written_off: int = 0
    late_steps: int = 0
    moved_in: int = 0
    moved_out: int = 0
    late_moved: int = 0
    late_before: int = 0
    late_moved_in: int = 0

    @property
    def principal_settled(self) -> int:
        """What was paid, credited, written off or moved on of the bill itself; what moved in counts against it."""
        settled = self.paid - self.late_paid + self.credited + self.written_off
        return settled + self.moved_out - self.late_moved - (self.moved_in - self.late_moved_in)

    @property
    def late_held(self) -> int:
        """Late charges of the bill and those that it took over, without what moved on."""
        return self.late + self.late_moved_in - self.late_moved

    @property
    def late_due(self) -> int:
        """Late charges that are still to be paid."""
        return self.late_held - self.waived - self.late_paid
