"""Readings and periods in the table."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from pynamodb.attributes import UnicodeAttribute

from chalicelib.connections.domain.meters import RegisterCount
from chalicelib.kernel.ids import shard_of, shard_ranges
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import (
    DayAttribute,
    DecimalAttribute,
    DocumentAttribute,
    InstantAttribute,
    IntAttribute,
    LiteralAttribute,
    TableItem,
    WordsAttribute,
)
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, check, insert, put, transact, update
from chalicelib.readings.domain.reading import (
    LAST_READ_NUMBER,
    FormerValue,
    Reading,
    ReadingKind,
    ReadingSource,
    ReadingState,
)
from chalicelib.readings.domain.visits import Visit
from chalicelib.tenancy.domain import Project


class ReadingItem(TableItem):
    # Short names, because a run reads every reading of its period. Account, period and number are part of the keys.
    read_on = DayAttribute(attr_name="ro")
    value = DecimalAttribute(attr_name="va")
    previous = DecimalAttribute(attr_name="pv")
    usage = DecimalAttribute(attr_name="us")
    state = LiteralAttribute(ReadingState, attr_name="st")
    flags = WordsAttribute(attr_name="fl")
    source = LiteralAttribute(ReadingSource, attr_name="so")
    origin = UnicodeAttribute(attr_name="og")
    meter_number = UnicodeAttribute(attr_name="me")
    area = UnicodeAttribute(attr_name="ar")
    entered_by = UnicodeAttribute(attr_name="eb")
    entered_at = InstantAttribute(attr_name="ea")
    confirmed_by = UnicodeAttribute(attr_name="cb", null=True)
    confirmed_at = InstantAttribute(attr_name="ca", null=True)
    version = IntAttribute(attr_name="v")
    use_brought_forward = DecimalAttribute(attr_name="cd", null=True)
    use_carried_forward = DecimalAttribute(attr_name="co", null=True)
    kind = LiteralAttribute(ReadingKind, attr_name="ki", null=True)
    since = DayAttribute(attr_name="si", null=True)
    rounds = IntAttribute(attr_name="rn", null=True)
    multiplier = DecimalAttribute(attr_name="mu", null=True)
    measures = DocumentAttribute(Mapping[str, Decimal], attr_name="ms", null=True)
    registers = DocumentAttribute(tuple[RegisterCount, ...], attr_name="rg", null=True)
    reader_code = UnicodeAttribute(attr_name="rc", null=True)
    photo = UnicodeAttribute(attr_name="ph", null=True)
    reason = UnicodeAttribute(attr_name="re", null=True)
    bills_voided = IntAttribute(attr_name="bv", null=True)
    former_values = DocumentAttribute(tuple[FormerValue, ...], attr_name="fv", null=True)


class PeriodItem(TableItem):
    """A period that a run has worked on. `run` is the run that holds it now: its readings can't change then."""

    run = UnicodeAttribute(null=True)


class BilledItem(TableItem):
    """A bill, of which this feature asks only with which reading it closes, and whether it was voided."""

    read_on = DayAttribute(attr_name="ro")
    voided_on = DayAttribute(attr_name="vo", null=True)


class VisitItem(TableItem):
    reader_code = UnicodeAttribute(attr_name="rc")
    photo = UnicodeAttribute(attr_name="ph", null=True)
    noted_by = UnicodeAttribute(attr_name="by")
    noted_at = InstantAttribute(attr_name="at")


def visit_write(project: Project, visit: Visit) -> Action:
    """Build the write of a visit; noted again, it is replaced. Label: `visit`."""
    key = keys.visit(project.client, project.id, visit.period, visit.account, visit.on, project.settings.shards)
    return put("visit", to_item(VisitItem, key, visit))


def find_visit(project: Project, period: Period, account: str, on: date) -> Visit | None:
    item = dynamo.find(VisitItem, keys.visit(project.client, project.id, period, account, on, project.settings.shards))
    return _visit(item) if item else None


def last_visits(project: Project, period: Period, accounts: Collection[str], *, adjacent: bool) -> dict[str, Visit]:
    """Return the last visit to some connections in a round; `adjacent` ones are read together."""
    found: dict[str, Visit] = {}
    for shard, first, last in _ranges(project, accounts, adjacent=adjacent):
        partition = keys.period_shard(project.client, project.id, period, shard)
        for item in dynamo.all_between(VisitItem, partition, *keys.visits_range(first, last), consistent=False):
            visit = _visit(item)
            found[visit.account] = visit
    return found


def _visit(item: VisitItem) -> Visit:
    _, account, on = item.sk.split("#")
    period = Period.parse(item.pk.split("#")[2])
    return to_entity(Visit, item, account=account, on=date.fromisoformat(on), period=period)


def _ranges(project: Project, accounts: Collection[str], *, adjacent: bool = True) -> list[tuple[int, str, str]]:
    """Return the ranges in which accounts lie: one of each shard, if they follow each other, else each its own."""
    wanted = set(accounts)
    shards = project.settings.shards
    together = shard_ranges(wanted, shards) if adjacent else []
    return together or [(shard_of(each, shards), each, each) for each in sorted(wanted)]


