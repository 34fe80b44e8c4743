"""Try a column mapping on a sample, before it is used."""

from chalicelib.files import service as files
from chalicelib.files.domain.mapping import OWN, ColumnMapping, check_mapping
from chalicelib.files.domain.record import Refusal
from chalicelib.kernel.errors import Invalid
from chalicelib.readings.domain.table_file import TableFile, parse
from chalicelib.tenancy.domain import ProjectContext


def try_mapping(ctx: ProjectContext, *, text: str, mapping_id: str | None, draft: ColumnMapping | None) -> TableFile:
    """Parse a sample of readings by a mapping: one by its id, a draft, or our own titles. Nothing is stored.

    What refuses the whole sample is the refusal of its first line, as in a report.

    :raises Invalid: for an unknown mapping, or a draft that can't be used.
    """
    if draft:
        check_mapping(draft)
    mapping = draft or files.mapping_named(ctx, mapping_id=mapping_id) or OWN
    try:
        return parse(text.encode("utf-8", "surrogatepass"), mapping)
    except Invalid as error:
        return TableFile((), (Refusal(1, "", error.code, str(error)),), 0, {})
