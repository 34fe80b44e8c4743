"""Connections as the API shows them."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, cast

from pydantic import AliasPath, Field, WithJsonSchema, field_validator

from chalicelib.connections.domain import (
    Connection,
    ConnectionEvent,
    ConnectionStatus,
    EventKind,
    MeterDetails,
    Purpose,
    RatingFacts,
    Register,
    RegisterRole,
)
from chalicelib.connections.domain.changes import ConnectionChanges, FactChanges, TermChanges
from chalicelib.connections.domain.facts import MAX_MEASURES
from chalicelib.connections.domain.meters import Exchange
from chalicelib.connections.domain.registers import MAX_REGISTERS
from chalicelib.connections.domain.walking import MAX_ACCOUNTS, MAX_ORDER
from chalicelib.kernel.page import Page
from chalicelib.kernel.register import MAX_DIGITS
from chalicelib.platform.schema import (
    AccountNumber,
    BrandId,
    Change,
    Day,
    DecimalText,
    Instant,
    MeterNumber,
    OutSchema,
    PageQuery,
    PeriodText,
    Schema,
    Shows,
    Text,
    UserName,
    Version,
    WholeList,
)
from chalicelib.tenancy.domain import OWN_MEASURES, Project

ConsumerId = Annotated[str, Field(min_length=1, max_length=26)]
ConsumerClass = Annotated[str, Field(max_length=40, examples=["residential"])]
Area = Annotated[str, Field(max_length=60, pattern=r"^[^#.]*(\.[^#.]+)*$", examples=["Poblacion"])]
Digits = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=MAX_DIGITS,
        description="The digits of the meter's register before the decimal point",
        examples=[5],
    ),
]
WrapsAt = Annotated[
    DecimalText,
    Field(
        gt=1,
        le=10**MAX_DIGITS,
        description="The number at which the register starts again, if that is no power of ten: 65536",
    ),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,12}(\.\d{1,6})?$", "examples": ["65536"]}),
]
Multiplier = Annotated[
    DecimalText,
    Field(
        gt=0,
        le=1_000_000,
        description="The units of use for one step of the register: of a transformer, or of a pulse",
        examples=["60"],
    ),
]
RegisterCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,19}$", examples=["night"])]
MeasureName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,39}$", examples=["offpeak"])]
Fact = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}$")]
TariffId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$", examples=["residential"])]
WalkingOrder = Annotated[
    int,
    Field(
        strict=True, ge=1, le=MAX_ORDER, description="Its number on the reader's way through its area", examples=[12]
    ),
]
Measured = Annotated[DecimalText, Field(ge=0)]
Reason = Annotated[Text, Field(examples=["Asked by the consumer"])]


class FactsBody(Schema):
    """Facts that tariffs may charge by, besides use and class. Those of a person end with a handover."""

    meter_size: Fact | None = Field(default=None, examples=["5/8"])
    dwelling_units: Annotated[DecimalText, Field(gt=0, le=100_000)] = Decimal(1)
    winter_average: Annotated[DecimalText, Field(ge=0)] | None = Field(
        default=None, description="The average use in winter, for sewer charges"
    )
    flags: frozenset[Fact] = Field(
        default=frozenset(), max_length=8, description="Of the holder: they end with a handover", examples=[["senior"]]
    )
    persons: Annotated[int, Field(strict=True, ge=0, le=100_000)] | None = Field(
        default=None, description="The number of people in the holder's household: it ends with a handover"
    )
    place_flags: frozenset[Fact] = Field(
        default=frozenset(), max_length=8, description="Of the place: they stay", examples=[["floodZone"]]
    )
    measures: dict[Fact, Measured] = Field(
        default_factory=dict,
        max_length=MAX_MEASURES,
        description="Other quantities of the place, by the names that tariffs declare",
        examples=[{"contractedKw": "5"}],
    )

    @field_validator("measures")
    @classmethod
    def _own_names(cls, measures: dict[str, Decimal | None]) -> dict[str, Decimal | None]:
        if named := sorted(OWN_MEASURES & measures.keys()):
            raise ValueError(f"a tariff knows {named[0]} by itself: give another name")
        return measures

    def to_domain(self) -> RatingFacts:
        """Return the facts as a domain object."""
        return RatingFacts(
            meter_size=self.meter_size,
            dwelling_units=self.dwelling_units,
            winter_average=self.winter_average,
            flags=tuple(sorted(self.flags)),
            persons=self.persons,
            place_flags=tuple(sorted(self.place_flags)),
            measures=self.measures,
        )


class TermsOut(OutSchema):
    """Class, tariff and facts of a connection, with the days on which they hold."""

    from_: Day | None = Field(
        validation_alias="since", serialization_alias="from", description="The first day; null: from the beginning"
    )
    until: Day | None = Field(description="The first day on which they no longer hold; null: they go on")
    consumer_class: str = Field(validation_alias=AliasPath("terms", "consumer_class"))
    tariff_id: str | None = Field(validation_alias=AliasPath("terms", "tariff_id"))
    facts: FactsBody = Field(validation_alias=AliasPath("terms", "facts"))


class MeterRegisterBody(Schema):
    """A further register of a meter, or a second meter that is read with it."""

    code: RegisterCode
    role: RegisterRole = Field(
        default="billed",
        description="`billed`: part of the use; `measured`: only for its measure; `deduct`: its measure is the use "
        "less this one; `check`: recorded and never billed",
    )
    measure: MeasureName | None = Field(default=None, description="The tariff's measure that its use feeds")
    multiplier: Multiplier = Decimal(1)
    wraps_at: WrapsAt | None = None
    initial_reading: Annotated[DecimalText, Field(ge=0)] = Decimal(0)

    def to_domain(self) -> Register:
        """Return the register as a domain object."""
        return Register(self.code, self.role, self.measure, self.multiplier, self.wraps_at, self.initial_reading)


class RegisterOut(OutSchema):
    """A further register of a connection's meter."""

    code: str
    role: RegisterRole
    measure: str | None
    multiplier: DecimalText
    wraps_at: DecimalText | None
    last_reading: DecimalText = Field(validation_alias="last_value")


