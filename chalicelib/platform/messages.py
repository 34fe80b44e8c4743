"""The messages of the queues, each kind a type of its own, and the one place where they are parsed."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal, TypeVar

from chalice.app import SQSEvent
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chalicelib.platform import log

Message = TypeVar("Message")


class BadMessage(Exception):
    """A message that its queue should not have; after the last attempt it goes to the dead-letter queue."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def as_body(self) -> str:
        """Return the message as the body of a queue's message."""
        return self.model_dump_json()


class PlanRun(_Message):
    """Split a billing run into chunks, and send a `BillChunk` for each lane."""

    kind: Literal["plan-run"] = "plan-run"
    client: str
    project: str
    run: str


class BillChunk(_Message):
    """Bill one chunk of a run (the readings of one shard of its period), then the next ones of its lane.

    With `expired_lease`, only if the worker with this lease has not renewed it since.
    """

    kind: Literal["bill-chunk"] = "bill-chunk"
    client: str
    project: str
    run: str
    shard: int = Field(ge=0)
    expired_lease: str | None = None


class MailReset(_Message):
    """Mail a token to the user with this login name; `order` distinguishes a repeated delivery from another request."""

    kind: Literal["mail-reset"] = "mail-reset"
    client: str
    login: str
    order: str


class _StoredObject(BaseModel):
    key: str


class _FileDetail(BaseModel):
    object: _StoredObject


class FileUploaded(BaseModel):
    """The event `Object Created` of the bucket. AWS defines its form, and may add fields."""

    detail: _FileDetail

    @property
    def key(self) -> str:
        """The name of the object."""
        return self.detail.object.key


BILLING: Final[TypeAdapter[PlanRun | BillChunk]] = TypeAdapter(
    Annotated[PlanRun | BillChunk, Field(discriminator="kind")]
)
IMPORTS: Final = TypeAdapter(FileUploaded)
MAILS: Final = TypeAdapter(MailReset)


def read_messages(event: SQSEvent, queue: TypeAdapter[Message]) -> Iterator[Message]:
    """Parse the messages of a delivery, one after the other.

    :raises BadMessage: for a message of another kind. The text is not logged, because it may contain personal data.
    """
    for record in event:
        try:
            message = queue.validate_json(record.body)
        except ValidationError as error:
            log.event("message_refused", code=error.errors(include_url=False, include_input=False)[0]["type"])
            raise BadMessage("this queue does not carry such a message") from None
        yield message
