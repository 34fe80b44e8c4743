"""Transactions: labelled actions, in order, all or none.

PynamoDB's own TransactWrite reorders its actions, so a refusal can't be matched to an action by position. This helper
keeps the order, maps a refusal to the actions that caused it, and retries after a conflict with another transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action as UpdateAction

from chalicelib.kernel.errors import TryLater
from chalicelib.platform import dynamo
from chalicelib.platform.dynamo import TableItem
from chalicelib.platform.keys import Key

MAX_ACTIONS = 100
_ATTEMPTS = 6
_FAILED_CONDITION = "ConditionalCheckFailed"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Action:
    """One write or check of a transaction.

    `label` is the kind of write. `subject` identifies one of several things, such as an account number, so that each
    refusal can be attributed.
    """

    label: str
    request: dict[str, Any]
    subject: str | None = None


class Refused(Exception):
    """The transaction changed nothing, because the conditions of these actions did not hold.

    `refusals` has the label and subject of each, in the order of the actions.
    """

    def __init__(self, refusals: Sequence[tuple[str, str | None]]) -> None:
        super().__init__(", ".join(label for label, _ in refusals))
        self.refusals = tuple(refusals)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the refused actions."""
        return tuple(label for label, _ in self.refusals)

    def subjects(self, label: str) -> tuple[str, ...]:
        """Return the subjects whose action with this label was refused."""
        return tuple(subject for refused, subject in self.refusals if refused == label and subject is not None)


def put(label: str, item: TableItem, condition: Condition | None = None, *, subject: str | None = None) -> Action:
    """Build a put of a whole item."""
    return Action(label, {"Put": item.get_save_kwargs_from_instance(condition)}, subject)


def insert(label: str, item: TableItem, *, subject: str | None = None) -> Action:
    """Build a put that is refused if the key is taken."""
    return put(label, item, TableItem.pk.does_not_exist(), subject=subject)


def delete(label: str, key: Key, condition: Condition | None = None, *, subject: str | None = None) -> Action:
    """Build a delete of an item."""
    return Action(label, {"Delete": TableItem(*key).get_delete_kwargs_from_instance(condition)}, subject)


def update(
    label: str,
    key: Key,
    changes: Sequence[UpdateAction],
    condition: Condition | None = None,
    *,
    subject: str | None = None,
) -> Action:
    """Build an update of attributes of one item."""
    request = TableItem(*key).get_update_kwargs_from_instance(list(changes), condition)
    return Action(label, {"Update": request}, subject)


def check(label: str, key: Key, condition: Condition, *, subject: str | None = None) -> Action:
    """Build a check that an item is as expected; it writes nothing."""
    request = {"ConditionCheck": TableItem.get_operation_kwargs_from_class(*key, condition=condition)}
    return Action(label, request, subject)


def transact(actions: Sequence[Action]) -> None:
    """Execute all actions in one transaction, or none. Each costs two write units per KB.

    :raises Refused: with label and subject of the actions whose condition failed.
    :raises TryLater: when other transactions kept winning the race.
    """
    if len(actions) > MAX_ACTIONS:
        raise AssertionError(f"{len(actions)} actions: a transaction holds at most {MAX_ACTIONS}")
    for attempt in range(_ATTEMPTS):
        codes = _attempt(actions)
        if codes is None:
            return
        if refused := [a for a, code in zip(actions, codes, strict=True) if code == _FAILED_CONDITION]:
            raise Refused([(action.label, action.subject) for action in refused])
        dynamo.pause(attempt)
    raise TryLater("busy", "others are changing the same records; try again in a moment")


def update_alone(action: Action) -> None:
    """Execute one update outside a transaction. One write unit per KB, half of the price within one.

    It never makes a transaction on the same item fail, while transactions can conflict with each other. So use it for
    writes that a user may repeat at will.

    :raises Refused: if its condition failed.
    :raises TryLater: if transactions kept the item busy.
    """
    for attempt in range(_ATTEMPTS):
        try:
            dynamo.client().update_item(**action.request["Update"])
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                raise Refused([(action.label, action.subject)]) from None
            if code != "TransactionConflictException":
                raise
        else:
            return
        dynamo.pause(attempt)
    raise TryLater("busy", "others are changing the same records; try again in a moment")


def commit_surviving(
    items: Mapping[str, Item], writes_for: Callable[[dict[str, Item]], Sequence[Action]]
) -> tuple[dict[str, Item], dict[str, Item]]:
    """Commit the writes of many items together, except items that another writer changed first.

    Items are identified by the subject of their actions. Those whose actions are refused drop out, and the writes of
    the others are built and sent again, until a transaction succeeds or none is left. Return the items that were
    written and those that dropped out.

    :raises Refused: for a refused action that belongs to no item, such as the check of a period.
    :raises TryLater: when other transactions kept winning the race.
    """
    survivors, dropped = dict(items), dict[str, Item]()
    while survivors:
        try:
            transact(writes_for(survivors))
        except Refused as refused:
            losers = {subject for _, subject in refused.refusals}
            if not losers <= survivors.keys():
                raise
            dropped |= {subject: item for subject, item in survivors.items() if subject in losers}
            survivors = {subject: item for subject, item in survivors.items() if subject not in losers}
        else:
            break
    return survivors, dropped


def _attempt(actions: Sequence[Action]) -> list[str] | None:
    """Try once and return None, or each action's cancellation code if a retry or refusal is due."""
    try:
        dynamo.client().transact_write_items(TransactItems=[action.request for action in actions])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "TransactionConflictException":
            return ["TransactionConflict"] * len(actions)
        if code != "TransactionCanceledException":
            raise
        # botocore's types lack this key; DynamoDB's response has it.
        reasons: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
        codes = [reason.get("Code", "None") for reason in reasons]
        if not set(codes) & (dynamo.RETRIED | {_FAILED_CONDITION}):
            raise
        return codes
    return None
