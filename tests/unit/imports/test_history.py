"""A history is read strictly: every part that is not as documented is named with its place."""

import json
from datetime import date
from typing import Any

import pytest

from chalicelib.imports.domain import history_file
from chalicelib.imports.domain.history_file import History, parse
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period

PAID = {"paymentDate": "2025-08-10", "amount": 25.06, "method": "cash"}


def _month(units: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"year": 2025, "month": 7, "readingDate": "2025-08-01", "units": units, **more}


def _read(*months: Any) -> History:  # noqa: ANN401
    return parse(json.dumps({"months": months}).encode())


def test_amounts_and_readings_are_read_as_they_are_written() -> None:
    text = b'{"months": [{"year": "2025", "month": "07", "readingDate": "2025-08-01", "units": {"101": {"prior": 1774.10, "current": "1785.2", "totalAmount": 25.10}}}]}'  # noqa: E501
    (entry,) = parse(text).entries
    assert (str(entry.prior), str(entry.current), entry.amounts) == ("1774.10", "1785.2", {"totalAmount": "25.10"})
    assert entry.month.period == Period(2025, 7)


@pytest.mark.covers("S1-124")
def test_months_without_data_are_passed_over() -> None:
    empty: list[Any] = [None, {}, {"year": 2025, "month": 8}, {"units": {}}, {"units": None}, {"commonArea": None}]
    read = _read(*empty, _month({"101": {"prior": 1, "current": 2}, "102": None}))
    assert (read.blank, len(read.entries), read.refusals) == (6, 1, ())
    assert (read.entries[0].line, read.entries[0].place) == (1, "months[6].units.101")


_WRONG: dict[str, tuple[Any, str, str]] = {
    "no object": ("101", "", "wrong-form"),
    "an unknown field": ({"prior": 1, "current": 2, "status": "paid"}, "", "wrong-form"),
    "no reading": ({"prior": 1}, "", "missing"),
    "a reading with an exponent": ({"prior": 1, "current": "2e3"}, ".current", "bad-number"),
    "a reading below zero": ({"prior": -1, "current": 2}, ".prior", "bad-number"),
    "a reading that is none": ({"prior": True, "current": 2}, ".prior", "bad-text"),
    "an amount that is none": ({"prior": 1, "current": 2, "totalAmount": ["25.06"]}, ".totalAmount", "bad-text"),
    "payments that are no list": ({"prior": 1, "current": 2, "payments": PAID}, ".payments", "wrong-form"),
    "too many payments": ({"prior": 1, "current": 2, "payments": [PAID] * 51}, ".payments", "wrong-form"),
    "an unknown method": (
        {"prior": 1, "current": 2, "payments": [PAID, PAID | {"method": "gold"}]},
        ".payments[1].method",
        "unknown-method",
    ),
    "a payment without a day": (
        {"prior": 1, "current": 2, "payments": [{"amount": 1, "method": "cash"}]},
        ".payments[0].paymentDate",
        "missing",
    ),
    "a payment without an amount": (
        {"prior": 1, "current": 2, "payments": [PAID | {"amount": None}]},
        ".payments[0].amount",
        "missing",
    ),
    "notes over two lines": (
        {"prior": 1, "current": 2, "payments": [PAID | {"notes": "a\nb"}]},
        ".payments[0].notes",
        "bad-text",
    ),
}


@pytest.mark.parametrize("what", _WRONG)
def test_an_entry_that_can_not_be_read_is_named_and_the_others_stay(what: str) -> None:
    said, place, code = _WRONG[what]
    read = _read(_month({"100": {"prior": 1, "current": 2}, "101": said, "102": {"prior": 3, "current": 4}}))
    (refusal,) = read.refusals
    assert (refusal.line, refusal.column, refusal.code) == (2, f"months[0].units.101{place}", code)
    assert refusal.reason.startswith("July 2025, 101: ")
    assert [entry.line for entry in read.entries] == [1, 3]
    assert read.broken == {"101": 2}


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"year": 25}, ".month", "bad-period"),
        ({"month": 13}, ".month", "bad-period"),
        ({"month": None}, ".month", "missing"),
        ({"readingDate": None}, ".readingDate", "missing"),
        ({"dueDate": "15/08/2025"}, ".dueDate", "bad-date"),
        ({"fiscalYear": 2026}, "", "wrong-form"),
        ({"units": [1]}, ".units", "wrong-form"),
    ],
)
def test_a_month_that_can_not_be_read_is_one_line_of_the_report(change: dict[str, Any], place: str, code: str) -> None:
    read = _read(_month({"101": {"prior": 1, "current": 2}}) | change)
    (refusal,) = read.refusals
    assert (refusal.column, refusal.code, read.entries) == (f"months[0]{place}", code, ())
    assert read.broken == {None: 1}


