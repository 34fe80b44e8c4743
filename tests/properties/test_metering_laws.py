"""No use is lost or billed twice, over any months of readings, estimates, mistakes, rollovers and exchanged meters."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.meters import Exchange, with_meter
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.period import Period
from chalicelib.kernel.register import range_of
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import MeterValue, Provenance, Reading
from tests.support.examples import CONDOMINIUM, NOW, connection

_ENTRY = Provenance(by="officer", at=NOW, source="manual", origin="request")
_ESTIMATE = replace(_ENTRY, source="estimated")
_DIGITS = 5
_BEGIN = Period(2020, 1)


@dataclass
class Month:
    """What happened in a month: how much went through the meter, and what the utility did about it."""

    used: Decimal
    act: str
    slip: Decimal
    exchanged: bool


@dataclass
class Books:
    """A meter that really counts, the connection as the utility knows it, and what was billed so far."""

    connection: Connection
    shows: Decimal
    went_through: Decimal = Decimal(0)
    seen: Decimal = Decimal(0)
    bills: list[Decimal] = field(default_factory=list)
    period: Period = _BEGIN

    def use(self, used: Decimal) -> None:
        self.shows = (self.shows + used) % range_of(_DIGITS)
        self.went_through += used

    def exchange(self, number: int) -> None:
        """Put a new meter in, which begins a little before its end."""
        read_on = self.connection.last_read_on or _BEGIN.first_day
        began = range_of(_DIGITS) - 20
        exchange = Exchange(f"M-{number}", self.shows, began, digits=_DIGITS, rolled_over=True, checked=True)
        self.connection = with_meter(self.connection, exchange, today=read_on)
        self.shows, self.seen = began, self.went_through

    def bill(self, reading: Reading, *, replaced: Reading | None = None) -> None:
        self.connection = rules.advanced(self.connection, reading, replaced=replaced)
        self.bills.append(reading.usage)

    def replace(self, rule: Callable[..., Reading], first: Reading, true: MeterValue, today: date) -> None:
        """Bill a reading that takes the place of the first one; if it is implausible, once that one is withdrawn."""
        earlier = self.connection
        if first.counts:  # else it is held as implausible
            self.connection = rules.advanced(self.connection, first)
        try:
            self.bill(
                rule(CONDOMINIUM, first, self.connection, true, today=today, entry=_ENTRY),
                replaced=first if first.counts else None,
            )
        except Conflict as refusal:
            if refusal.code != "implausible-reading":
                raise
            self.connection = earlier
            self.bill(rules.record_reading(CONDOMINIUM, earlier, true, today=today, entry=_ENTRY))

    def month(self, month: Month) -> None:
        """Live through a month and hold the books against the meter."""
        self.use(month.used / 2)
        if month.exchanged:
            self.exchange(len(self.bills))
        self.use(month.used / 2)
        self.period = self.period.shifted(1)
        today = CONDOMINIUM.last_reading_day(self.period)
        true = MeterValue(self.shows, today, rolled_over=True)
        if month.act == "estimated" and self.connection.uses:
            self.bill(
                rules.take_estimate(CONDOMINIUM, self.connection, period=self.period, today=today, entry=_ESTIMATE)
            )
            return
        self.seen = self.went_through
        if month.act == "estimated, then read" and self.connection.uses:
            first = rules.take_estimate(CONDOMINIUM, self.connection, period=self.period, today=today, entry=_ESTIMATE)
            self.replace(rules.replace_estimate, first, true, today)
        elif month.act == "misread, then corrected":
            wrong = MeterValue((self.shows + month.slip) % range_of(_DIGITS), today - timedelta(1), rolled_over=True)
            first = rules.record_reading(CONDOMINIUM, self.connection, wrong, today=today, entry=_ENTRY)
            self.replace(rules.correct, first, true, today)
        else:
            self.bill(rules.record_reading(CONDOMINIUM, self.connection, true, today=today, entry=_ENTRY))


_MONTHS = st.builds(
    Month,
    used=st.integers(0, 2_000_000).map(lambda thousandths: Decimal(thousandths).scaleb(-3)),
    act=st.sampled_from(["read", "read", "estimated", "estimated", "estimated, then read", "misread, then corrected"]),
    slip=st.integers(0, 99_999).map(Decimal),
    exchanged=st.sampled_from([False, False, False, True]),
)


def _opened(start: int) -> Books:
    new = connection(
        initial_reading=Decimal(start),
        last_value=Decimal(start),
        last_read_on=None,
        last_period=None,
        uses=(),
        meter_digits=_DIGITS,
        consumer_class="unit",
    )
    return Books(new, Decimal(start))


@given(st.integers(0, 99_999), st.lists(_MONTHS, min_size=1, max_size=24))
def test_what_was_billed_and_what_is_carried_add_up_to_what_the_meter_showed(start: int, months: list[Month]) -> None:
    books = _opened(start)
    for month in months:
        books.month(month)
        # Use that somebody saw is billed or still brought forward; below zero it is billed ahead.
        assert sum(books.bills) + (books.connection.use_brought_forward or 0) == books.seen
        assert books.bills[-1] >= 0
    # Read for long enough to use up what was billed ahead, all that went through is billed, to the last drop.
    for _ in range(len(months) + 1):
        books.month(Month(Decimal(2_000), "read", Decimal(0), exchanged=False))
    assert sum(books.bills) == books.went_through
    assert books.connection.use_brought_forward is None


@given(st.integers(0, 99_999), st.lists(_MONTHS, min_size=1, max_size=24))
def test_what_a_reading_says_of_itself_adds_up(start: int, months: list[Month]) -> None:
    books = _opened(start)
    for month in months:
        before = books.connection
        books.month(month)
        after = books.connection
        if month.act == "estimated" and after.estimated is not None and not month.exchanged:
            # An estimate leaves what was really read last, and says how far the register is thought to be by now.
            assert (after.last_value, after.last_period) == (before.last_value, books.period)
            assert after.estimated >= (before.estimated or 0)
        else:
            assert month.exchanged or after.last_value == books.shows