def billed_days(
    project: Project, period: Period, accounts: Collection[str], *, adjacent: bool = True
) -> dict[str, date]:
    """Return the last day of reading that is billed of some connections for a period: a unit for eight of them.

    Accounts that follow each other in each shard, as those of a page do, are read together, others one by one.
    """
    found: dict[str, date] = {}
    for shard, first, last in _ranges(project, accounts, adjacent=adjacent):
        partition = keys.period_shard(project.client, project.id, period, shard)
        for item in dynamo.all_between(BilledItem, partition, *keys.bills_range(first, last)):
            _, account, number, *_ = item.sk.split("#")
            if item.voided_on is None and 0 < int(number) <= LAST_READ_NUMBER:
                found[account] = max(item.read_on, found.get(account, item.read_on))
    return found


def with_bill(project: Project, readings: Iterable[Reading]) -> set[str]:
    """Return the ids of readings that bills close with: 100 to a request, half a unit for each."""
    asked = {_bill_key(project, each): each.id for each in readings}
    return {asked[item.pk, item.sk] for item in TableItem.batch_get(list(asked), attributes_to_get=["pk", "sk"])}


def _bill_key(project: Project, reading: Reading) -> keys.Key:
    """Return the key of the bill that closes with a reading; if bills of it were voided, of the next revision."""
    place = (reading.period, reading.account, reading.number)
    shards = project.settings.shards
    return keys.bill(project.client, project.id, *place, shards, revision=reading.bills_voided + 1)


def insert_pending(project: Project, readings: Sequence[Reading]) -> list[bool]:
    """Insert up to 25 readings that wait; return for each whether it is new. Two write units each."""
    return bulk.insert_batch([_reading_item(project, reading).serialize() for reading in readings])


def reading_insert_write(project: Project, reading: Reading) -> Action:
    """Build the write of a new reading. Label: `reading`."""
    return insert("reading", _reading_item(project, reading), subject=reading.account)


def reading_update_write(project: Project, reading: Reading, *, before: Reading) -> Action:
    """Build the write of a changed reading, unless it was changed meanwhile. Label: `reading`."""
    unchanged = ReadingItem.version == before.version
    return put("reading", _reading_item(project, reading), unchanged, subject=reading.account)


def period_open_check(project: Project, period: Period) -> Action:
    """Build the check that no billing run is working on the period. Label: `period`."""
    return check("period", keys.period(project.client, project.id, period), PeriodItem.run.does_not_exist())


def reading_unchanged_check(project: Project, reading: Reading) -> Action:
    """Build the check that a reading is unchanged. Label: `reading`."""
    return check("reading", _key(project, reading), ReadingItem.version == reading.version, subject=reading.account)


def reading_unbilled_check(project: Project, reading: Reading) -> Action:
    """Build the check that no bill closes with a reading. Label: `bill`."""
    key = _bill_key(project, reading)
    return check("bill", key, TableItem.pk.does_not_exist(), subject=reading.account)


def period_freeze_write(project: Project, period: Period, run_id: str) -> Action:
    """Build the write that gives a run the period. Label: `period`, refused if another run has it."""
    return update(
        "period",
        keys.period(project.client, project.id, period),
        [PeriodItem.run.set(run_id)],
        PeriodItem.run.does_not_exist(),
    )


def period_release_write(project: Project, period: Period, run_id: str) -> Action:
    """Build the write that releases a run's period. Label: `period`."""
    return update(
        "period", keys.period(project.client, project.id, period), [PeriodItem.run.remove()], PeriodItem.run == run_id
    )


def find_run_of(project: Project, period: Period) -> str | None:
    item = dynamo.find(PeriodItem, keys.period(project.client, project.id, period))
    return item.run if item else None


def commit(actions: Sequence[Action]) -> None:
    """Execute the writes of readings, with others, in one transaction.

    :raises Refused: with the labels of the refused writes; then nothing is written.
    """
    transact(actions)


def find_reading(project: Project, period: Period, account: str, number: int) -> Reading | None:
    key = keys.reading(project.client, project.id, period, account, number, project.settings.shards)
    item = dynamo.find(ReadingItem, key)
    return _reading(item) if item else None


def is_billed(project: Project, reading: Reading) -> bool:
    """Return whether a bill closes with a reading. A unit."""
    return dynamo.find(TableItem, _bill_key(project, reading)) is not None


def round_of_account(project: Project, period: Period, account: str) -> list[Reading]:
    """Read all readings of a connection for a period, withdrawn ones included. One request, a unit."""
    partition = keys.period_shard(project.client, project.id, period, shard_of(account, project.settings.shards))
    items = dynamo.all_between(ReadingItem, partition, *keys.readings_range(account, account))
    return [_reading(item) for item in items]


def readings_of(project: Project, period: Period, accounts: Iterable[str]) -> dict[str, list[Reading]]:
    """Read a period's readings of some connections, withdrawn ones included.

    A unit for each, 100 to a request, since without a first one there is no other; a request for each that was read.
    """
    return {
        account: round_of_account(project, period, account) for account in first_readings(project, period, accounts)
    }


