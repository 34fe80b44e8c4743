"""What all request and response schemas share: camelCase, no unknown fields, decimals and amounts as text."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Annotated, Any, Generic, Self, TypeVarTuple

from pydantic import (
    AfterValidator,
    AliasGenerator,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from chalicelib.kernel.clock import iso, parse_day
from chalicelib.kernel.errors import MeterbookError
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import parse_decimal, plain

Things = TypeVarTuple("Things")


class Schema(BaseModel):
    """The base of every request and response body."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        defer_build=True,
        json_schema_serialization_defaults_required=True,  # an answer has all its fields
    )


class OutSchema(Schema):
    """The base of every answer that shows a domain object: each field reads the attribute of its name.

    Where the domain has another name, the field gives it: `Field(validation_alias="account")`.
    """

    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=to_camel), from_attributes=True)


class Shows(Generic[*Things]):
    """Names what an answer is made from: one object, or several (`BillOut(OutSchema, Shows[BillView, Bill])`)."""

    @classmethod
    def of(cls, *things: *Things, names: Mapping[str, str] | None = None) -> Self:
        """Make an answer from these objects: each field is read from the first one that has it.

        `names` are users' names by id, for fields of the type UserName (see `auth.user_names`).
        """
        shown: Self = _shown(cls, things, {"names": names or {}})
        return shown


def _shown(answer: Any, things: tuple[Any, ...], context: Any) -> Any:  # noqa: ANN401 - a mixin knows no schema
    if len(things) == 1:
        return answer.model_validate(things[0], from_attributes=True, context=context)
    wanted = _attributes(answer, *map(type, things))
    together = SimpleNamespace(**{name: getattr(things[at], name) for name, at in wanted})
    return answer.model_validate(together, from_attributes=True, context=context)


@cache
def _attributes(schema: type[BaseModel], *kinds: type) -> tuple[tuple[str, int], ...]:
    """Return the attributes that a schema reads, each with the index of the object that has it."""
    aliases = [field.validation_alias or name for name, field in schema.model_fields.items()]
    names = {str(alias.path[0] if isinstance(alias, AliasPath) else alias) for alias in aliases}
    of_kind = [(name, at) for at, kind in enumerate(kinds) for name in names if hasattr(kind, name)]
    return tuple(dict(reversed(of_kind)).items())


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default", None)


class Change(Schema):
    """The base of every body that changes something: what is left out stays as it is, and null removes it.

    So a client that does not know a field can't remove it. The OpenAPI document shows no defaults here: there are none.
    """

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        # A change need not repeat required fields, so all get a default; only fields that were sent are read.
        for name, field in cls.model_fields.items():
            if field.is_required() and name != "version":
                field.default = None

    def said(self) -> dict[str, Any]:
        """Return the fields that were sent, by their Python names, without `version`, which is not a change."""
        return {name: value for name, value in self if name in self.model_fields_set and name != "version"}


def _read_decimal(value: Any) -> Decimal:  # noqa: ANN401 - whatever the caller sent
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str):
        raise ValueError('Give a decimal as text, such as "12.375".')  # noqa: TRY004 - pydantic wants ValueError
    try:
        return parse_decimal(value)
    except MeterbookError as error:
        raise ValueError(str(error)) from None


def _read_period(value: Any) -> Period:  # noqa: ANN401
    if isinstance(value, Period):
        return value
    if not isinstance(value, str):
        raise ValueError('Give a period as text, such as "2025-11".')  # noqa: TRY004
    try:
        return Period.parse(value)
    except MeterbookError as error:
        raise ValueError(str(error)) from None


def _read_day(value: Any) -> date:  # noqa: ANN401
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError('Give a day as text, such as "2025-11-05".')  # noqa: TRY004
    try:
        return parse_day(value)
    except MeterbookError as error:
        raise ValueError(str(error)) from None


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("Leave out line breaks and other control characters.")
    return text


def _user_name(user_id: Any, info: ValidationInfo) -> str | None:  # noqa: ANN401
    names: Mapping[str, str] = (info.context or {}).get("names", {})
    return names.get(str(user_id))


DecimalText = Annotated[
    Decimal,
    BeforeValidator(_read_decimal),
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,12}(\.\d{1,6})?$"}),
]
PeriodText = Annotated[
    Period,
    PlainValidator(_read_period),  # the dataclass's own schema would be left in the OpenAPI document
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$", "examples": ["2025-11"]}),
]
Day = Annotated[
    date,
    BeforeValidator(_read_day),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2025-11-05"]}),
]
Instant = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-11-05T02:30:00.000Z"]}),
]
Amount = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, Money) else value),
    Field(description="An amount in the project's currency, as decimal text", examples=["275.00"]),
]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_printable)
]
PersonName = Annotated[Text, Field(max_length=100)]
Email = Annotated[str, Field(max_length=120, pattern=r"^[^@\s#]+@[^@\s#]+\.[^@\s#]+$", examples=["ana@example.com"])]
# Accepted in any case, as login names are: client ids have no upper-case letters.
ClientId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$", examples=["balilihan"]), AfterValidator(str.lower)
]
# Shows a user's name; the field's validation alias names the attribute with the user's id.
UserName = Annotated[
    str | None,
    Field(description="The user's present name; null if it was not a user of the client", examples=["Ana Reyes"]),
    BeforeValidator(_user_name),
]
Version = Annotated[
    int,
    Field(
        strict=True, ge=0, le=1_000_000, description="The version that you have read; refused if it was changed since"
    ),
]
# The rules check the exact range with messages of their own; this only refuses absurd numbers.
SmallNumber = Annotated[int, Field(strict=True, ge=0, le=10_000)]
AccountNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["2025110001"])]
BillId = Annotated[str, Field(max_length=60, examples=["2025-11.2025110001.1"])]
MeterNumber = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}$", examples=["SM-12345"]),
]
BrandId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$", examples=["itron"])]
# Tells apart the meters of one number.
OfBrand = Annotated[
    BrandId | None, Field(description="The brand of the meter, if meters of several brands have the number")
]


class PageQuery(Schema):
    """Which page of a list."""

    limit: int = Field(default=50, ge=1, le=200, description="The largest number of items")
    cursor: str | None = Field(default=None, max_length=2000, description="The `nextCursor` of the previous page")


class WholeList(OutSchema):
    """The base of every list without pages, because it is short by nature."""

    next_cursor: None = Field(default=None, description="Always null: the list has no pages", examples=[None])


class FileLink(Schema):
    """A file to download. The link works for anyone who has it, until it expires."""

    url: str = Field(description="The address to GET the file from, without a token")
    expires_seconds: int


class Problem(Schema):
    """An error as RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable, for programs")
    request_id: str
    errors: list["ProblemField"] = Field(default_factory=list, description="Each field that is at fault")


class ProblemField(Schema):
    """One fault of a request."""

    field: str | None = Field(
        description="Its path in the body, such as charges.0.rate, or a parameter's name; null for the whole request"
    )
    message: str = Field(description="What to change")
