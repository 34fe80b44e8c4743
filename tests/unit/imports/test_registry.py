"""A registry's lines: read as people write them, each fault with its line and column."""

from dataclasses import replace
from decimal import Decimal

import pytest

from chalicelib.connections.domain import RatingFacts
from chalicelib.files.domain.record import ImportCounts, Refusal
from chalicelib.imports.domain import registry
from chalicelib.imports.domain.registry import Outcome, Person, Registered, Row, against_standing, intake_of, parse
from chalicelib.kernel.errors import Invalid
from tests.support.examples import connection

_HEADER = "meter_number,consumer_class,area,initial_reading,first_name,last_name,email,phone,consumer_number,account\n"
_LINE = "sm-1,residential,Poblacion,12.5,Juan,Dela Cruz,juan@example.com,+63 917,,2025110001\n"
_ROW = Row(
    line=2,
    person=Person(None, "Juan", "Dela Cruz", "juan@example.com", "+63 917", None),
    account="2025110001",
    consumer_class="residential",
    meter_number="SM-1",
    area="Poblacion",
    initial_reading=Decimal("12.5"),
)


@pytest.mark.parametrize(
    "content",
    [
        (_HEADER + _LINE).encode(),
        (_HEADER + _LINE).encode("utf-8-sig"),
        (_HEADER + _LINE).encode("utf-16"),
        (_HEADER + _LINE).replace(",", ";").replace("\n", "\r\n").encode("utf-8-sig"),
        (_HEADER + _LINE).replace(",", "\t").encode(),
        (
            _HEADER.replace("meter_number", "Meter No").replace("area", "Barangay").replace("phone", "Mobile") + _LINE
        ).encode(),
    ],
    ids=["plain", "BOM", "UTF-16", "semicolons", "tabs", "other names"],
)
def test_a_registry_is_read_however_a_spreadsheet_saved_it(content: bytes) -> None:
    assert parse(content).rows == (_ROW,)
    assert parse(content).refusals == ()


@pytest.mark.parametrize("content", [b"class,meter\nunit,WM-101\n", b"class,meter,area\nunit,WM-101,\n"])
def test_two_columns_are_enough_and_a_line_may_be_nobodys_and_nowhere(content: bytes) -> None:
    (row,) = parse(content).rows
    assert (row.person, row.account, row.initial_reading, row.area) == (None, None, None, "")


def test_b35_empty_last_cells_may_be_missing() -> None:
    (row,) = parse((_HEADER + "sm-1,residential\n").encode()).rows
    assert (row.meter_number, row.consumer_class, row.person, row.account) == ("SM-1", "residential", None, None)


def test_b37_a_registrys_initial_readings_have_one_form() -> None:
    text = "meter_number;class;initial\nSM-1;unit;1.234\nSM-2;unit;1.010,25\nSM-3;unit;7\n"
    assert [str(row.initial_reading) for row in parse(text.encode()).rows] == ["1234", "1010.25", "7"]


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        (_LINE.replace("sm-1", ""), "meter_number", "missing"),
        (_LINE.replace("Poblacion", "A#B"), "area", "bad-text"),
        (_LINE.replace("Juan,", "J\x07,"), "first_name", "bad-text"),
        (_LINE.replace("Juan,", "J" * 121 + ","), "first_name", "bad-text"),
        (_LINE.replace("juan@example.com", "juan"), "email", "bad-email"),
        (_LINE.replace("+63 917", "call me"), "phone", "bad-phone"),
        (_LINE.replace("12.5", "-1"), "initial_reading", "bad-number"),
        (_LINE.replace("12.5", "1e9"), "initial_reading", "damaged-cell"),
        (_LINE.replace("12.5", '"1,234"'), "initial_reading", "ambiguous-number"),
        (_LINE.replace("sm-1", "sm*1"), "meter_number", "bad-number"),
        (_LINE.replace("2025110001", "2025/1"), "account", "bad-number"),
        (_LINE.replace("Juan,Dela Cruz", ",").replace(",,2025110001", ",7,2025110001"), "first_name", "missing"),
        (_LINE.replace("\n", ",x\n"), "", "wrong-columns"),
        (_LINE.replace("sm-1", "1.23E+12"), "meter_number", "damaged-cell"),
    ],
)
def test_a_line_that_can_not_be_used_is_named_with_its_column(line: str, column: str, code: str) -> None:
    read = parse((_HEADER + line).encode())
    assert read.rows == ()
    assert [(one.line, one.column, one.code) for one in read.refusals] == [(2, column, code)]


@pytest.mark.parametrize(
    ("titles", "cells", "names"),
    [
        ("first_name,last_name", ",Example School", ("Example School", None, None)),
        ("first_name,last_name", "Suharto,", ("Suharto", None, None)),
        ("first_name,last_name", "Juan,Dela Cruz", (None, "Juan", "Dela Cruz")),
        ("name", "Chapel of St. Anne", ("Chapel of St. Anne", None, None)),
        ("Customer Name", "O'Neil & Sons", ("O'Neil & Sons", None, None)),
        ("name,first_name,last_name", '"Dela Cruz, Juan",Juan,Dela Cruz', (None, "Juan", "Dela Cruz")),
        ("name,first_name,last_name", "Barangay Hall,,", ("Barangay Hall", None, None)),
    ],
)
def test_one_name_is_enough_for_an_organisation_or_a_person_with_one_name(
    titles: str, cells: str, names: tuple[str | None, ...]
) -> None:
    """B46."""
    (row,) = parse(f"meter,class,{titles}\nM1,residential,{cells}\n".encode()).rows
    assert row.person
    assert (row.person.name, row.person.first_name, row.person.last_name) == names


