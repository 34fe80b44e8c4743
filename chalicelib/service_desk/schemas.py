"""Connection requests and issue reports as the API shows them."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.kernel.page import Page
from chalicelib.platform.schema import (
    AccountNumber,
    BrandId,
    DecimalText,
    Instant,
    MeterNumber,
    OutSchema,
    PageQuery,
    Schema,
    Shows,
    Text,
    UserName,
)
from chalicelib.service_desk.domain.issues import Issue, IssueStatus
from chalicelib.service_desk.domain.requests import ConnectionRequest, RequestStatus
from chalicelib.service_desk.service import IssueWithResponses


def _printable_lines(text: str) -> str:
    if not text.replace("\n", "").isprintable():
        raise ValueError("leave out control characters; lines end with a plain line feed")
    return text


LongText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_printable_lines),
    Field(description="Up to 2000 characters; line breaks are allowed"),
]
ProjectName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$", examples=["waterworks"])]
ConsumerClass = Annotated[str, Field(min_length=1, max_length=40, examples=["residential"])]


class MyNewRequest(Schema):
    """A request for a connection."""

    project_id: ProjectName
    consumer_class: ConsumerClass | None = Field(default=None, description="Your consumer class, as far as you know")
    address: Text = Field(examples=["Purok 2, Poblacion"])
    note: LongText | None = None


class NewRequest(MyNewRequest):
    """A request for a connection that an administrator makes for a consumer."""

    consumer_id: Annotated[str, Field(min_length=1, max_length=26)]


class Approval(Schema):
    """The connection to create for a request."""

    account_number: AccountNumber | None = Field(default=None, description="Only where account numbers are given")
    consumer_class: ConsumerClass
    meter_number: MeterNumber
    meter_brand: BrandId | None = None
    area: Annotated[Text, Field(max_length=60, pattern=r"^[^#]*$", examples=["Poblacion"])]
    initial_reading: DecimalText = Field(default=Decimal(0), description="The meter's value when installed")
    tariff_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$", examples=["residential"])] | None = (
        Field(default=None, description="A tariff of the project; if left out, the class decides")
    )


class Rejection(Schema):
    """The reason for rejecting a request. The consumer can read it."""

    reason: LongText


class RequestOut(OutSchema, Shows[ConnectionRequest]):
    """A request for a connection. `accountNumber` is the connection created for it."""

    id: str
    project_id: str = Field(validation_alias="project")
    consumer_id: str
    consumer_name: str
    consumer_class: str | None
    address: str
    note: str | None
    status: Literal["pending", "approved", "rejected", "withdrawn"]
    asked_by: str
    asked_by_name: UserName = Field(validation_alias="asked_by")
    asked_at: Instant
    decided_by: str | None
    decided_by_name: UserName = Field(validation_alias="decided_by")
    decided_at: Instant | None
    reason: str | None
    account_number: str | None = Field(validation_alias="account")


class RequestPage(OutSchema, Shows[Page[ConnectionRequest]]):
    """One page of requests for connections."""

    items: tuple[RequestOut, ...]
    next_cursor: str | None


class RequestsQuery(PageQuery):
    """The requests to list: those with a status, or all, pending ones first."""

    status: RequestStatus | None = None


class NewIssue(Schema):
    """An issue to report. Name project and account number if it is about one of your connections."""

    title: Text = Field(examples=["Leaking pipe"])
    description: LongText = Field(examples=["Water comes out beside the meter."])
    project_id: ProjectName | None = None
    account_number: AccountNumber | None = None


class NewResponse(Schema):
    """A response to an issue. The consumer can read it."""

    text: LongText


class NewStatus(Schema):
    """The next status of an issue."""

    status: IssueStatus


class ResponseOut(OutSchema):
    """A response to an issue, or its new status."""

    id: str
    author_id: str
    author_name: str
    at: Instant
    text: str | None
    status: IssueStatus | None


class IssueLine(OutSchema):
    """An issue in a list, without responses."""

    id: str
    consumer_id: str
    consumer_name: str
    project_id: str | None = Field(validation_alias="project")
    account_number: str | None = Field(validation_alias="account")
    title: str
    description: str
    status: IssueStatus
    reported_at: Instant
    changed_at: Instant = Field(description="When its status was set")


class IssueOut(IssueLine, Shows[IssueWithResponses, Issue]):
    """An issue with its responses, in order."""

    responses: tuple[ResponseOut, ...]


class IssuePage(OutSchema, Shows[Page[Issue]]):
    """One page of issue reports."""

    items: tuple[IssueLine, ...]
    next_cursor: str | None


class IssuesQuery(PageQuery):
    """The issues to list: those with a status, or all, unresolved ones first."""

    status: IssueStatus | None = None
