"""Cashier sessions as the API accepts and shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from chalicelib.cashiers.domain import MAX_DENOMINATIONS, MAX_PIECES, CashierSession, MethodTotals, SessionStatus
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.platform.schema import Amount, Day, Instant, OutSchema, PageQuery, Schema, Shows, Text, UserName

_GivenAmount = Annotated[str, Field(max_length=20, examples=["1000.00"])]
_Pieces = Annotated[int, Field(strict=True, ge=0, le=MAX_PIECES)]
_UserId = Annotated[str, Field(min_length=1, max_length=40, examples=["01KBMYX1A7D0G3J6M9P2S5V8Y1"])]


class NewCashierSession(Schema):
    """Where a session is opened, and with how much change in the drawer."""

    desk: Annotated[str, Field(min_length=1, max_length=12, examples=["MAIN"])] = Field(
        description="One of the desks that the project's settings name"
    )
    opening_float: _GivenAmount = Field(alias="float", description="The cash in the drawer at the beginning")


class NewCashCount(Schema):
    """Cash as it was counted: its amount, or the number of notes and coins of each value."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"denominations": {"100.00": 4, "20.00": 1}}]})

    cash: _GivenAmount | None = None
    denominations: Annotated[dict[_GivenAmount, _Pieces], Field(max_length=MAX_DENOMINATIONS)] | None = Field(
        default=None, description="Notes and coins: how many of each value", examples=[{"1000.00": 2, "0.25": 3}]
    )

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        if (self.cash is None) == (self.denominations is None):
            raise ValueError("Give either cash or denominations.")
        return self

    def pieces(self, currency: str) -> dict[int, int]:
        """Return the number of pieces by value.

        :raises Invalid: for a value that is no amount.
        """
        named = self.denominations or {}
        return {parsed_cash(value, currency, "denominations"): number for value, number in named.items()}


class NewClosing(Schema):
    """The cash that was counted at the end."""

    counted: _GivenAmount = Field(description="All the cash in the drawer, the float included")
    reason: Text | None = Field(
        default=None, description="Needed if it is not the expected cash", examples=["Gave 5.00 too much change"]
    )


class NewCashHandover(Schema):
    """Cash that is handed over to another person."""

    to: _UserId = Field(description="The id of the user who takes it, and then accepts it")
    amount: _GivenAmount


class SessionsQuery(PageQuery):
    """Which sessions to list."""

    day: Day | None = Field(default=None, description="Those that were opened on this day")
    cashier: _UserId | None = Field(default=None, description="Those of this user")
    open: bool = Field(default=False, description="Only those that are open")


def parsed_cash(text: str, currency: str, field: str) -> int:
    """Return an amount of a request in minor units.

    :raises Invalid: naming the field.
    """
    try:
        return Money.parse(text, currency).minor
    except Invalid as error:
        raise Invalid(error.code, str(error), field=field) from None


@dataclass(frozen=True, slots=True)
class TotalsView:
    """A method's totals as money."""

    totals: MethodTotals
    currency: str

    @property
    def method(self) -> str:
        return self.totals.method

    @property
    def taken_count(self) -> int:
        return self.totals.taken_count

    @property
    def taken(self) -> Money:
        return Money(self.totals.taken, self.currency)

    @property
    def change_given(self) -> Money:
        return Money(self.totals.change, self.currency)

    @property
    def reversed_count(self) -> int:
        return self.totals.reversed_count

    @property
    def reversed(self) -> Money:
        return Money(self.totals.reversed, self.currency)

    @property
    def refunded_count(self) -> int:
        return self.totals.refunded_count

    @property
    def refunded(self) -> Money:
        return Money(self.totals.refunded, self.currency)


class MethodTotalsOut(OutSchema, Shows[TotalsView]):
    """What a session took and gave back by one method."""

    method: str
    taken_count: int = Field(description="How many payments")
    taken: Amount = Field(description="Their amounts, without what was given back as change")
    change_given: Amount = Field(examples=["25.00"])
    reversed_count: int
    reversed: Amount
    refunded_count: int
    refunded: Amount


@dataclass(frozen=True, slots=True)
class SessionView:
    """The fields of a session that have another form in the answer."""

    session: CashierSession

    def _money(self, minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, self.session.currency)

    @property
    def opening_float(self) -> Money:
        return Money(self.session.float_minor, self.session.currency)

    @property
    def methods(self) -> tuple[MethodTotalsOut, ...]:
        return tuple(MethodTotalsOut.of(TotalsView(each, self.session.currency)) for each in self.session.totals)

    @property
    def expected(self) -> Money:
        return Money(self.session.expected_minor, self.session.currency)

    @property
    def last_count(self) -> "CashCountOut | None":
        count = self.session.last_count
        if count is None:
            return None
        currency = self.session.currency
        return CashCountOut(
            cash=str(Money(count.cash, currency)),
            expected=str(Money(count.expected, currency)),
            difference=str(Money(count.cash - count.expected, currency)),
            denominations={str(Money(value, currency)): number for value, number in count.denominations},
            counted_at=count.at,
        )

    @property
    def counted(self) -> Money | None:
        return self._money(self.session.closing.counted if self.session.closing else None)

    @property
    def difference(self) -> Money | None:
        return self._money(self.session.difference_minor)

    @property
    def reason(self) -> str | None:
        return self.session.closing.reason if self.session.closing else None

    @property
    def closed_by(self) -> str | None:
        return self.session.closing.by if self.session.closing else None

    @property
    def closed_at(self) -> datetime | None:
        return self.session.closing.at if self.session.closing else None

    @property
    def handed_over(self) -> Money | None:
        return self._money(self.session.handover.amount if self.session.handover else None)

    @property
    def handed_over_to(self) -> str | None:
        return self.session.handover.to if self.session.handover else None

    @property
    def handed_over_at(self) -> datetime | None:
        return self.session.handover.at if self.session.handover else None

    @property
    def accepted_at(self) -> datetime | None:
        return self.session.handover.accepted_at if self.session.handover else None


class CashCountOut(Schema):
    """The last count of an open session, and what was expected then."""

    cash: Amount
    expected: Amount
    difference: Amount = Field(examples=["-5.00"])
    denominations: Mapping[str, int]
    counted_at: Instant


class CashierSessionOut(OutSchema, Shows[SessionView, CashierSession]):
    """A cashier's session at a desk."""

    id: str
    status: SessionStatus
    desk: str
    cashier: str
    cashier_name: UserName = Field(validation_alias="cashier")
    currency: str
    opening_float: Amount = Field(serialization_alias="float")
    opened_on: Day
    opened_at: Instant
    methods: tuple[MethodTotalsOut, ...] = Field(description="What it took, by method")
    expected: Amount = Field(description="The float, and what was taken in cash, less what was reversed and refunded")
    last_count: CashCountOut | None
    counted: Amount | None = Field(description="The cash at the closing; null while it is open")
    difference: Amount | None = Field(description="How much more than expected; null while it is open")
    reason: str | None = Field(description="Why there is a difference")
    closed_by: str | None
    closed_by_name: UserName = Field(validation_alias="closed_by")
    closed_at: Instant | None
    handed_over: Amount | None = Field(description="The cash that was handed over to another person")
    handed_over_to: str | None
    handed_over_to_name: UserName = Field(validation_alias="handed_over_to")
    handed_over_at: Instant | None
    accepted_at: Instant | None = Field(description="When that person accepted it")


class CashierSessionPage(OutSchema):
    """One page of cashier sessions, newest first. It may be short and still have a `nextCursor`."""

    items: tuple[CashierSessionOut, ...]
    next_cursor: str | None