def test_a_unit_twice_in_a_month_is_refused_the_second_time() -> None:
    units = {"101": {"prior": 1, "current": 2}}
    read = _read(_month(units), _month(units))
    assert [(one.line, one.code) for one in read.refusals] == [(2, "duplicate-row")]
    assert read.broken == {}  # the first one counts, and later months go on from it


def test_a_unit_whose_name_can_not_be_written_is_named_in_a_form_that_can() -> None:
    half = chr(0xD800)  # one of two halves of a character, which JSON can spell and UTF-8 can't
    read = _read(_month({half: {"prior": 1, "current": 2}, "1" + half: "x"}))
    assert [entry.unit for entry in read.entries] == ["\\ud800"]
    said = [read.entries[0].place, *(text for one in read.refusals for text in (one.column, one.reason))]
    assert all(text.encode() for text in said)


def test_a_unit_that_is_called_like_a_meter_is_a_unit() -> None:
    meter = {"prior": 1, "current": 2}
    read = _read(_month({"commonArea": meter}), _month({}, commonArea=meter) | {"month": 8})
    assert [entry.purpose for entry in read.entries] == ["service", "common_area"]


def test_more_entries_than_one_invocation_can_take_in_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_file, "MAX_ENTRIES", 2)
    units = {str(number): {"prior": 1, "current": 2} for number in range(3)}
    with pytest.raises(Invalid, match="more than 2 entries"):
        _read(_month(units))
    with pytest.raises(Invalid, match="UTF-8"):
        parse(b"\xff\xfe{}")


def test_f7_a_history_has_at_most_240_months() -> None:
    assert _read(*[None] * 240).blank == 240
    with pytest.raises(Invalid, match="more than 240 months; split it by years") as refused:
        _read(*[None] * 241)
    assert refused.value.code == "too-many-rows"


def test_a_penalty_and_credit_are_read_with_the_entry() -> None:
    said = {"penaltyAmount": 1.25, "penaltyDate": "2025-09-01", "penaltyWaived": True, "penaltyReason": " flood ",
            "creditAmount": 0, "creditUsed": "0.00"}  # fmt: skip
    (entry,) = _read(_month({"101": {"prior": 1, "current": 2, **said}})).entries
    assert (entry.penalty_on, entry.penalty_waived) == (date(2025, 9, 1), "flood")
    assert entry.says_any_of("penaltyAmount")
    assert not entry.says_any_of("creditAmount", "creditUsed")
    assert not entry.touches_credit()


def test_opening_balances_are_counted_after_the_months() -> None:
    openings = {"date": "2025-10-31", "accounts": {"101": {"credit": 1.50}, "102": 5, "103": {"credit": 2}}}
    text = json.dumps({"months": [_month({"101": {"prior": 1, "current": 2}})], "openingBalances": openings})
    read = parse(text.encode())
    assert [(one.line, one.account, one.credit) for one in read.openings] == [(2, "101", "1.5"), (4, "103", "2")]
    (refusal,) = read.refusals
    assert (refusal.line, refusal.column) == (3, "openingBalances.accounts.102")
    assert refusal.reason.startswith("opening balance, 102: ")


def test_months_and_opening_balances_share_the_number_of_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_file, "MAX_ENTRIES", 2)
    months = [_month({"101": {"prior": 1, "current": 2}})]
    accounts = {"101": {"credit": 1}, "102": {"credit": 1}}
    for count, refused in ((1, False), (2, True)):
        openings = {"date": "2025-10-31", "accounts": dict(list(accounts.items())[:count])}
        text = json.dumps({"months": months, "openingBalances": openings}).encode()
        if refused:
            with pytest.raises(Invalid, match="more than 2 entries"):
                parse(text)
        else:
            assert len(parse(text).openings) == 1


@pytest.mark.parametrize("text", ["{}", "[]", '{"openingBalances": {}, "more": 1}', '{"months": null}'])
def test_a_file_without_months_and_opening_balances_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text.encode())
    assert refused.value.code == "no-months"
