"""Which payments a list is to hold."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from chalicelib.consumers.domain import words_of
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.payments.domain.payment import Payment, PaymentStatus

MAX_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFilter:
    """What a payment must be to be listed; None for what does not matter. The days are included, amounts too.

    `words` are beginnings of words of the consumer's name, as it was when they paid.
    """

    first_day: date | None = None
    last_day: date | None = None
    method: str | None = None
    status: PaymentStatus | None = None
    consumer_id: str | None = None
    words: tuple[str, ...] = field(default=())
    min_minor: int | None = None
    max_minor: int | None = None

    def includes(self, payment: Payment) -> bool:
        """Return whether a payment is to be listed."""
        return (
            (self.first_day is None or self.first_day <= payment.paid_on)
            and (self.last_day is None or payment.paid_on <= self.last_day)
            and self.method in {None, payment.method}
            and self.status in {None, payment.status}
            and self.consumer_id in {None, payment.consumer_id}
            and (self.min_minor is None or self.min_minor <= payment.amount.minor)
            and (self.max_minor is None or payment.amount.minor <= self.max_minor)
            and self._is_named(payment)
        )

    def _is_named(self, payment: Payment) -> bool:
        if not self.words:
            return True
        known = words_of(payment.consumer_name)
        return all(any(word.startswith(part) for word in known) for part in self.words)


EVERY_PAYMENT = PaymentFilter()


def days_of(*, month: Period | None, first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Return the first and last day of a list: of a month, from one day to another, or of the present month.

    :raises Invalid: for a month and days, days in the wrong order, or more than a year.
    """
    if month and (first or last):
        raise Invalid("bad-filter", "give a month, or days from and to, not both", field="month")
    if first is None:
        month = month or Period.of(last or today)
        return month.first_day, min(last or month.last_day, month.last_day)
    end = last or max(today, first)
    if not first <= end < first + timedelta(days=MAX_DAYS):
        raise Invalid("bad-day", f"give days in order, {MAX_DAYS} days at most", field="from")
    return first, end


def months_between(first: date, last: date) -> tuple[Period, ...]:
    """Return the months in which days lie, the newest first."""
    months, oldest = [Period.of(last)], Period.of(first)
    while months[-1] > oldest:
        months.append(months[-1].shifted(-1))
    return tuple(months)
