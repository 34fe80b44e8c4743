"""Billing cycles as the API shows them."""

from typing import Annotated

from pydantic import Field

from chalicelib.cycles.domain import BillingCycle
from chalicelib.platform.schema import Change, Day, OutSchema, Schema, Shows, SmallNumber, Text, Version, WholeList

CycleId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$", examples=["monthly"])]
CycleName = Annotated[Text, Field(max_length=100, examples=["Monthly, on the first"])]


class CycleFacts(Schema):
    """The settings of a billing cycle."""

    name: CycleName
    generation_day: SmallNumber = Field(
        description="The day of the month on which bills are made, 1 to 28",
        examples=[1],
        json_schema_extra={"minimum": 1, "maximum": 28},
    )
    due_days: SmallNumber = Field(description="The number of days from a bill's day to its due day", examples=[15])
    grace_days: SmallNumber = Field(
        description="The number of days after the due day without a late charge", examples=[5]
    )
    active: Annotated[bool, Field(strict=True)] = Field(
        default=True, description="Bills are made on its day automatically"
    )

    def to_domain(self, cycle_id: str) -> BillingCycle:
        """Return the cycle with these settings."""
        return BillingCycle(
            cycle_id, self.name, self.generation_day, self.due_days, self.grace_days, active=self.active
        )


class NewCycle(CycleFacts):
    """A billing cycle to add. Projects name it by its id."""

    id: CycleId


class CycleChange(CycleFacts, Change):
    """Changes of a billing cycle. What is left out stays as it is."""

    version: Version


class CycleOut(CycleFacts, OutSchema, Shows[BillingCycle]):
    """A billing cycle."""

    id: str
    version: int
    projects: int = Field(description="The number of projects that use it")
    used: bool = Field(description="A reading or run has used it: it can be set inactive, but not deleted")


class CycleQuery(Schema):
    """The cycles to list."""

    generating_on: Day | None = Field(default=None, description="Only cycles that make bills on this day")
    active: bool | None = Field(default=None, description="Only active cycles, or only inactive ones")


class CycleList(WholeList):
    """Billing cycles, in order of their ids."""

    items: tuple[CycleOut, ...]
