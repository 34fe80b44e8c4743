"""Prepaid units as the API accepts and shows them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import AliasPath, Field

from chalicelib.connections.domain import Connection
from chalicelib.platform.schema import (
    Amount,
    DecimalText,
    Instant,
    OutSchema,
    PeriodText,
    Schema,
    Shows,
    UserName,
)
from chalicelib.prepaid.domain import PrepaidBalance, PrepaidSale


class NewSale(Schema):
    """Money to sell units for."""

    amount: Annotated[str, Field(max_length=20, examples=["100.00"])] = Field(description="The money received")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["PHP"])] = Field(
        description="That of the project, to be sure"
    )


class SaleOut(OutSchema, Shows[PrepaidSale]):
    """Units that were sold for money."""

    id: str
    account_number: str = Field(validation_alias="account")
    units: DecimalText = Field(description="What was bought, in whole steps", examples=["54.7"])
    unit: str
    received: Amount
    price: Amount = Field(
        description="What the units cost, with what the month costs without use, if they are its first"
    )
    change: Amount = Field(description="What bought nothing and is given back")
    currency: str = Field(validation_alias=AliasPath("received", "currency"))
    month: PeriodText = Field(description="The month, or the period of several, whose blocks priced the units")
    month_units: DecimalText = Field(description="The units sold in it up to this sale", examples=["94.7"])
    tariff_id: str
    tariff_version: int
    sold_by: str
    sold_by_name: UserName = Field(validation_alias="sold_by")
    sold_at: Instant


class SalePage(OutSchema):
    """One page of a connection's sales, newest first."""

    items: tuple[SaleOut, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class BalanceView:
    """A balance with what the connection's readings have used of it."""

    balance: PrepaidBalance
    connection: Connection
    unit: str

    @property
    def used(self) -> Decimal:
        return self.balance.used(self.connection)

    @property
    def left(self) -> Decimal:
        return max(self.balance.left(self.connection), Decimal(0))

    @property
    def overdrawn(self) -> Decimal:
        return max(-self.balance.left(self.connection), Decimal(0))


class PrepaidOut(OutSchema, Shows[BalanceView, PrepaidBalance]):
    """The units of a connection that were bought in advance."""

    account_number: str = Field(validation_alias="account")
    unit: str
    bought: DecimalText = Field(description="All units that were sold", examples=["94.7"])
    used: DecimalText = Field(description="What was used since the first sale, as far as it is read", examples=["40"])
    left: DecimalText = Field(examples=["54.7"])
    overdrawn: DecimalText = Field(description="What was used and not bought", examples=["0"])
    month: PeriodText = Field(description="The month of the last sale")
    month_units: DecimalText = Field(description="The units sold in it", examples=["94.7"])