class NewConnection(Schema):
    """A metered connection to register."""

    consumer_id: ConsumerId | None = None
    account_number: AccountNumber | None = Field(default=None, description="Only where account numbers are given")
    consumer_class: ConsumerClass
    meter_number: MeterNumber | None = Field(
        default=None,
        description="The number on the meter; only meters of two brands may have the same. Without one, the "
        "service has no meter and is billed by its tariff alone",
        examples=["SM-12345"],
    )
    area: Area = Field(default="", description="One of the client's areas, if it has a list of areas")
    initial_reading: DecimalText = Field(default=Decimal(0), description="The meter's value when installed")
    purpose: Purpose = Field(
        default="service", description="A meter of a common area or building is read, but never billed"
    )
    meter_brand: BrandId | None = None
    meter_digits: Digits | None = None
    installed_on: Day | None = None
    facts: FactsBody = FactsBody()
    tariff_id: TariffId | None = Field(
        default=None, description="A tariff of the project; if left out, the class decides"
    )
    walking_order: WalkingOrder | None = None
    meter_wraps_at: WrapsAt | None = None
    multiplier: Multiplier = Decimal(1)
    main_measure: MeasureName | None = Field(
        default=None, description="The tariff's measure that the main register feeds, beside the use"
    )
    registers: tuple[MeterRegisterBody, ...] = Field(default=(), max_length=MAX_REGISTERS)

    def details(self) -> MeterDetails:
        """Return the meter's details as a domain object."""
        facts = self.facts.to_domain()
        return MeterDetails(
            self.purpose,
            self.meter_brand,
            self.installed_on,
            facts,
            self.meter_digits,
            self.tariff_id,
            self.walking_order,
            self.meter_wraps_at,
            self.multiplier,
            self.main_measure,
            tuple(each.to_domain() for each in self.registers),
        )


class FactsChange(FactsBody, Change):
    """Changes of the facts that tariffs may charge by. What is left out stays as it is; so do other `measures`."""

    measures: dict[Fact, Measured | None] = Field(  # type: ignore[assignment]  # a change may also remove one
        default_factory=dict,
        max_length=MAX_MEASURES,
        description="Other quantities of the place; null removes one",
        examples=[{"contractedKw": "5"}],
    )

    def changes(self) -> FactChanges:
        """Return the changes as a domain object."""
        said = self.said()
        flags = {name: tuple(sorted(said[name])) for name in ("flags", "place_flags") if name in said}
        return cast("FactChanges", said | flags)