def first_readings(project: Project, period: Period, accounts: Iterable[str]) -> dict[str, Reading]:
    """Read the first reading of some connections for a period, 100 to a request, one read unit for each."""
    shards = project.settings.shards
    wanted = [keys.reading(project.client, project.id, period, account, 1, shards) for account in set(accounts)]
    found = ReadingItem.batch_get(wanted, consistent_read=True)
    return {reading.account: reading for reading in map(_reading, found)}


def read_in_order(project: Project, period: Period, accounts: Collection[str]) -> set[str]:
    """Return which of some connections were read for a period: a unit for fifteen of them.

    The accounts are those of a page of connections: of each shard some that follow each other, without a gap.
    """
    ranges = shard_ranges(accounts, project.settings.shards)
    if not ranges:
        return {account for account, taken in readings_of(project, period, accounts).items() if _is_read(taken)}
    found = set[str]()
    for shard, first, last in ranges:
        partition = keys.period_shard(project.client, project.id, period, shard)
        for item in dynamo.all_between(ReadingItem, partition, *keys.readings_range(first, last)):
            if item.state != "withdrawn" and item.kind != "check":
                found.add(item.sk.split("#")[1])
    return found


def read_among(project: Project, period: Period, accounts: Iterable[str]) -> set[str]:
    """Return which of some connections were read for a period: a unit for each, a request for each that was."""
    return {account for account, taken in readings_of(project, period, accounts).items() if _is_read(taken)}


def readings_in_order(project: Project, period: Period, accounts: Collection[str]) -> dict[str, list[Reading]]:
    """Read a period's readings of connections that are adjacent in each shard: a unit for thirty of them.

    Eventually consistent.
    """
    found: dict[str, list[Reading]] = {}
    wanted = set(accounts)
    for shard, first, last in _ranges(project, wanted):
        partition = keys.period_shard(project.client, project.id, period, shard)
        for item in dynamo.all_between(ReadingItem, partition, *keys.readings_range(first, last), consistent=False):
            reading = _reading(item)
            if reading.account in wanted:
                found.setdefault(reading.account, []).append(reading)
    return found


def _is_read(taken: Iterable[Reading]) -> bool:
    return any(reading.is_live and reading.kind != "check" for reading in taken)


def shard_readings(project: Project, period: Period, shard: int) -> Iterator[Reading]:
    """Read all readings of a period's shard, strongly consistent: one read unit for about 15."""
    partition = keys.period_shard(project.client, project.id, period, shard)
    return (_reading(item) for item in dynamo.all_of(ReadingItem, partition, "READING#"))


def readings_page(project: Project, period: Period, *, limit: int, cursor: str | None) -> Page[Reading]:
    shards = range(project.settings.shards)
    partitions = [keys.period_shard(project.client, project.id, period, shard) for shard in shards]
    page = dynamo.shards_page(ReadingItem, partitions, "READING#", limit=limit, cursor=cursor)
    return Page(tuple(_reading(item) for item in page.items), page.next_cursor)


def readings_of_account(project: Project, periods: Iterable[Period], account: str) -> list[Reading]:
    """Read a connection's readings of up to 50 periods: one request, two units for each.

    Periods with more than one reading take a request and a unit each besides.
    """
    shards = project.settings.shards
    asked = [(period, number) for period in periods for number in (1, 2)]
    wanted = [keys.reading(project.client, project.id, period, account, number, shards) for period, number in asked]
    found = [_reading(item) for item in ReadingItem.batch_get(wanted, consistent_read=True)]
    several = {reading.period for reading in found if reading.number > 1}
    single = [reading for reading in found if reading.period not in several]
    return single + [reading for period in sorted(several) for reading in round_of_account(project, period, account)]


def pending_page(project: Project, areas: Sequence[str] | None, *, limit: int, cursor: str | None) -> Page[Reading]:
    """Read one page of pending readings, of some areas or of all. Eventually consistent."""
    partitions = [keys.pending_readings(project.client, project.id, shard) for shard in range(project.settings.shards)]
    prefixes = [""] if areas is None else [keys.area_place(area, "").removesuffix("#") for area in areas]
    page = dynamo.shards_page(ReadingItem, partitions, prefixes, limit=limit, cursor=cursor, index="worklist")
    return Page(tuple(_reading(item) for item in page.items), page.next_cursor)


def _reading_item(project: Project, reading: Reading) -> ReadingItem:
    shards = project.settings.shards
    item = to_item(ReadingItem, _key(project, reading), reading)
    if reading.state in {"pending", "held"}:
        item.g2p = keys.pending_readings(project.client, project.id, shard_of(reading.account, shards))
        item.g2s = keys.area_place(reading.area, f"{reading.period}#{reading.account}#{reading.number:03}")
    return item


def _key(project: Project, reading: Reading) -> keys.Key:
    place = (reading.period, reading.account, reading.number)
    return keys.reading(project.client, project.id, *place, project.settings.shards)


def _reading(item: ReadingItem) -> Reading:
    _, account, *number = item.sk.split("#")
    period = Period.parse(item.pk.split("#")[2])
    return to_entity(Reading, item, account=account, period=period, number=int(number[0]) if number else 1)
