"""Money buys units through the blocks of a month, and readings use them up."""

from dataclasses import replace
from decimal import Decimal

import pytest

from chalicelib.connections.domain import PastUse, Register
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.prepaid.domain import PrepaidBalance, PrepaidSale, after_sale, first_balance, units_for
from tests.support.examples import NOVEMBER, NOW, OCTOBER, connection
from tests.unit.tariffs.sheets import energy, fixed, rated, sheet, use

TENTH, WHOLE = Decimal("0.1"), Decimal(1)
BLOCKS = sheet(energy(("0", "50", "1.50"), ("50", "350", "1.90"), ("350", None, "2.40")), currency="ZAR", unit="kWh")
WITH_BASE = sheet(energy(("0", None, "2")), fixed("10"), currency="ZAR", unit="kWh")


def _bought(
    received: str, *, before: str = "0", paid: str = "0", tariff: object = BLOCKS, step: Decimal = TENTH
) -> tuple[str, str]:
    units, price = units_for(
        lambda units: rated(tariff, use(f"{units}", "kWh")).total,  # type: ignore[arg-type]
        before=Decimal(before),
        paid=Money.parse(paid, "ZAR"),
        received=Money.parse(received, "ZAR"),
        step=step,
    )
    return f"{units}", f"{price}"


@pytest.mark.parametrize(
    ("received", "before", "paid", "bought"),
    [
        ("100.00", "40", "60.00", ("54.7", "99.93")),
        ("60.00", "0", "0", ("40.0", "60.00")),
        ("75.00", "0", "0", ("50.0", "75.00")),
        ("0.15", "0", "0", ("0.1", "0.15")),
        ("1000.00", "0", "0", ("497.9", "999.96")),  # 645.00 for 350, and 147.9 at 2.40
    ],
)
def test_money_buys_as_many_tenths_as_the_blocks_of_the_month_leave(
    received: str, before: str, paid: str, bought: tuple[str, str]
) -> None:
    assert _bought(received, before=before, paid=paid) == bought


def test_units_come_in_the_steps_of_the_tariff() -> None:
    assert _bought("100.00", before="40", paid="60.00", step=WHOLE) == ("54", "98.60")


def test_the_first_units_of_a_month_pay_what_it_costs_without_use() -> None:
    assert _bought("20.00", tariff=WITH_BASE) == ("5.0", "20.00")
    assert _bought("20.00", before="5", paid="20.00", tariff=WITH_BASE) == ("10.0", "20.00")
    with pytest.raises(Invalid, match=r"9\.00 buys nothing: the next 0\.1 cost 10\.20"):
        _bought("9.00", tariff=WITH_BASE)


def test_a_tariff_without_a_price_gives_no_units_without_end() -> None:
    with pytest.raises(Invalid, match="without end"):
        _bought("1.00", tariff=sheet(energy(("0", None, "0")), currency="ZAR", unit="kWh"))


def _sale(units: str, month: Period = NOVEMBER) -> PrepaidSale:
    price = Money.parse("60.00", "ZAR")
    return PrepaidSale(
        "1", "A", None, month, Decimal(units), "kWh", price, price, Decimal(units), "T", 1, "d", "officer", NOW
    )


def _sold(balance: PrepaidBalance, of: PastUse | None, *uses: PastUse) -> str:
    there = connection(uses=(*([of] if of else []), *uses))
    return f"{balance.used(there)} {balance.left(there)}"


def test_what_was_used_before_the_first_sale_does_not_count() -> None:
    october = PastUse(OCTOBER, Decimal(30), 30)
    read = connection(uses=(october,))
    balance = after_sale(first_balance(read, NOVEMBER, "ZAR"), _sale("40"), read)
    assert _sold(balance, october) == "0 40"
    assert _sold(balance, october._replace(use=Decimal(33))) == "3 37", "read again in its month"
    assert _sold(balance, october, PastUse(NOVEMBER, Decimal(45), 30)) == "45 -5"


def test_use_that_the_connection_forgets_is_added_up_by_then() -> None:
    balance = first_balance(connection(uses=()), NOVEMBER, "ZAR")
    uses: list[PastUse] = []
    for month in range(30):
        there = connection(uses=tuple(uses[-13:]))
        balance = after_sale(balance, _sale("10", NOVEMBER.shifted(month)), there)
        uses.append(PastUse(NOVEMBER.shifted(month), Decimal(7), 30))
    assert (balance.bought, balance.used(connection(uses=tuple(uses[-13:])))) == (Decimal(300), Decimal(210))
    assert balance.version == 30


def test_all_billed_registers_use_units_up() -> None:
    night = Register("night", "billed", "night")
    past = PastUse(NOVEMBER, Decimal(5), 30, parts={"night": Decimal(3)})
    balance = first_balance(connection(uses=()), NOVEMBER, "ZAR")
    assert balance.used(connection(uses=(past,), registers=(night,))) == 8


def test_a_new_month_begins_with_the_first_block() -> None:
    there = connection(uses=())
    balance = after_sale(first_balance(there, OCTOBER, "ZAR"), _sale("40", OCTOBER), there)
    assert balance.sold_in(OCTOBER) == (Decimal(40), Money.parse("60.00", "ZAR"))
    assert balance.sold_in(NOVEMBER) == (Decimal(0), Money.zero("ZAR"))
    later = after_sale(balance, replace(_sale("10"), month=NOVEMBER), there)
    assert (later.bought, later.month_units) == (Decimal(50), Decimal(10))
