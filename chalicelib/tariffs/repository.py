"""Tariffs in the table: one item per version, never changed after a run has used it."""

from collections.abc import Sequence
from decimal import Decimal

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.operand import Path

from chalicelib.kernel.period import Period
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import DocumentAttribute, FlagAttribute, IntAttribute, TableItem
from chalicelib.platform.mapping import to_item
from chalicelib.platform.transaction import Action, check, delete, insert, put, transact, update
from chalicelib.tariffs.domain import KnownVersion, Tariff
from chalicelib.tariffs.domain.factors import PeriodFactors
from chalicelib.tenancy.domain import Project

# The attribute of a period's item, which readings keep, that names the run at work on it.
_HELD_BY = "run"


class TariffItem(TableItem):
    tariff = UnicodeAttribute()
    version = IntAttribute()
    document = DocumentAttribute(Tariff)
    sealed = FlagAttribute(null=True)
    changes = IntAttribute(null=True)  # only on the item before all versions, which has nothing else


class FactorsItem(TableItem):
    measures = DocumentAttribute(dict[str, Decimal])
    version = IntAttribute()


def find_factors(project: Project, period: Period) -> PeriodFactors:
    item = dynamo.find(FactorsItem, keys.period_factors(project.client, project.id, period))
    return PeriodFactors(period, item.measures, item.version) if item else PeriodFactors(period, {}, 0)


def factors_write(project: Project, factors: PeriodFactors, *, version: int) -> Action:
    """Build the write of a period's factors, unless they are of another version. Label: `factors`."""
    key = keys.period_factors(project.client, project.id, factors.period)
    unchanged = FactorsItem.version == version if version else FactorsItem.pk.does_not_exist()
    return put("factors", to_item(FactorsItem, key, factors), unchanged)


def no_run_check(project: Project, period: Period) -> Action:
    """Build the check that no billing run is working on the period. Label: `period`."""
    return check("period", keys.period(project.client, project.id, period), Path(_HELD_BY).does_not_exist())


def insert_tariff(project: Project, tariff: Tariff, *, also: Sequence[Action]) -> None:
    """Write a new version of a tariff.

    :raises Refused: label `tariff`, if this version exists.
    """
    transact([insert("tariff", _item(project, tariff)), *also])


def replace_tariff(
    project: Project, tariff: Tariff, *, before: Tariff | None, moved: Tariff | None, also: Sequence[Action]
) -> None:
    """Replace a version and move the end of the one before it, in one transaction.

    :raises Refused: label `tariff`, if there is none, or a run has used it; label `before`, if that one was changed
        meanwhile.
    """
    if before and moved:
        also = [_document_write(project, before, moved), *also]
    unsealed = TariffItem.pk.exists() & TariffItem.sealed.does_not_exist()
    transact([put("tariff", _item(project, tariff), unsealed), *also])


def insert_successor(
    project: Project, *, before: Tariff, ended: Tariff, successor: Tariff, also: Sequence[Action]
) -> None:
    """End a version and write the next one, in one transaction.

    :raises Refused: label `before`, if it was changed meanwhile; label `tariff`, if the successor's number is taken.
    """
    transact([_document_write(project, before, ended), insert("tariff", _item(project, successor)), *also])


def delete_tariff(
    project: Project, tariff: Tariff, *, before: Tariff | None, goes_on: Tariff | None, also: Sequence[Action]
) -> None:
    """Delete a version and extend the one before it, in one transaction.

    :raises Refused: label `tariff`, if a run has used it, or it is gone; label `before`, if that one was changed
        meanwhile.
    """
    key = keys.tariff(project.client, project.id, tariff.id, tariff.version)
    if before and goes_on:
        also = [_document_write(project, before, goes_on), *also]
    transact([delete("tariff", key, TariffItem.pk.exists() & TariffItem.sealed.does_not_exist()), *also])


def seal_versions(project: Project, tariffs: Sequence[Tariff]) -> None:
    """Mark versions as sealed, so that they can't be changed.

    :raises Refused: if one was changed or deleted since it was read.
    """
    for tariff in tariffs:
        key = keys.tariff(project.client, project.id, tariff.id, tariff.version)
        transact([update("tariff", key, [TariffItem.sealed.set(True)], TariffItem.document == tariff)])


def all_versions(project: Project) -> tuple[KnownVersion, ...]:
    """Read every version of every tariff of a project: one query, a read unit per 4 KB."""
    return versions_to_change(project)[0]


def versions_to_change(project: Project) -> tuple[tuple[KnownVersion, ...], Action]:
    """Read every version, and build the write that refuses a change if any version changed since.

    It is part of each change: of two overlapping tariffs that are opened at once, one must be refused. Label `tariffs`.
    """
    key = keys.tariff_changes(project.client, project.id)
    items = list(dynamo.all_of(TariffItem, *key))
    counted = next((item.changes for item in items if item.sk == key[1]), None)
    as_read = TariffItem.changes.does_not_exist() if counted is None else TariffItem.changes == counted
    known = tuple(KnownVersion(item.document, sealed=bool(item.sealed)) for item in items if item.sk != key[1])
    return known, update("tariffs", key, [TariffItem.changes.set((counted or 0) + 1)], as_read)


def _document_write(project: Project, before: Tariff, after: Tariff) -> Action:
    key = keys.tariff(project.client, project.id, before.id, before.version)
    return update("before", key, [TariffItem.document.set(after)], TariffItem.document == before)


def _item(project: Project, tariff: Tariff) -> TariffItem:
    key = keys.tariff(project.client, project.id, tariff.id, tariff.version)
    return TariffItem(*key, tariff=tariff.id, version=tariff.version, document=tariff)
