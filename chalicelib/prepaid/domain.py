"""Units sold for money through a tariff's blocks, the month to date, and used up by readings."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.connections.domain import Connection, PastUse
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period

USUAL_STEP = Decimal("0.1")
"""What units are sold in, if the tariff does not round quantities."""

MAX_STEPS = 10**9
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PrepaidBalance:
    """The units of a connection: all that were bought, and what was used since the first sale.

    `month_units` were sold for `month_paid` in the month of the last sale. Of the use, `used_before` lies before the
    period `since`; the connection's own list of past uses has the rest, so no reading has to write here.
    """

    account: str
    bought: Decimal
    month: Period
    month_units: Decimal
    month_paid: Money
    used_before: Decimal = _ZERO
    since: Period | None = None
    version: int = 0

    def used(self, connection: Connection) -> Decimal:
        """Return the units that were used since the first sale, as far as readings show."""
        return self.used_before + sum(use for period, use in uses_of(connection) if self._counts(period))

    def left(self, connection: Connection) -> Decimal:
        """Return the units that are left; below zero, more was used than bought."""
        return self.bought - self.used(connection)

    def sold_in(self, month: Period) -> tuple[Decimal, Money]:
        """Return the units sold in a month so far, and the money paid for them."""
        if self.month == month:
            return self.month_units, self.month_paid
        return _ZERO, Money.zero(self.month_paid.currency)

    def _counts(self, period: Period) -> bool:
        return self.since is None or period >= self.since


@dataclass(frozen=True, slots=True)
class PrepaidSale:
    """Units that were sold for money. `received` is their price and the change; `month_units` are those up to it."""

    id: str
    account: str
    consumer_id: str | None
    month: Period
    units: Decimal
    unit: str
    received: Money
    price: Money
    month_units: Decimal
    tariff_id: str
    tariff_version: int
    digest: str
    sold_by: str
    sold_at: datetime

    @property
    def change(self) -> Money:
        return self.received - self.price


def uses_of(connection: Connection) -> list[tuple[Period, Decimal]]:
    """Return the past uses of a connection by period, of its main register and of others that are billed."""
    billed = [each.code for each in connection.registers if each.role == "billed"]

    def whole(past: PastUse) -> Decimal:
        return sum((past.parts.get(code, _ZERO) for code in billed), past.use)

    return [(past.period, whole(past)) for past in connection.uses]


def first_balance(connection: Connection, month: Period, currency: str) -> PrepaidBalance:
    """Return the balance of a connection before its first sale: what was used until then does not count."""
    uses = uses_of(connection)
    balance = PrepaidBalance(connection.account, _ZERO, month, _ZERO, Money.zero(currency))
    if not uses:
        return balance
    period, use = uses[-1]
    return replace(balance, since=period, used_before=-use)


def units_for(
    price_of: Callable[[Decimal], Money], *, before: Decimal, paid: Money, received: Money, step: Decimal
) -> tuple[Decimal, Money]:
    """Return the most units, in whole steps, that an amount buys after those of the month, and their price.

    `price_of` gives the price of a month's units. What the month costs without use is paid with its first units.
    After 40 at 1.50, 100.00 buy 54.7: 10 at 1.50 and 44.7 at 1.90 are 99.93.

    :raises Invalid: if it buys nothing, or without end.
    """
    budget = paid.minor + received.minor

    def affordable(steps: int) -> bool:
        return price_of(before + step * steps).minor <= budget

    most = 1
    while affordable(most):
        most *= 2
        if most > MAX_STEPS:
            raise Invalid("bad-amount", "the tariff gives units without end for this amount", field="amount")
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if affordable(middle) else (least, middle)
    if not least:
        needed = Money(price_of(before + step).minor - paid.minor, received.currency)
        raise Invalid("bad-amount", f"{received} buys nothing: the next {step:f} cost {needed}", field="amount")
    units = step * least
    return units, price_of(before + units) - paid


def after_sale(balance: PrepaidBalance, sale: PrepaidSale, connection: Connection) -> PrepaidBalance:
    """Return a balance after a sale; use of periods that can't change any more is added up."""
    units, paid = balance.sold_in(sale.month)
    uses = uses_of(connection)
    newest = uses[-1][0] if uses else None
    done = sum((use for period, use in uses[:-1] if balance.since is None or period >= balance.since), _ZERO)
    return replace(
        balance,
        bought=balance.bought + sale.units,
        month=sale.month,
        month_units=units + sale.units,
        month_paid=paid + sale.price,
        used_before=balance.used_before + done,
        since=newest or balance.since,
        version=balance.version + 1,
    )
