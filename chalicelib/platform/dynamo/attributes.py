"""Exact attribute types: a value read from DynamoDB equals the value written."""

import json
from dataclasses import astuple
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import TypeAdapter
from pynamodb.attributes import Attribute
from pynamodb.constants import NUMBER, STRING

from chalicelib.kernel.clock import epoch_ms, from_epoch_ms
from chalicelib.kernel.period import Period

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from typing_extensions import TypeForm

Word = TypeVar("Word", bound=str)
Counts = TypeVar("Counts", bound="DataclassInstance")
Value = TypeVar("Value")


class IntAttribute(Attribute[int]):
    """A whole number, exact at any size. PynamoDB's own number attribute reads 25.06 as a float."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        if type(value) is not int:
            raise TypeError(f"{value!r} is no whole number")
        return str(value)

    def deserialize(self, value: str) -> int:
        return int(value)


class DecimalAttribute(Attribute[Decimal]):
    """An exact decimal. DynamoDB keeps 38 digits; the schemas accept at most 18."""

    attr_type = NUMBER

    def serialize(self, value: Decimal) -> str:
        if not isinstance(value, Decimal):
            raise TypeError(f"{value!r} is no decimal")
        if not value.is_finite():
            raise ValueError(f"{value!r} is no finite decimal")
        return format(value, "f")

    def deserialize(self, value: str) -> Decimal:
        return Decimal(value)


class DayAttribute(Attribute[date]):
    """A calendar day, YYYY-MM-DD."""

    attr_type = STRING

    def serialize(self, value: date) -> str:
        return value.isoformat()

    def deserialize(self, value: str) -> date:
        return date.fromisoformat(value)


class InstantAttribute(Attribute[datetime]):
    """An instant, kept as whole milliseconds since 1970: 7 bytes where text takes 24."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        return str(epoch_ms(value))

    def deserialize(self, value: str) -> datetime:
        return from_epoch_ms(int(value))


class PeriodAttribute(Attribute[Period]):
    """A billing period, YYYY-MM."""

    attr_type = STRING

    def serialize(self, value: Period) -> str:
        return str(value)

    def deserialize(self, value: str) -> Period:
        return Period.parse(value)


class JsonAttribute(Attribute[Any]):
    """A small JSON document as text: half the work of typed maps, and numbers in it are whole or text, never floats."""

    attr_type = STRING

    def serialize(self, value: Any) -> str:  # noqa: ANN401
        return stored_json(value)

    def deserialize(self, value: str) -> Any:  # noqa: ANN401
        return json.loads(value, parse_float=Decimal)


class LiteralAttribute(Attribute[Word]):
    """One of the values of a Literal type. Anything else is refused, on reading and writing."""

    attr_type = STRING

    def __init__(self, words: "TypeForm[Word]", *, null: bool = False, attr_name: str | None = None) -> None:
        super().__init__(null=null, attr_name=attr_name)
        self.kind = words
        self._words: dict[str, Word] = {word: word for word in get_args(words)}

    def serialize(self, value: Word) -> str:
        return self._known(value)

    def deserialize(self, value: str) -> Word:
        return self._known(value)

    def _known(self, value: str) -> Word:
        try:
            return self._words[value]
        except KeyError:
            raise ValueError(f"{self.attr_name}: {value!r} is none of {', '.join(self._words)}") from None


class FlagAttribute(Attribute[bool]):
    """A boolean, as 1 or 0; if the attribute may be absent, as 1 or absent."""

    attr_type = NUMBER

    def serialize(self, value: bool) -> str | None:
        if value:
            return "1"
        return None if self.null else "0"

    def deserialize(self, value: str) -> bool:
        return value != "0"


class TextsAttribute(Attribute[tuple[str, ...]]):
    """Texts in order, as a JSON array."""

    attr_type = STRING

    def serialize(self, value: tuple[str, ...]) -> str:
        return stored_json(value)

    def deserialize(self, value: str) -> tuple[str, ...]:
        return tuple(json.loads(value))


class WordsAttribute(Attribute[tuple[str, ...]]):
    """Words without commas, as `late,no_use`; absent if there are none."""

    attr_type = STRING

    def __init__(self, *, attr_name: str | None = None) -> None:
        super().__init__(null=True, default=(), attr_name=attr_name)

    def serialize(self, value: tuple[str, ...]) -> str | None:
        return ",".join(value) or None

    def deserialize(self, value: str) -> tuple[str, ...]:
        return tuple(value.split(","))


class NumbersAttribute(Attribute[Counts]):
    """A flat dataclass of whole numbers, as a JSON array in the order of its fields."""

    attr_type = STRING

    def __init__(self, counts: type[Counts], *, null: bool = False, attr_name: str | None = None) -> None:
        super().__init__(null=null, attr_name=attr_name)
        self.kind = counts

    def serialize(self, value: Counts) -> str:
        return stored_json(astuple(value))

    def deserialize(self, value: str) -> Counts:
        return self.kind(*json.loads(value))


class DocumentAttribute(Attribute[Value]):
    """A nested value of the domain, as JSON; checked when it is read.

    With `sparse`, fields that have their default are left out: for values of which most fields do.
    """

    attr_type = STRING

    def __init__(
        self, kind: "TypeForm[Value]", *, null: bool = False, attr_name: str | None = None, sparse: bool = False
    ) -> None:
        super().__init__(null=null, attr_name=attr_name)
        self.kind = kind
        self.sparse = sparse
        self._adapter: TypeAdapter[Value] = TypeAdapter(kind)

    def serialize(self, value: Value) -> str:
        return stored_json(self._adapter.dump_python(value, mode="json", exclude_defaults=self.sparse))

    def deserialize(self, value: str) -> Value:
        return self._adapter.validate_python(json.loads(value, parse_float=Decimal))


def stored_json(value: Any) -> str:  # noqa: ANN401
    """Format JSON for the table: short, and always the same for the same value.

    :raises TypeError: for a float anywhere in it.
    """
    _refuse_floats(value)
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _refuse_floats(value: Any) -> None:  # noqa: ANN401
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float: store a whole number or a decimal as text")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            _refuse_floats(part)