class ConnectionChange(Change):
    """Changes of a connection. What is left out stays as it is, and null removes it."""

    version: Version
    from_: Day | None = Field(
        default=None,
        alias="from",
        description="The day from which class, tariff and facts change; if left out, today, or from the beginning "
        "if it was never read. A bill goes by what held on the first day that it is for",
    )
    consumer_class: ConsumerClass = ""
    area: Area = Field(default="", description="One of the client's areas, if it has a list of areas")
    meter_brand: BrandId | None = None
    meter_digits: Digits | None = None
    meter_wraps_at: WrapsAt | None = None
    main_measure: MeasureName | None = None
    registers: tuple[MeterRegisterBody, ...] = Field(
        default=(),
        max_length=MAX_REGISTERS,
        description="All further registers; those there are keep their last values, `initialReading` is of new ones",
    )
    installed_on: Day | None = None
    facts: FactsChange = FactsChange()
    tariff_id: TariffId | None = Field(
        default=None, description="A tariff of the project; if left out, the class decides"
    )
    walking_order: WalkingOrder | None = None
    reason: Reason | None = Field(default=None, description="The reason for a change of tariff, for the history")

    def changes(self) -> ConnectionChanges:
        """Return the changes that hold at once as a domain object."""
        said = self._said_of(ConnectionChanges)
        if "registers" in said:
            said["registers"] = tuple(each.to_domain() for each in self.registers)
        return cast("ConnectionChanges", said)

    def terms(self) -> TermChanges:
        """Return the changes of class and tariff as a domain object."""
        return cast("TermChanges", self._said_of(TermChanges))

    def _said_of(self, kind: type) -> dict[str, object]:
        return {name: value for name, value in self.said().items() if name in kind.__annotations__}


class StatusChange(Schema):
    """The reason and day of a disconnection, reconnection or closure."""

    reason: Reason
    on: Day | None = Field(default=None, description="Today, if left out")


class MeterExchange(Schema):
    """The old meter's final value and the new meter's first one."""

    meter_number: MeterNumber
    final_reading: DecimalText = Field(description="The old meter's value at the exchange")
    rolled_over: bool = Field(
        default=False,
        strict=True,
        description="The old register rolled over, although the use is a tenth of its range or more",
    )
    first_reading: DecimalText = Field(default=Decimal(0), description="The new meter's value at the exchange")
    meter_brand: BrandId | None = None
    meter_digits: Digits | None = None
    meter_wraps_at: WrapsAt | None = None
    multiplier: Multiplier | None = Field(default=None, description="As of the old meter, if left out")
    main_measure: MeasureName | None = None
    final_registers: dict[RegisterCode, Annotated[DecimalText, Field(ge=0)]] = Field(
        default_factory=dict, max_length=MAX_REGISTERS, description="The final values of the old meter's registers"
    )
    registers: tuple[MeterRegisterBody, ...] | None = Field(
        default=None,
        max_length=MAX_REGISTERS,
        description="The new meter's further registers; those of the old one, from zero, if left out",
    )
    on: Day | None = Field(default=None, description="Today, if left out")
    checked: bool = Field(
        default=False, strict=True, description="You have looked at the final reading, although it is implausible"
    )
    reason: Reason

    def to_domain(self) -> Exchange:
        """Return the exchange as a domain object."""
        return Exchange(
            self.meter_number,
            self.final_reading,
            self.first_reading,
            self.on,
            self.meter_brand,
            self.meter_digits,
            self.rolled_over,
            self.meter_wraps_at,
            self.multiplier,
            self.main_measure,
            self.checked,
            self.final_registers,
            None if self.registers is None else tuple(each.to_domain() for each in self.registers),
        )


