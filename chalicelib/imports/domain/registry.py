"""Parse a registry: one connection a line, with its consumer."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from chalicelib.connections.domain import Connection, RatingFacts, normalised_meter
from chalicelib.connections.domain.facts import NO_FACTS
from chalicelib.consumers.domain import Consumer, words_of
from chalicelib.files.domain.record import ImportCounts, ImportResult, Refusal
from chalicelib.files.domain.table import Kinds, Line, read_table
from chalicelib.imports.domain import registry_facts
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import code
from chalicelib.kernel.quantity import parse_decimal, plain
from chalicelib.kernel.register import MAX_DIGITS

# The most lines that one invocation can import: each needs seven calls, of perhaps 10 ms.
MAX_ROWS = 3_000
_COLUMNS = {
    "meter_number": ("meter_number", "meter", "meter_no", "serial_number"),
    "meter_brand": ("meter_brand", "brand", "maker", "manufacturer"),
    "consumer_class": ("consumer_class", "class", "classification", "category", "type"),
    "area": ("area", "barangay", "zone", "building"),
    "tariff": ("tariff", "tariff_id", "tariff_plan", "plan"),
    "initial_reading": ("initial_reading", "initial", "first_reading", "last_reading"),
    "meter_digits": ("meter_digits", "digits", "register_digits"),
    "account_number": ("account_number", "account", "account_no", "unit", "unit_id"),
    "consumer_number": ("consumer_number", "consumer_no", "customer_number", "customer_id"),
    "first_name": ("first_name", "given_name"),
    "last_name": ("last_name", "surname", "family_name"),
    "name": ("name", "consumer_name", "customer_name", "full_name", "organisation", "organization", "company"),
    "email": ("email", "e-mail", "email_address"),
    "phone": ("phone", "mobile", "telephone", "contact_number"),
    "address": ("address",),
    **registry_facts.COLUMNS,
}
_NEEDED = {"meter_number", "consumer_class"}
_LENGTHS = {"measures": 400, "consumer_class": 40, "area": 60, "email": 120, "phone": 40}
_NAMES = ("first_name", "last_name", "name")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_PHONE = re.compile(r"[0-9+() /-]+\Z")
_DIGITS = re.compile(r"([1-9]|1[0-2])\Z", re.ASCII)
_FORMS: Mapping[str, Callable[[str], object]] = {
    "account_number": partial(code, what="an account number"),
    "initial_reading": parse_decimal,
    "meter_number": normalised_meter,
    "tariff": partial(code, what="a tariff's id"),
    **registry_facts.FORMS,
}
# The column for each code with which registering can be refused.
_COLUMN_OF = {
    "account-given": "account_number",
    "account-missing": "account_number",
    "account-taken": "account_number",
    "consumer-missing": "first_name",
    "impossible-reading": "initial_reading",
    "ambiguous-meter": "meter_brand",
    "bad-number": "meter_number",
    "meter-taken": "meter_number",
    "other-consumer": "consumer_number",
    "tariff-missing": "tariff",
    "unknown-area": "area",
    "unknown-brand": "meter_brand",
    "unknown-class": "consumer_class",
    "unknown-tariff": "tariff",
}


@dataclass(frozen=True, slots=True)
class Person:
    """The consumer of a line. Lines with the same `number` have the same consumer.

    An organisation, or a person with one name, has a `name` instead of first and last name.
    """

    number: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    address: str | None
    name: str | None = None

    @property
    def whole_name(self) -> str:
        return self.name or f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Row:
    """One valid line."""

    line: int
    person: Person | None
    account: str | None
    consumer_class: str
    meter_number: str
    area: str
    initial_reading: Decimal | None
    tariff: str | None = None
    meter_digits: int | None = None
    facts: RatingFacts = NO_FACTS
    walking_order: int | None = None
    meter_brand: str | None = None

    @property
    def meter(self) -> tuple[str, str]:
        """The number and brand of the meter, as it is unique in the file."""
        return self.meter_number, (self.meter_brand or "").casefold()


@dataclass(frozen=True, slots=True)
class Registry:
    """A parsed file. `blank` counts empty lines, which are skipped; `titles` are the columns as the file names them."""

    rows: tuple[Row, ...]
    refusals: tuple[Refusal, ...]
    blank: int
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Registered:
    """A line whose connection is registered; `new` unless it existed before this import.

    What the import wrote before it was interrupted is new, so that a resumed import gives the same report.
    """

    line: int
    new: bool


Outcome = Registered | Refusal


def parse(content: bytes) -> Registry:
    """Parse a registry. The first line names the columns.

    :raises Invalid: if the whole file can't be used: not text, no valid first line, too many rows.
    """
    wanted = "meter_number and consumer_class"
    kinds = Kinds(numbers=("initial_reading",))
    table = read_table(content, _COLUMNS, names=wanted, suffices=_NEEDED.issubset, most=MAX_ROWS, kinds=kinds)
    rows: list[Row] = []
    refusals = list(table.refusals)
    first_lines: dict[tuple[str, str], int] = {}
    for line in table.lines:
        made = _row(line, table.titles)
        if isinstance(made, Row) and made.meter in first_lines:
            reason = f"the same meter as line {first_lines[made.meter]}"
            made = Refusal(made.line, table.titles["meter_number"], "duplicate-row", reason)
        if isinstance(made, Row):
            first_lines[made.meter] = made.line
            rows.append(made)
        else:
            refusals.append(made)
    return Registry(tuple(rows), tuple(refusals), table.blank, table.titles)


def against_standing(row: Row, standing: Connection, *, consumer_id: str | None) -> Outcome:
    """Compare a line with the connection that already has its meter; empty cells are not compared."""
    initial = standing.initial_reading if row.initial_reading is None else row.initial_reading
    said: dict[str, tuple[object, object]] = {
        "account_number": (row.account or standing.account, standing.account),
        "consumer_number": (consumer_id or standing.consumer_id, standing.consumer_id),
        "consumer_class": (row.consumer_class, standing.consumer_class),
        "tariff": (row.tariff or standing.tariff_id, standing.tariff_id),
        "area": (row.area or standing.area, standing.area),
        "initial_reading": (plain(initial), plain(standing.initial_reading)),
        "meter_digits": (row.meter_digits or standing.meter_digits, standing.meter_digits),
        "walking_order": (row.walking_order or standing.walking_order, standing.walking_order),
        **registry_facts.compared(row.facts, standing.facts),
        "meter_brand": (row.meter_brand or standing.meter_brand, standing.meter_brand),
    }
    differing = next((column for column, (here, there) in said.items() if here != there), None)
    if differing is None:
        return Registered(row.line, new=False)
    reason = f"meter {row.meter_number} is on connection {standing.account}, which says otherwise; change it there"
    return Refusal(row.line, differing, "differs", reason)


def says_otherwise(person: Person, known: Consumer) -> bool:
    """Return whether a line has another name or contact than the stored consumer. Empty cells are not compared."""
    said = ("email", "phone", "address")
    return person.whole_name != known.name or any(
        getattr(person, name) not in {None, "", getattr(known, name)} for name in said
    )


def refusal_of(row: Row, error_code: str, reason: str) -> Refusal:
    """Return the refusal of a line for an error in registering it."""
    return Refusal(row.line, _COLUMN_OF.get(error_code, ""), error_code, reason)


def intake_of(outcomes: Iterable[Outcome], *, blank: int) -> ImportResult:
    """Return the counts of the outcomes, and the refused lines in order."""
    every = list(outcomes)
    refused = sorted((one for one in every if isinstance(one, Refusal)), key=lambda one: one.line)
    new = sum(isinstance(one, Registered) and one.new for one in every)
    counts = ImportCounts(
        rows=len(every),
        accepted=new,
        unchanged=len(every) - len(refused) - new,
        refused=len(refused),
        blank=blank,
    )
    return ImportResult(counts, tuple(one.as_line() for one in refused))


def _row(line: Line, titles: Mapping[str, str]) -> Row | Refusal:
    cell = line.cells
    for field, title in titles.items():
        if wrong := _wrong_with(line.number, field, title, cell[field]):
            return wrong
    if cell.get("consumer_number") and not any(cell.get(field) for field in _NAMES):
        column = next((titles[field] for field in _NAMES if field in titles), "")
        return Refusal(line.number, column, "missing", "name the consumer, or leave the number out")
    if _named_twice(cell):
        reason = "this line has two names; leave this one out, or first and last name"
        return Refusal(line.number, titles["name"], "two-names", reason)
    return Row(
        line=line.number,
        person=_person(cell),
        account=cell.get("account_number") or None,
        consumer_class=cell["consumer_class"],
        meter_number=normalised_meter(cell["meter_number"]),
        area=cell.get("area", ""),
        initial_reading=parse_decimal(cell["initial_reading"]) if cell.get("initial_reading") else None,
        tariff=cell.get("tariff") or None,
        meter_digits=int(cell["meter_digits"]) if cell.get("meter_digits") else None,
        facts=registry_facts.facts_of(cell),
        walking_order=registry_facts.walking_order_of(cell),
        meter_brand=cell.get("meter_brand") or None,
    )


def _named_twice(cell: Mapping[str, str]) -> bool:
    """Return whether a line has a whole name beside other first and last names; the order of words may differ."""
    parts = [cell[field] for field in ("first_name", "last_name") if cell.get(field)]
    whole = cell.get("name")
    return bool(whole and parts and sorted(words_of(whole)) != sorted(words_of(" ".join(parts))))


def _person(cell: Mapping[str, str]) -> Person | None:
    """Return a line's consumer, or None. A name alone in any column is the name of an organisation or a mononym."""
    first, last = cell.get("first_name"), cell.get("last_name")
    both = bool(first and last)
    single = None if both else cell.get("name") or first or last
    if not both and not single:
        return None
    return Person(
        number=cell.get("consumer_number") or None,
        first_name=first if both else None,
        last_name=last if both else None,
        email=cell.get("email") or None,
        phone=cell.get("phone") or None,
        address=cell.get("address") or None,
        name=single,
    )


