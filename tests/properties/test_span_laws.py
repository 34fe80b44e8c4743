"""Laws of spans and uses, whatever is read, estimated, exchanged, handed over, closed, corrected and withdrawn."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.bills.domain import Bill, IssueTerms, bill_of, consumptions_of, last_billed
from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.connection import closed, taken_over
from chalicelib.connections.domain.meters import Exchange, with_meter
from chalicelib.consumers.domain import Consumer
from chalicelib.cycles.domain import DueOffset
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.period import Period
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import MeterValue, Reading
from tests.support.examples import ENTRY, NOW, WATERWORKS, WATERWORKS_BOOK, connection, with_settings

PROJECT = with_settings(WATERWORKS, confirmation="none", reading_window=None, high_usage_percent=None)
FIRST = date(2025, 1, 1)
TERMS = IssueTerms("run", NOW, None, None, DueOffset(15))
WRAPS = Decimal(1000)


def _person(name: str) -> Consumer:
    return Consumer(name, name, name, None, None, None, NOW, "print")


class Metered(RuleBasedStateMachine):
    """One connection, whose register turns at 1000 and counts two units a step."""

    def __init__(self) -> None:
        super().__init__()
        self.day = FIRST
        self.steps = Decimal(0)  # what the register shows, if it never turned
        self.used: dict[str, Decimal] = defaultdict(Decimal)
        self.readings: dict[str, Reading] = {}
        self.bills: list[Bill] = []
        self.meters = 1
        self.kept_by_leaving = Decimal(0)  # billed ahead of the meter to former holders, never taken off another's bill
        self.connection: Connection = connection(
            consumer_id="holder-0",
            last_value=Decimal(0),
            last_read_on=None,
            last_period=None,
            uses=(),
            taken=False,
            installed_on=FIRST,
            meter_wraps_at=WRAPS,
            multiplier=Decimal(2),
            created_at=datetime(2025, 1, 1, tzinfo=UTC),
            meter_number="M-1",
        )

    @property
    def shown(self) -> Decimal:
        return self.steps % WRAPS

    def _round(self, period: Period) -> list[Reading]:
        return [each for each in self.readings.values() if each.period == period]

    @initialize()
    def begin(self) -> None:
        self.go_on(days=3, steps=2)

    @rule(days=st.integers(1, 40), steps=st.integers(0, 60))
    def go_on(self, days: int, steps: int) -> None:
        """Let days pass and use something."""
        self.day += timedelta(days=days)
        if self._is_open():
            self.steps += steps
            self.used[self.connection.consumer_id or ""] += 2 * steps

    def _is_open(self) -> bool:
        return self.connection.status != "closed"

    def _is_new_day(self) -> bool:
        return self._is_open() and self.day > (self.connection.last_read_on or FIRST)

    def _take(self, value: Decimal, kind: str = "regular") -> Reading:
        period = PROJECT.period_of(self.day)
        shown = MeterValue(value, self.day, rolled_over=value < self.connection.last_value, kind=kind)  # type: ignore[arg-type]
        reading = rules.record_reading(
            PROJECT, self.connection, shown, today=self.day, entry=ENTRY, taken=self._round(period)
        )
        if reading.state == "held":
            reading = rules.confirm(PROJECT, reading, self.connection, by="admin", at=NOW)
        self.readings[reading.id] = reading
        self.connection = rules.advanced(self.connection, reading)
        return reading

    def _take_back(self, reading: Reading) -> None:
        earlier = [each for each in self.readings.values() if each.counts and each.read_on < reading.read_on]
        last = max(earlier, key=lambda each: each.read_on, default=None)
        self.connection = rules.taken_back(self.connection, reading, last)
        self.readings[reading.id] = rules.withdraw(reading, by="admin", at=NOW, reason="Neighbour's")

    @precondition(_is_new_day)
    @rule()
    def read(self) -> None:
        self._take(self.shown)

    @precondition(_is_new_day)
    @rule(wrong=st.integers(1, 50))
    def misread_and_correct(self, wrong: int) -> None:
        """Type too much, notice it, and correct it."""
        if self.shown + wrong >= WRAPS:
            return
        reading = self._take(self.shown + wrong)
        right = MeterValue(self.shown, self.day, rolled_over=self.shown < reading.previous)
        try:
            corrected = rules.correct(PROJECT, reading, self.connection, right, today=self.day, entry=ENTRY)
        except Conflict:  # it is implausible, too: a person must look at it
            self._take_back(reading)
            self._take(self.shown)
            return
        self.connection = rules.advanced(self.connection, corrected, replaced=reading)
        self.readings[reading.id] = corrected

    @precondition(_is_new_day)
    @rule(value=st.integers(0, 999))
    def type_and_withdraw(self, value: int) -> None:
        """Take the neighbour's value in, and withdraw it: nothing is left of it."""
        before = self.connection
        self._take_back(self._take(Decimal(value)))
        kept = replace(self.connection, version=before.version, taken=before.taken)
        assert kept == replace(before, uses=kept.uses)
        assert kept.uses == before.uses[-len(kept.uses) :] if kept.uses else len(before.uses) in {0, 13}

    @precondition(lambda self: self._is_new_day() and self.connection.uses)
    @rule()
    def estimate(self) -> None:
        period = PROJECT.period_of(self.day)
        if self.connection.last_period and period <= self.connection.last_period:
            return
        reading = rules.take_estimate(
            PROJECT,
            self.connection,
            period=period,
            today=self.day,
            entry=replace(ENTRY, source="estimated"),
            taken=self._round(period),
            read_on=self.day,
        )
        self.readings[reading.id] = reading
        self.connection = rules.advanced(self.connection, reading)

    @precondition(_is_open)
    @rule(first=st.integers(0, 500))
    def exchange_meter(self, first: int) -> None:
        self.meters += 1
        exchange = Exchange(
            f"M-{self.meters}",
            self.shown,
            Decimal(first),
            self.day,
            rolled_over=self.shown < self.connection.last_value,
            wraps_at=WRAPS,
            multiplier=Decimal(2),
            checked=True,
        )
        self.connection = with_meter(self.connection, exchange, today=self.day)
        self.steps = Decimal(first)

    @precondition(_is_new_day)
    @rule()
    def hand_over(self) -> None:
        """Read the meter, and hand over: the use until then is the former holder's."""
        self._take(self.shown, "final")
        self.kept_by_leaving += max(-(self.connection.use_brought_forward or Decimal(0)), Decimal(0))
        number = len(self.connection.former) + 1
        self.connection = taken_over(self.connection, _person(f"holder-{number}"), self.day)

    @precondition(lambda self: self._is_new_day() and len(self.readings) > 4)
    @rule()
    def close(self) -> None:
        """Read the meter for the last time: what comes later is used by nobody."""
        self._take(self.shown, "final")
        self.connection = closed(self.connection, self.day)

    @rule()
    def bill_what_is_read(self) -> None:
        for period in sorted({each.period for each in self.readings.values()}):
            standing = [bill for bill in self.bills if bill.period == period]
            for consumption in consumptions_of(self._round(period), self.connection, last_billed(standing), {}):
                self.bills.append(bill_of(PROJECT, TERMS, consumption, self.connection, WATERWORKS_BOOK))

    @invariant()
    def spans_cover_the_time_until_the_last_bill_once(self) -> None:
        reached = FIRST
        for bill in sorted(self.bills, key=lambda each: each.first_day):
            assert bill.first_day == reached, f"{bill.first_day} follows {reached}"
            reached = bill.last_day + timedelta(days=1)

    @invariant()
    def no_bill_is_made_twice(self) -> None:
        assert len({bill.id for bill in self.bills}) == len(self.bills)

    @invariant()
    def the_connection_remembers_what_was_counted(self) -> None:
        for use in self.connection.uses:
            counted = [each for each in self._round(use.period) if each.counts]
            assert use.use == sum(each.usage for each in counted), f"{use.period}"
            assert use.rounds == sum(each.rounds for each in counted)

    def teardown(self) -> None:
        """Read and bill what is left: then each holder was billed for what they used, and nothing else."""
        self.go_on(days=1, steps=0)
        if self._is_open():
            self._take(self.shown)
        last = max((each for each in self.readings.values() if each.counts), key=lambda each: each.read_on)
        self.bill_what_is_read()
        self.spans_cover_the_time_until_the_last_bill_once()
        billed: dict[str, Decimal] = defaultdict(Decimal)
        for bill in self.bills:
            billed[bill.consumer_id or ""] += bill.quantity
        ahead = -(last.use_carried_forward or 0)
        assert sum(billed.values()) == sum(self.used.values()) + ahead + self.kept_by_leaving
        if not any(reading.estimated for reading in self.readings.values()):
            assert {who: use for who, use in billed.items() if use} == {w: u for w, u in self.used.items() if u}
        counted = sum(reading.usage for reading in self.readings.values() if reading.counts)
        assert counted == sum(bill.quantity for bill in self.bills)


TestMetered = Metered.TestCase
TestMetered.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
