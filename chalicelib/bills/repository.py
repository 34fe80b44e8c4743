"""Bills in the table: one conditional write each, read by period and by account."""

from collections.abc import Iterable, Iterator, Sequence

from pynamodb.attributes import UnicodeAttribute

from chalicelib.bills.domain import Balance, Bill, BillKind, Waiver, parse_bill_id
from chalicelib.bills.domain.counting import BilledRegister
from chalicelib.kernel.ids import shard_of
from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import divided
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import (
    DayAttribute,
    DecimalAttribute,
    DocumentAttribute,
    FlagAttribute,
    InstantAttribute,
    IntAttribute,
    LiteralAttribute,
    NumbersAttribute,
    TableItem,
)
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, check, insert, put
from chalicelib.readings.domain.reading import Reading
from chalicelib.tariffs.domain import pack_lines, unpack_lines
from chalicelib.tenancy.domain import Project


class BillItem(TableItem):
    # Short names: the item is written twice (table and index `account`), and each started KB costs a unit.
    # Account, period and number are part of the keys.
    run_id = UnicodeAttribute(attr_name="ru")
    consumer_id = UnicodeAttribute(attr_name="cu", null=True)
    consumer_name = UnicodeAttribute(attr_name="cn")
    consumer_class = UnicodeAttribute(attr_name="cl")
    meter_number = UnicodeAttribute(attr_name="me")
    read_on = DayAttribute(attr_name="ro")
    billed_on = DayAttribute(attr_name="bo")
    due_on = DayAttribute(attr_name="du")
    previous = DecimalAttribute(attr_name="pv")
    usage = DecimalAttribute(attr_name="us")
    unit = UnicodeAttribute(attr_name="un")
    lines = UnicodeAttribute(attr_name="li")
    total_minor = IntAttribute(attr_name="to")
    currency = UnicodeAttribute(attr_name="cy")
    issued_at = InstantAttribute(attr_name="at")
    digest = UnicodeAttribute(attr_name="dg")
    use_brought_forward = DecimalAttribute(attr_name="cd", null=True)
    tariff_id = UnicodeAttribute(attr_name="tf", null=True)
    use_carried_forward = DecimalAttribute(attr_name="co", null=True)
    estimated = FlagAttribute(attr_name="es", null=True)
    # The register's range, if it rolled over: the reading follows from this, `previous` and `usage`.
    register_range = DecimalAttribute(attr_name="rg", null=True)
    balance = NumbersAttribute(Balance, attr_name="bl", null=True)
    migrated = FlagAttribute(attr_name="mg", null=True)
    issued_by = UnicodeAttribute(attr_name="by", null=True)
    first_day = DayAttribute(attr_name="fd")
    last_day = DayAttribute(attr_name="ld")
    kind = LiteralAttribute(BillKind, attr_name="ki", null=True)
    rounds = IntAttribute(attr_name="rn", null=True)
    months = IntAttribute(attr_name="mo", null=True)
    multiplier = DecimalAttribute(attr_name="mu", null=True)
    superseded_by = UnicodeAttribute(attr_name="sb", null=True)
    registers = DocumentAttribute(tuple[BilledRegister, ...], attr_name="rs", null=True)
    reason = UnicodeAttribute(attr_name="rz", null=True)
    extended_due_on = DayAttribute(attr_name="xd", null=True)
    extended_after_steps = IntAttribute(attr_name="xs", null=True)
    voided_on = DayAttribute(attr_name="vo", null=True)
    voided_by = UnicodeAttribute(attr_name="vb", null=True)
    void_reason = UnicodeAttribute(attr_name="vr", null=True)
    successor = UnicodeAttribute(attr_name="sx", null=True)
    waiver = DocumentAttribute(Waiver, attr_name="wv", null=True)


def insert_bills(project: Project, bills: Sequence[Bill]) -> list[bool]:
    """Insert up to 25 bills in one request; return for each whether it is new.

    Two write units a bill: the table and index `account`. An existing bill is not changed.
    """
    return bulk.insert_batch([_item(project, bill).serialize() for bill in bills])


def bill_insert_write(project: Project, bill: Bill) -> Action:
    """Build the write of a new bill. Label: `bill`."""
    return insert("bill", _item(project, bill), subject=bill.account)


def no_bill_checks(project: Project, readings: Iterable[Reading], standing: Iterable[Bill]) -> list[Action]:
    """Build the checks that only known bills close with some readings of a round, and that the last of them stands.

    Label: `other bill`.
    """
    billed = [bill for bill in standing if bill.has_reading]
    known = {bill.reading_id for bill in billed}
    keys_ = [_key_of_next(project, each) for each in readings if each.id not in known]
    checks = [check("other bill", key, BillItem.pk.does_not_exist()) for key in keys_]
    if billed:
        last = max(billed, key=lambda bill: bill.place)
        checks.append(check("other bill", _key(project, last), BillItem.voided_on.does_not_exist()))
    return checks


def _key_of_next(project: Project, reading: Reading) -> keys.Key:
    """Return the key of the bill that closes with a reading, or would."""
    place = (reading.period, reading.account, reading.number)
    shards = project.settings.shards
    return keys.bill(project.client, project.id, *place, shards, revision=reading.bills_voided + 1)


def balance_write(project: Project, bill: Bill, *, before: Bill) -> Action:
    """Build the write of a bill's new balance, unless another change was made meanwhile. Label: `bill`."""
    balance = BillItem.balance
    untouched = balance.does_not_exist() & BillItem.pk.exists()
    unchanged = balance == before.balance if before.balance.version else untouched
    return put("bill", _item(project, bill), unchanged, subject=bill.id)


