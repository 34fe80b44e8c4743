"""An answer reads each of its fields from the attribute of its name, of one thing or of several."""

from dataclasses import dataclass

import pytest
from pydantic import AliasPath, Field, ValidationError

from chalicelib.kernel.money import Money
from chalicelib.platform.schema import Amount, OutSchema, Shows


@dataclass(frozen=True, slots=True)
class Sender:
    full_name: str


@dataclass(frozen=True, slots=True)
class Parcel:
    number: str
    sender: Sender
    price: Money
    stops: tuple[Sender, ...] = ()

    @property
    def in_words(self) -> str:
        return f"parcel {self.number}"


@dataclass(frozen=True, slots=True)
class ParcelView:
    parcel: Parcel

    @property
    def in_words(self) -> str:
        return f"your {self.parcel.in_words}"


class SenderOut(OutSchema):
    full_name: str


class _ParcelFields(OutSchema):
    parcel_number: str = Field(validation_alias="number")
    sent_by: str = Field(validation_alias=AliasPath("sender", "full_name"))
    sender: SenderOut
    price: Amount
    stops: tuple[SenderOut, ...]
    in_words: str


class ParcelOut(_ParcelFields, Shows[Parcel]):
    pass


class MyParcelOut(_ParcelFields, Shows[ParcelView, Parcel]):
    pass


PARCEL = Parcel("p1", Sender("Ana Reyes"), Money(250, "PHP"), (Sender("Post office 2"),))


def test_an_answer_shows_what_a_thing_has_under_the_names_of_the_api() -> None:
    assert ParcelOut.of(PARCEL).model_dump_json() == (
        '{"parcelNumber":"p1","sentBy":"Ana Reyes","sender":{"fullName":"Ana Reyes"},"price":"2.50",'
        '"stops":[{"fullName":"Post office 2"}],"inWords":"parcel p1"}'
    )


def test_of_several_things_the_first_that_has_an_attribute_is_shown() -> None:
    mine = MyParcelOut.of(ParcelView(PARCEL), PARCEL)

    assert mine.in_words == "your parcel p1"
    assert mine.model_dump(exclude={"in_words"}) == ParcelOut.of(PARCEL).model_dump(exclude={"in_words"})


class TrackedParcelOut(ParcelOut):
    position: str


class MyTrackedParcelOut(MyParcelOut):
    position: str


def test_an_answer_does_not_leave_out_what_nothing_has() -> None:
    with pytest.raises(ValidationError, match="position"):
        TrackedParcelOut.of(PARCEL)
    with pytest.raises(ValidationError, match="position"):
        MyTrackedParcelOut.of(ParcelView(PARCEL), PARCEL)
