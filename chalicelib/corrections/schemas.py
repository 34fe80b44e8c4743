"""What the API takes and shows of corrections."""

from chalicelib.platform.schema import Schema, Text


class NewVoid(Schema):
    """Why a bill is voided."""

    reason: Text
