"""A dataclass and its item are mapped by field name, and what neither names is refused."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.money import Money
from chalicelib.platform.dynamo import FlagAttribute, IntAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item


@dataclass(frozen=True, slots=True)
class Parcel:
    id: str
    weight_g: int
    price: Money
    note: str | None = None
    fragile: bool = False
    stamps: int = 1
    marks: tuple[str, ...] = field(default_factory=tuple)

    @property
    def is_heavy(self) -> bool:
        return self.weight_g > 5000


class ParcelItem(TableItem):
    weight_g = IntAttribute(attr_name="w")
    price_minor = IntAttribute()
    currency = UnicodeAttribute()
    note = UnicodeAttribute(null=True)
    fragile = FlagAttribute(null=True)
    stamps = IntAttribute(null=True)
    marks = UnicodeAttribute(null=True)
    is_heavy = FlagAttribute()


PARCEL = Parcel("p1", 700, Money(250, "PHP"))


def stored(parcel: Parcel, item: type[ParcelItem] = ParcelItem) -> dict[str, Any]:
    made = to_item(item, ("P", parcel.id), parcel, price_minor=parcel.price.minor, currency=parcel.price.currency)
    return made.serialize()


def read(raw: dict[str, Any], kind: type[Parcel] = Parcel, item: type[ParcelItem] = ParcelItem) -> Parcel:
    found = item.from_raw_data(raw)
    return to_entity(kind, found, id=found.sk, price=Money(found.price_minor, found.currency))


def test_fields_and_properties_are_copied_under_the_stored_names() -> None:
    assert stored(replace(PARCEL, note="door")) == {
        "pk": {"S": "P"},
        "sk": {"S": "p1"},
        "w": {"N": "700"},
        "price_minor": {"N": "250"},
        "currency": {"S": "PHP"},
        "note": {"S": "door"},
        "is_heavy": {"N": "0"},
    }


@pytest.mark.parametrize(
    "parcel",
    [PARCEL, replace(PARCEL, note="door", fragile=True, stamps=0), replace(PARCEL, weight_g=5001, note="")],
    ids=["only what it must have", "all there is", "empty text is text"],
)
def test_what_is_stored_is_read_back(parcel: Parcel) -> None:
    assert read(stored(parcel)) == parcel


def test_a_default_is_not_stored() -> None:
    assert stored(PARCEL).keys() == {"pk", "sk", "w", "price_minor", "currency", "is_heavy"}


@dataclass(frozen=True, slots=True)
class InsuredParcel(Parcel):
    insured_minor: int = 0


class InsuredParcelItem(ParcelItem):
    insured_minor = IntAttribute(attr_name="in", null=True)


def test_a_new_field_is_stored_and_read_by_the_code_that_was_there_before() -> None:
    insured = InsuredParcel("p1", 700, Money(250, "PHP"), insured_minor=9900)

    raw = stored(insured, InsuredParcelItem)

    assert raw["in"] == {"N": "9900"}
    assert read(raw, InsuredParcel, InsuredParcelItem) == insured
    older = stored(PARCEL)
    assert read(older, InsuredParcel, InsuredParcelItem) == replace(insured, insured_minor=0)


def test_a_field_that_the_item_lacks_is_refused() -> None:
    with pytest.raises(TypeError, match="InsuredParcel: insured_minor is no attribute of ParcelItem, and not stated"):
        read(stored(PARCEL), InsuredParcel, ParcelItem)


def test_an_attribute_that_the_dataclass_lacks_is_refused() -> None:
    with pytest.raises(TypeError, match="InsuredParcelItem: insured_minor is no field of Parcel, and not stated"):
        stored(PARCEL, InsuredParcelItem)


def test_what_is_stated_must_be_an_attribute() -> None:
    with pytest.raises(TypeError, match="ParcelItem has no attribute colour"):
        to_item(ParcelItem, ("P", "p1"), PARCEL, price_minor=1, currency="PHP", colour="red")


def test_an_item_without_what_it_must_have_is_named() -> None:
    raw = stored(PARCEL)
    del raw["w"]

    with pytest.raises(LookupError, match="ParcelItem P p1 has no weight_g"):
        read(raw)


@dataclass(frozen=True, slots=True)
class Label:
    text: str


class LabelItem(TableItem):
    text = UnicodeAttribute()


class EmptyItem(TableItem):
    pass


def test_one_field_or_none_is_mapped_as_several_are() -> None:
    item = to_item(LabelItem, ("L", "1"), Label("north"))

    assert item.text == "north"
    assert to_entity(Label, item) == Label("north")
    assert to_item(EmptyItem, ("E", "1"), Label("north")).serialize().keys() == {"pk", "sk"}
