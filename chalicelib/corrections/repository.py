"""The records of corrections in the table."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.corrections.domain import ChangedBill, ChangedReading, Correction, CorrectionKind
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import DocumentAttribute, InstantAttribute, LiteralAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert
from chalicelib.tenancy.domain import Project


class CorrectionItem(TableItem):
    # The id is part of the key.
    kind = LiteralAttribute(CorrectionKind, attr_name="ki")
    accounts = DocumentAttribute(tuple[str, ...], attr_name="ac")
    readings = DocumentAttribute(tuple[ChangedReading, ...], attr_name="rd")
    bills = DocumentAttribute(tuple[ChangedBill, ...], attr_name="bi")
    entered = UnicodeAttribute(attr_name="en", null=True)
    currency = UnicodeAttribute(attr_name="cy")
    reason = UnicodeAttribute(attr_name="rs")
    by = UnicodeAttribute(attr_name="by")
    at = InstantAttribute(attr_name="at")


def correction_insert_write(project: Project, correction: Correction) -> Action:
    """Build the write of a new correction. Label: `correction`."""
    key = keys.correction(project.client, project.id, correction.id)
    return insert("correction", to_item(CorrectionItem, key, correction))


def find_correction(project: Project, correction_id: str) -> Correction | None:
    item = dynamo.find(CorrectionItem, keys.correction(project.client, project.id, correction_id))
    return to_entity(Correction, item, id=correction_id) if item else None