def bills_by_id(project: Project, bill_ids: Iterable[str]) -> dict[str, Bill]:
    """Read up to 100 bills by their ids, as they are now: one request, a unit each."""
    wanted = [_key_of_id(project, bill_id) for bill_id in bill_ids]
    found = (_bill(item) for item in BillItem.batch_get(wanted, consistent_read=True))
    return {bill.id: bill for bill in found}


def find_bill(project: Project, bill_id: str) -> Bill | None:
    item = dynamo.find(BillItem, _key_of_id(project, bill_id))
    return _bill(item) if item else None


def bills_closing_with(project: Project, readings: Iterable[Reading]) -> dict[str, Bill]:
    """Read the bills that close with some readings, by the readings' ids: 100 to a request, a unit for each."""
    wanted = list({_key_of_next(project, reading) for reading in readings})
    bills = (_bill(item) for item in BillItem.batch_get(wanted, consistent_read=True))
    return {str(bill.reading_id): bill for bill in bills}


def round_bills(project: Project, period: Period, account: str) -> list[Bill]:
    """Read the bills of a connection for a period, without voided ones, by number. One request, a unit for four."""
    partition = keys.period_shard(project.client, project.id, period, shard_of(account, project.settings.shards))
    items = dynamo.all_between(BillItem, partition, *keys.bills_range(account, account))
    return [bill for bill in map(_bill, items) if bill.is_standing]


def shard_bills(project: Project, period: Period, shard: int) -> Iterator[Bill]:
    """Read the bills of a period's shard, without voided ones. Strongly consistent."""
    partition = keys.period_shard(project.client, project.id, period, shard)
    return (bill for bill in map(_bill, dynamo.all_of(BillItem, partition, "BILL#")) if bill.is_standing)


def shard_totals(project: Project, period: Period, shard: int) -> Iterator[tuple[str, str, int]]:
    """Read account, class and total of a period's shard's bills. Eventually consistent; a unit for about 16 bills."""
    partition = keys.period_shard(project.client, project.id, period, shard)
    wanted = ["sk", "cl", "to", "ki", "vo"]
    for item in dynamo.all_of(BillItem, partition, "BILL#", consistent=False, attributes=wanted):
        if item.kind not in {"advance", "charge", "opening"} and item.voided_on is None:
            yield item.sk.split("#")[1], item.consumer_class, item.total_minor


def period_page(project: Project, period: Period, *, limit: int, cursor: str | None) -> Page[Bill]:
    shards = range(project.settings.shards)
    partitions = [keys.period_shard(project.client, project.id, period, shard) for shard in shards]
    page = dynamo.shards_page(BillItem, partitions, "BILL#", limit=limit, cursor=cursor)
    return Page(tuple(_bill(item) for item in page.items), page.next_cursor)


def account_page(project: Project, account: str, *, limit: int, cursor: str | None) -> Page[Bill]:
    """Read one page of a connection's bills, newest first. Eventually consistent."""
    partition = keys.account_view(project.client, project.id, account)
    page = dynamo.page_of(BillItem, partition, "", limit=limit, cursor=cursor, index="account", newest_first=True)
    return Page(tuple(_bill(item) for item in page.items), page.next_cursor)


def newest_bills(
    project: Project, account: str, *, limit: int, before: tuple[Period, int, int] | None = None
) -> tuple[Bill, ...]:
    """Read a connection's newest bills in one request, those before a period, number and revision.

    Eventually consistent.
    """
    partition = keys.account_view(project.client, project.id, account)
    below = keys.account_bill_place(*before) if before else None
    items = dynamo.newest(BillItem, partition, limit=limit, below=below)
    return tuple(map(_bill, items))


def account_bills(project: Project, account: str) -> Iterator[Bill]:
    """Read all bills of a connection, newest first, a thousand to a request. Eventually consistent."""
    cursor: str | None = None
    while True:
        page = account_page(project, account, limit=1_000, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _key(project: Project, bill: Bill) -> keys.Key:
    place = (bill.period, bill.account, bill.number)
    return keys.bill(project.client, project.id, *place, project.settings.shards, revision=bill.revision)


def _key_of_id(project: Project, bill_id: str) -> keys.Key:
    period, account, number, revision = parse_bill_id(bill_id)
    shards = project.settings.shards
    return keys.bill(project.client, project.id, period, account, number, shards, revision=revision)


def _item(project: Project, bill: Bill) -> BillItem:
    return to_item(
        BillItem,
        _key(project, bill),
        bill,
        g1p=keys.account_view(project.client, project.id, bill.account),
        g1s=keys.account_bill_place(bill.period, bill.number, bill.revision),
        lines=pack_lines(bill.lines),
        total_minor=bill.total.minor,
        currency=bill.total.currency,
        register_range=bill.register_range or None,
    )


def _bill(item: BillItem) -> Bill:
    _, account, number, *revision = item.sk.split("#")
    counted = item.usage + (item.use_carried_forward or 0) - (item.use_brought_forward or 0)
    return to_entity(
        Bill,
        item,
        account=account,
        period=Period.parse(item.pk.split("#")[2]),
        number=int(number),
        revision=int(revision[0].removeprefix("r")) if revision else 1,
        reading=item.previous + divided(counted, item.multiplier or 1) - (item.register_range or 0),
        lines=unpack_lines(item.lines, item.currency),
        total=Money(item.total_minor, item.currency),
    )
