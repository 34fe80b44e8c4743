"""Exact attribute types: what DynamoDB stores comes back as the very same value."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pynamodb.attributes import Attribute
from pynamodb.constants import NUMBER, STRING

from chalicelib.kernel.clock import epoch_ms, from_epoch_ms
from chalicelib.kernel.period import Period

if TYPE_CHECKING:
    from typing_extensions import TypeForm

Word = TypeVar("Word", bound=str)


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
    """An exact decimal. DynamoDB keeps 38 digits; the schemas let at most 18 in."""

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
        _refuse_floats(value)
        return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)

    def deserialize(self, value: str) -> Any:  # noqa: ANN401
        return json.loads(value, parse_float=Decimal)


class LiteralAttribute(Attribute[Word]):
    """One of the words of a Literal type. Anything else is refused, read or written."""

    attr_type = STRING

    def __init__(self, words: "TypeForm[Word]", *, null: bool = False, attr_name: str | None = None) -> None:
        super().__init__(null=null, attr_name=attr_name)
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
    """Yes or no, as 1 or 0; where it may be absent, as 1 or nothing."""

    attr_type = NUMBER

    def serialize(self, value: bool) -> str | None:
        if value:
            return "1"
        return None if self.null else "0"

    def deserialize(self, value: str) -> bool:
        return value != "0"


def _refuse_floats(value: Any) -> None:  # noqa: ANN401
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float: store a whole number or a decimal as text")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            _refuse_floats(part)
