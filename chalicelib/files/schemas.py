"""Column mappings as the API shows them."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from chalicelib.files.domain.mapping import MAX_COLUMNS, MAX_SKIPPED, MAX_WIDTH, ColumnMapping, Target
from chalicelib.files.domain.numbers import DecimalSign
from chalicelib.platform.schema import DecimalText, OutSchema, Schema, Shows, Text, WholeList

MappingId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$", examples=["sensus"])]
_Word = Annotated[Text, Field(max_length=60)]
_Record = Annotated[Text, Field(max_length=20, examples=["RDGDT"])]
_MAPPING: TypeAdapter[ColumnMapping] = TypeAdapter(ColumnMapping)


class MappedColumnBody(Schema):
    """One of our columns, and where the file has it: by one of `title`, `place`, `start`, or `constant`."""

    to: Target = Field(description="Our column; a `check` must say what it `equals`", examples=["reading"])
    title: _Word | None = Field(default=None, description="What its title is", examples=["READING_VALUE_L"])
    place: Annotated[int, Field(strict=True, ge=1, le=200)] | None = Field(
        default=None, description="Which cell it is, from 1, in a file without titles", examples=[None]
    )
    start: Annotated[int, Field(strict=True, ge=0, le=MAX_WIDTH)] = Field(
        default=0, description="Its first character, from 1, in text of fixed width", examples=[0]
    )
    length: Annotated[int, Field(strict=True, ge=0, le=MAX_WIDTH)] = Field(
        default=0, description="Its number of characters, in text of fixed width", examples=[0]
    )
    constant: _Word | None = Field(default=None, description="Its value in every line", examples=[None])
    code: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,29}$")] | None = Field(
        default=None, description="Of a register or measure", examples=[None]
    )
    factor: DecimalText = Field(default=Decimal(1), description="Multiplies it: 0.001 for litres", examples=["0.001"])
    equals: _Word | None = Field(default=None, description="What a check must say", examples=[None])
    record: _Record | None = Field(
        default=None, description="What the lines that have it begin with, in text of fixed width", examples=[None]
    )


class MappingBody(Schema):
    """How a kind of file names and writes our columns. Without columns: by our own titles."""

    name: Text = Field(examples=["Sensus export"])
    columns: Annotated[tuple[MappedColumnBody, ...], Field(max_length=MAX_COLUMNS)] = ()
    date_form: Annotated[Text, Field(max_length=40)] | None = Field(
        default=None, description="Left out, the file decides", examples=["dd/mm/yy hh:mm"]
    )
    decimal_sign: DecimalSign | None = Field(default=None, description="Left out, the file decides", examples=["."])
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        default=None, description="Left out, the file decides", examples=[","]
    )
    skip_lines: Annotated[int, Field(strict=True, ge=0, le=MAX_SKIPPED)] = Field(
        default=0, description="The number of lines before the titles or the first row", examples=[0]
    )
    records: Annotated[tuple[_Record, ...], Field(max_length=10)] = Field(
        default=(), description="What lines of fixed width begin with, the highest first; the last makes a row"
    )

    def to_domain(self, mapping_id: str) -> ColumnMapping:
        """Return it as a domain object."""
        return _MAPPING.validate_python(self.model_dump(by_alias=False) | {"id": mapping_id})


class MappedColumnOut(MappedColumnBody, OutSchema):
    """One of our columns, and where the file has it."""


class MappingOut(MappingBody, OutSchema, Shows[ColumnMapping]):
    """A column mapping."""

    id: str
    columns: tuple[MappedColumnOut, ...]
    built_in: bool = Field(description="Every project has it; saving one with its id stands in its place")


class MappingList(WholeList):
    """All column mappings, by id."""

    items: tuple[MappingOut, ...]
