"""F6: whatever a tariff and a use give is a bill that DynamoDB can store, or an exception; never a stuck chunk."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain import plan_chunk
from chalicelib.bills.repository import bill_insert_write
from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain import TariffBook
from chalicelib.tariffs.schemas import TariffBody
from tests.support.examples import RUN, WATERWORKS, connection, reading
from tests.support.storable import refusals_of

_AMOUNTS = st.sampled_from(["0", "1", "-1", "999999999999", "-999999999999", "0.0000000001", "999999999999.9999999999"])
_FACTORS = st.lists(
    st.builds(lambda value: {"label": "x" * 120, "value": value, "when": {"classes": ["residential"]}}, _AMOUNTS),
    max_size=20,
)


def _blocks(count: int, rate: str) -> list[dict[str, Any]]:
    return [
        {"over": str(at), "upTo": None if at == count - 1 else str(at + 1), "rate": rate, "flat": rate}
        for at in range(count)
    ]


_FIXED = st.builds(lambda amount, factors: {"kind": "fixed", "amount": amount, "factors": factors}, _AMOUNTS, _FACTORS)
_USED = st.builds(lambda rate, factors: {"kind": "usage", "rate": rate, "factors": factors}, _AMOUNTS, _FACTORS)
_BLOCKS = st.builds(
    lambda count, rate: {"kind": "blocks", "blocks": _blocks(count, rate)}, st.integers(1, 100), _AMOUNTS
)
_TAXES = st.builds(lambda percent: {"kind": "percent", "percent": percent, "of": ["*"]}, _AMOUNTS)
_CHARGES = st.lists(st.one_of(_FIXED, _USED, _BLOCKS, _TAXES), min_size=1, max_size=60)
_ROUNDINGS = st.sampled_from([{}, {"total": {"step": "0.01"}}, {"line": {"step": "0.01"}}])
_USES = st.sampled_from(["0", "1", "99", "999999999999", "0.000001", "999999999999.999999"])


def _sheet(charges: list[dict[str, Any]], rounding: dict[str, Any], name: str = "Any") -> dict[str, Any]:
    coded = [{"code": f"c{at}", "label": "L" * 120} | charge for at, charge in enumerate(charges)]
    facts = {"name": name, "currency": "PHP", "unit": "m3", "validFrom": "2020-01-01"}
    return facts | {"charges": coded, "rounding": rounding}


def _check(sheet: dict[str, Any], use: str) -> None:
    try:
        tariff = TariffBody.model_validate(sheet).to_domain(tariff_id="any", version=1)
    except Invalid:
        return  # refused when it is entered
    read = reading(account="001", usage=Decimal(use), value=140 + Decimal(use))
    plan = plan_chunk(WATERWORKS, RUN, [read], {"001": connection(account="001")}, {}, TariffBook.of([tariff]))
    for bill in plan.bills:
        assert list(refusals_of(bill_insert_write(WATERWORKS, bill).request["Put"]["Item"])) == []
    assert len(plan.bills) + len(plan.exceptions) == 1


@given(charges=_CHARGES, rounding=_ROUNDINGS, use=_USES)
def test_f6_a_bill_can_be_stored_or_is_an_exception_of_its_run(
    charges: list[dict[str, Any]], rounding: dict[str, Any], use: str
) -> None:
    _check(_sheet(charges, rounding), use)


def test_f6_a_total_of_51_digits_is_an_exception_of_the_run() -> None:
    factors = [{"label": "x", "value": "999999999999", "when": {}}] * 3
    sheet = _sheet([{"kind": "fixed", "amount": "999999999999", "factors": factors}], {})
    tariff = TariffBody.model_validate(sheet).to_domain(tariff_id="any", version=1)
    book = TariffBook.of([tariff])
    plan = plan_chunk(WATERWORKS, RUN, [reading(account="001")], {"001": connection(account="001")}, {}, book)
    (exception,) = plan.exceptions
    assert (exception.code, "9999999999999.99 PHP" in exception.reason) == ("amount-too-large", True)


def test_f6_a_bill_with_more_lines_than_can_be_stored_is_an_exception_of_the_run() -> None:
    """A version for each day between the readings, each with all its blocks."""
    charges = [{"kind": "blocks", "blocks": _blocks(100, "1.2345678901")} for _ in range(5)]
    first = TariffBody.model_validate(_sheet(charges, {})).to_domain(tariff_id="any", version=1)
    start = [date(2025, 10, 5) + timedelta(days=day) for day in range(30)]
    versions = [
        replace(first, version=at + 1, name=str(at), valid_from=day, valid_until=until)
        for at, (day, until) in enumerate(zip(start, [*start[1:], None], strict=True))
    ]
    read = reading(account="001", usage=Decimal(100), value=Decimal(240))
    book = TariffBook.of(versions)
    plan = plan_chunk(WATERWORKS, RUN, [read], {"001": connection(account="001")}, {}, book)
    assert [one.code for one in plan.exceptions] == ["bill-too-long"]


def test_what_dynamodb_refuses_is_seen() -> None:
    item = {"pk": {"S": ""}, "sk": {"S": "x" * 1025}, "n": {"N": "1" * 39}, "t": {"S": "x" * 409_600}}
    assert list(refusals_of(item))[:3] == [
        "the key pk has 0 bytes",
        "the key sk has 1025 bytes",
        "n has 39 digits",
    ]
    assert len(list(refusals_of(item))) == 4