def test_a_line_with_two_different_names_is_refused() -> None:
    read = parse(b"meter,class,customer,first_name,last_name\nM1,residential,x,Eva,Luna\n")
    assert read.refusals == ()
    read = parse(b"meter,class,Full Name,first_name,last_name\nM1,residential,Example School,Eva,Luna\n")
    assert [(one.column, one.code) for one in read.refusals] == [("Full Name", "two-names")]


def test_the_second_line_of_a_meter_is_refused_with_the_first_ones_number() -> None:
    read = parse((_HEADER + _LINE + "\n" + _LINE.replace("sm-1", "SM-1")).encode())
    assert (len(read.rows), read.blank) == (1, 1)
    assert [(one.line, one.code, one.reason) for one in read.refusals] == [
        (4, "duplicate-row", "the same meter as line 2")
    ]


def test_a_header_without_what_a_connection_needs_is_refused() -> None:
    with pytest.raises(Invalid, match="meter_number and consumer_class"):
        parse(b"meter_number,first_name\nSM-1,Ana\n")


def test_more_lines_than_one_import_can_take_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_ROWS", 1)
    with pytest.raises(Invalid, match="more than 1 rows"):
        parse((_HEADER + _LINE + _LINE).encode())


_STANDING = connection(
    meter_number="SM-1", initial_reading=Decimal("12.50"), consumer_id="consumer-1", consumer_class="residential"
)


def test_a_line_that_says_what_stands_changes_nothing() -> None:
    assert against_standing(_ROW, _STANDING, consumer_id="consumer-1") == Registered(2, new=False)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"area": "Hanopol"}, "area"),
        ({"consumer_class": "commercial"}, "consumer_class"),
        ({"initial_reading": Decimal(13)}, "initial_reading"),
        ({"account": "2025110002"}, "account_number"),
        ({"consumer_id": "consumer-2"}, "consumer_number"),
    ],
)
def test_a_line_that_contradicts_what_stands_is_refused(changes: dict[str, object], column: str) -> None:
    standing = connection(
        **{"meter_number": "SM-1", "initial_reading": Decimal("12.5"), "consumer_class": "residential", **changes}
    )
    refused = against_standing(_ROW, standing, consumer_id="consumer-1")
    assert isinstance(refused, Refusal)
    assert (refused.column, refused.code) == (column, "differs")


def test_the_counts_add_up_and_the_refused_lines_are_in_order() -> None:
    outcomes: list[Outcome] = [
        Refusal(9, "area", "missing", "?"),
        Registered(3, new=True),
        Registered(4, new=False),
        Refusal(2, "area", "missing", "?"),
    ]
    intake = intake_of(outcomes, blank=1)
    assert intake.counts == ImportCounts(rows=4, accepted=1, unchanged=1, refused=2, blank=1)
    assert [line["line"] for line in intake.lines] == [2, 9]


def test_digits_count_only_where_a_line_says_them() -> None:
    known = connection(meter_number="SM-1", initial_reading=Decimal("12.5"), consumer_id="consumer-1", meter_digits=5)
    assert against_standing(_ROW, known, consumer_id="consumer-1") == Registered(2, new=False)
    (row,) = parse(b"area,class,meter,initial,digits\nPoblacion,residential,SM-1,12.5,4\n").rows
    refused = against_standing(row, known, consumer_id="consumer-1")
    assert isinstance(refused, Refusal)
    assert refused.column == "meter_digits"


_FACTS = (
    "class,meter,persons,flags,place_flags,measures,size,dwellings,winter_average,route_order\n"
    "unit,SM-1,4,senior; lifeline,floodZone,contractedKw=5; stormArea=120.5,5/8,2,8,12\n"
)


def test_a_line_says_the_facts_that_tariffs_charge_by() -> None:
    (row,) = parse(_FACTS.encode()).rows
    assert row.walking_order == 12
    assert row.facts == RatingFacts(
        meter_size="5/8",
        dwelling_units=Decimal(2),
        winter_average=Decimal(8),
        flags=("lifeline", "senior"),
        persons=4,
        place_flags=("floodZone",),
        measures={"contractedKw": Decimal(5), "stormArea": Decimal("120.5")},
    )
    known = connection(meter_number="SM-1", consumer_class="unit", area="", consumer_id=None, walking_order=12)
    agreeing = replace(known, initial_reading=Decimal(0), facts=row.facts)
    assert against_standing(row, agreeing, consumer_id=None) == Registered(2, new=False)
    refused = against_standing(row, replace(agreeing, facts=replace(row.facts, persons=5)), consumer_id=None)
    assert isinstance(refused, Refusal)
    assert refused.column == "persons"


@pytest.mark.parametrize(
    ("said", "instead", "column"),
    [
        (",4,", ",four,", "persons"),
        (",4,", ",-4,", "persons"),
        ("senior", "sen?ior", "flags"),
        ("contractedKw=5", "contractedKw", "measures"),
        ("contractedKw=5", "contractedKw=-5", "measures"),
        ("contractedKw=5", "persons=5", "measures"),
        ("stormArea", "contractedKw", "measures"),
        (",2,8,", ",0,8,", "dwellings"),
        (",2,8,", ",2,-8,", "winter_average"),
        (",12\n", ",0\n", "route_order"),
    ],
)
def test_a_fact_that_can_not_be_is_refused(said: str, instead: str, column: str) -> None:
    (refused,) = parse(_FACTS.replace(said, instead).encode()).refusals
    assert (refused.line, refused.column) == (2, column)