def _wrong_with(number: int, field: str, title: str, text: str) -> Refusal | None:
    """Return the refusal of a line with an invalid cell, or None."""
    most = _LENGTHS.get(field, 120)
    if not text and field in _NEEDED:
        return Refusal(number, title, "missing", "this is missing")
    if len(text) > most or not text.isprintable() or (field == "area" and "#" in text):
        return Refusal(number, title, "bad-text", f"at most {most} characters on one line, and no # in an area")
    return _wrong_form(number, field, title, text) if text else None


def _wrong_form(number: int, field: str, title: str, text: str) -> Refusal | None:
    if field == "email" and not _EMAIL.match(text):
        return Refusal(number, title, "bad-email", "write it like ana@example.com")
    if field == "phone" and not _PHONE.match(text):
        return Refusal(number, title, "bad-phone", "digits, spaces and + ( ) / - only")
    if field == "meter_digits" and not _DIGITS.match(text):
        return Refusal(number, title, "bad-number", f"a register has 1 to {MAX_DIGITS} digits before the point")
    if field == "initial_reading" and text.startswith("-"):
        return Refusal(number, title, "bad-number", "a meter does not show less than zero")
    try:
        _FORMS.get(field, str)(text)
    except Invalid as error:
        fault = "bad-text" if field in registry_facts.TEXTS else error.code
        return Refusal(number, title, fault, str(error))
    return None
