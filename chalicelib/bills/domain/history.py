"""Measures that a tariff takes from a connection's earlier periods: a ratchet, an average, the year to date."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.uses import MAX_USES, PastUse
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.rounds import group_of
from chalicelib.tariffs.domain import (
    CompiledTariff,
    History,
    Rounding,
    TariffBook,
    Usage,
    billable_use,
    exact_decimal,
    meets_days,
    round_to_step,
)
from chalicelib.tenancy.domain import BillingGroup, Project

_FINEST = Rounding("half-up", Decimal("0.000001"))
_JANUARY = 1
_YEAR = 12
_NOTHING = Fraction(0)


def with_history(
    project: Project, usage: Usage, connection: Connection, book: TariffBook, *, period: Period, until: date
) -> Usage:
    """Return a usage with the measures that the tariff of its days takes from the connection's earlier periods.

    `until` is the day that it closes with. Uses of an earlier holder do not count. A use over several periods counts as
    an equal share in each, a level in each. The largest or sum of nothing is zero, and an average of nothing is the
    present value. If versions define a measure differently, the last one that is in force decides.

    Peaks of 390, 398 and 371 kW before: the largest of the last 11 periods is 398.
    """
    wanted = _histories(book, connection, usage)
    if not wanted:
        return usage
    earlier = _Earlier.of(project, usage, connection, period=period, until=until)
    found = {name: earlier.taken(history, version) for name, (history, version) in wanted.items()}
    given = {name: _decimal(value) for name, value in found.items() if value is not None}
    return replace(usage, measures={**usage.measures, **given})


def lacks_history(project: Project, usage: Usage, connection: Connection, book: TariffBook, *, period: Period) -> bool:
    """Return whether the tariff looks back to periods whose uses are not kept any more."""
    if len(connection.uses) < MAX_USES:
        return False
    earlier = _Earlier.of(project, usage, connection, period=period, until=period.first_day)
    wanted = _histories(book, connection, usage).values()
    return any(earlier.earliest(history) < connection.uses[0].period for history, _ in wanted)


def _histories(book: TariffBook, connection: Connection, usage: Usage) -> dict[str, tuple[History, CompiledTariff]]:
    of = connection.terms_on(usage.first_day)
    versions = book.versions_for(of.consumer_class, tariff_id=of.tariff_id)
    return {
        measure.name: (measure.history, version)
        for version in sorted(versions, key=lambda each: each.tariff.valid_from)
        if meets_days(version.tariff, usage)
        for measure in version.tariff.measures
        if measure.history
    }


def _decimal(value: Fraction) -> Decimal:
    return exact_decimal(Fraction(*round_to_step(value.numerator, value.denominator, _FINEST))) or Decimal(0)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """The periods before `first`, the first one of a usage, from the first one of its holder (`since`) on.

    The fiscal year begins in the month `year_begins`.
    """

    usage: Usage
    connection: Connection
    group: BillingGroup
    first: Period
    since: Period | None
    year_begins: int

    @classmethod
    def of(cls, project: Project, usage: Usage, connection: Connection, *, period: Period, until: date) -> "_Earlier":
        group = group_of(project, connection, period)
        handed_over = connection.held_since(until)
        return cls(
            usage,
            connection,
            group,
            first=period.shifted(-group.months * (usage.periods - 1)),
            since=project.period_of(handed_over, group).shifted(1) if handed_over else None,
            year_begins=project.settings.fiscal_start or _JANUARY,
        )

    def taken(self, history: History, version: CompiledTariff) -> Fraction | None:
        """Return what a history says of these periods; None for an average of what was never measured."""
        values = self._values(history, version)
        match history.take:
            case "max":
                return max(values, default=_NOTHING)
            case "sum":
                return sum(values, _NOTHING)
            case "average":
                return Fraction(sum(values, _NOTHING), len(values)) if values else self._present(history.of, version)

    def earliest(self, history: History) -> Period:
        """Return the earliest period that a history looks back to."""
        if history.last_periods is not None:
            return self.first.shifted(-self.group.months * history.last_periods)
        if history.months:
            return min(map(self._latest, history.months))
        year = self.first.year if self.first.month >= self.year_begins else self.first.year - 1
        return self.group.frequency.period_of(Period(year, self.year_begins))

    def _latest(self, month: int) -> Period:
        """Return the latest period that has a month of the year."""
        period = self.group.frequency.period_of(Period(self.first.year, month))
        while period >= self.first:
            period = period.shifted(-_YEAR)
        return period

    def _values(self, history: History, version: CompiledTariff) -> Sequence[Fraction]:
        """Return the value of each period that counts and was read."""
        found: dict[Period, Fraction] = {}
        for past in self.connection.uses:
            value = self._value(past, history.of, version)
            if value is not None:
                found |= {past.period.shifted(-self.group.months * at): value for at in range(max(past.rounds, 1))}
        earliest = max(self.earliest(history), self.since or self.earliest(history))
        named = set(map(self._latest, history.months))
        return [
            value
            for period, value in found.items()
            if earliest <= period < self.first and (not named or period in named)
        ]

    def _value(self, past: PastUse, of: str, version: CompiledTariff) -> Fraction | None:
        """Return the use or a measure in one of the periods of a past use; None if it was not measured."""
        rounds = max(past.rounds, 1)
        billed = (past.parts.get(each.code, Decimal(0)) for each in self.connection.registers if each.role == "billed")
        quantity = sum(billed, past.use)
        if of == "use":
            return Fraction(Fraction(*billable_use(version, replace(self.usage, quantity=quantity))), rounds)
        kind = _kind_of(of, version)
        counted = self._counted(of, past, quantity)
        if counted is not None:
            return Fraction(Fraction(counted), 1 if kind == "peak" else rounds)
        value = past.parts.get(of)
        return None if value is None else Fraction(Fraction(value), rounds if kind == "sum" else 1)

    def _counted(self, of: str, past: PastUse, quantity: Decimal) -> Decimal | None:
        """Return the past use of the registers that feed a measure; None if there are none."""
        feeding = {each.code: each.role for each in self.connection.registers if each.measure == of}
        read = {code: past.parts[code] for code in feeding if code in past.parts}
        deducted = [use for code, use in read.items() if feeding[code] == "deduct"]
        if deducted:
            return max(quantity - sum(deducted, Decimal(0)), Decimal(0))
        uses = [*read.values(), *([past.use] if self.connection.main_measure == of else [])]
        return sum(uses, Decimal(0)) if uses else None

    def _present(self, of: str, version: CompiledTariff) -> Fraction | None:
        if of == "use":
            return Fraction(Fraction(*billable_use(version, self.usage)), self.usage.periods)
        value = self.usage.measures.get(of)
        periods = 1 if _kind_of(of, version) == "peak" else self.usage.periods
        return None if value is None else Fraction(Fraction(value), periods)


def _kind_of(name: str, version: CompiledTariff) -> str | None:
    return next((each.kind for each in version.tariff.measures if each.name == name), None)