class WalkingOrderBody(Schema):
    """The connections of an area in the order in which a reader walks.

    Their numbers count up from `first`. Other connections of the area lose a number from `first` on and come last, so
    that a long way can be given in parts.
    """

    account_numbers: tuple[AccountNumber, ...] = Field(
        min_length=1, max_length=MAX_ACCOUNTS, examples=[["2025110001", "2025110003"]]
    )
    first: Annotated[int, Field(strict=True, ge=1, le=MAX_ORDER - MAX_ACCOUNTS)] = Field(
        default=1, description="The number of the first one", examples=[1]
    )

    @field_validator("account_numbers")
    @classmethod
    def _each_once(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        if twice := [account for account, times in Counter(accounts).items() if times > 1]:
            raise ValueError(f"name each connection once: {', '.join(twice)}")
        return accounts


class WalkingOrderOut(OutSchema):
    """The walking order of an area as it was given."""

    area: str
    first: int = Field(examples=[1])
    account_numbers: tuple[str, ...] = Field(examples=[["2025110001", "2025110003"]])


class ConnectionQuery(PageQuery):
    """The connections to list: those that match every filter."""

    status: ConnectionStatus | None = None
    area: Area | None = Field(
        default=None, description="An area and everything inside it; closed connections only with `status`"
    )
    meter_number: MeterNumber | None = None
    meter_brand: BrandId | None = None
    consumer_id: ConsumerId | None = None


class ConnectionFields(OutSchema):
    """The fields of a connection, as every answer shows them."""

    account_number: str = Field(validation_alias="account")
    consumer_id: str | None
    consumer_name: str
    consumer_class: str
    meter_number: str = Field(description="Empty: a service without a meter")
    area: str
    status: ConnectionStatus
    purpose: Purpose
    meter_brand: str | None
    meter_digits: int | None = Field(description="The digits of the meter's register before the decimal point")
    meter_wraps_at: DecimalText | None
    multiplier: DecimalText
    main_measure: str | None
    registers: tuple[RegisterOut, ...] = Field(description="Further registers of the meter")
    installed_on: Day | None
    idle_since: Day | None = Field(description="The day on which it was disconnected or closed")
    facts: FactsBody
    tariff_id: str | None = Field(description="The tariff that it names; null: the class decides")
    walking_order: int | None = Field(description="Its number on the reader's way through its area")
    facts_history: tuple[TermsOut, ...] = Field(
        description="Class, tariff and facts with their days, the oldest first; empty if they never changed. "
        "`consumerClass`, `tariffId` and `facts` are the last ones"
    )
    initial_reading: DecimalText
    last_reading: DecimalText = Field(
        validation_alias="last_value", description="The last value that was really read; at first the initial reading"
    )
    last_read_on: Day | None
    last_period: PeriodText | None
    estimated: DecimalText | None = Field(
        description="How far the register is estimated to have counted since lastReading"
    )
    use_brought_forward: DecimalText | None = Field(
        description="Unbilled use of a meter exchanged since the last reading; below zero, use billed ahead"
    )
    version: int
    created_at: Instant


class ConnectionOut(ConnectionFields, Shows[Connection]):
    """A metered connection. The account number is its id."""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What the answer says of a change's place in time; `since` is the day that was given for it."""

    connection: Connection
    project: Project
    since: date | None
    today: date

    @property
    def affected_bills(self) -> str | None:
        connection, project = self.connection, self.project
        if self.since is None or self.since >= self.today or connection.last_period is None:
            return None
        path = f"/api/clients/{project.client}/projects/{project.id}/connections/{connection.account}"
        return f"{path}/bills?wouldDiffer=true"


class ConnectionChanged(ConnectionFields, Shows[ChangeView, Connection]):
    """A connection after a change."""

    affected_bills: str | None = Field(
        description="Where to list the bills that would be different now, if the change is of an earlier day: they "
        "stay as they are",
        examples=["/api/clients/balilihan/projects/waterworks/connections/2025110001/bills?wouldDiffer=true"],
    )


class ConnectionPage(OutSchema, Shows[Page[Connection]]):
    """One page of connections."""

    items: tuple[ConnectionOut, ...]
    next_cursor: str | None


class EventOut(OutSchema):
    """An event in a connection's history."""

    id: str
    kind: EventKind
    happened_on: Day = Field(validation_alias="on")
    reason: str
    facts: dict[str, str] = Field(
        description="Meter numbers and readings of an exchange, former and new consumer, use billed ahead"
    )
    recorded_by: str = Field(validation_alias="by")
    recorded_by_name: UserName = Field(validation_alias="by")
    recorded_at: Instant = Field(validation_alias="at")


class EventPage(OutSchema, Shows[Page[ConnectionEvent]]):
    """One page of a connection's history."""

    items: tuple[EventOut, ...]
    next_cursor: str | None


class MyConnection(OutSchema):
    """A connection of the signed-in consumer, and the project it is in."""

    project_id: str
    project_label: str
    connection: ConnectionOut


class MyConnections(WholeList):
    """The signed-in consumer's connections."""

    items: tuple[MyConnection, ...]
