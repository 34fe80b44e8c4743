"""Transactions: labelled actions in the order given, all or none.

PynamoDB's own TransactWrite regroups its actions, so that a refusal can't be told apart by position; this helper keeps
the order, maps a refusal to the labels of the actions that refused, and retries what lost a race against another
transaction.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action as UpdateAction

from chalicelib.kernel.errors import TryLater
from chalicelib.platform import dynamo
from chalicelib.platform.dynamo import TableItem
from chalicelib.platform.keys import Key

MAX_ACTIONS = 100
_ATTEMPTS = 6
_RETRIED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_FAILED_CONDITION = "ConditionalCheckFailed"


@dataclass(frozen=True, slots=True)
class Action:
    """One labelled write or check of a transaction."""

    label: str
    request: dict[str, Any]


class Refused(Exception):
    """The transaction changed nothing, because the conditions of these actions did not hold."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__(", ".join(labels))
        self.labels = labels


def put(label: str, item: TableItem, condition: Condition | None = None) -> Action:
    """Write a whole item."""
    return Action(label, {"Put": item.get_save_kwargs_from_instance(condition)})


def insert(label: str, item: TableItem) -> Action:
    """Write an item whose key must be free: the table refuses the duplicate."""
    return put(label, item, TableItem.pk.does_not_exist())


def delete(label: str, key: Key, condition: Condition | None = None) -> Action:
    """Take an item away."""
    return Action(label, {"Delete": TableItem(*key).get_delete_kwargs_from_instance(condition)})


def update(label: str, key: Key, changes: Sequence[UpdateAction], condition: Condition | None = None) -> Action:
    """Change attributes of one item."""
    request = TableItem(*key).get_update_kwargs_from_instance(list(changes), condition)
    return Action(label, {"Update": request})


def check(label: str, key: Key, condition: Condition) -> Action:
    """Only insist that an item is as expected."""
    return Action(label, {"ConditionCheck": TableItem.get_operation_kwargs_from_class(*key, condition=condition)})


def transact(actions: Sequence[Action]) -> None:
    """Carry all actions out at once, or none. Each costs two write units per KB.

    :raises Refused: with the labels of the actions whose condition failed.
    :raises TryLater: when other transactions kept winning the race.
    """
    if len(actions) > MAX_ACTIONS:
        raise AssertionError(f"{len(actions)} actions: a transaction holds at most {MAX_ACTIONS}")
    for attempt in range(_ATTEMPTS):
        codes = _attempt(actions)
        if codes is None:
            return
        if refused := tuple(a.label for a, code in zip(actions, codes, strict=True) if code == _FAILED_CONDITION):
            raise Refused(refused)
        time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, not a secret
    raise TryLater("busy", "others are changing the same records; try again in a moment")


def _attempt(actions: Sequence[Action]) -> list[str] | None:
    """Try once and give None, or each action's cancellation code if a retry or refusal is due."""
    try:
        dynamo.client().transact_write_items(TransactItems=[action.request for action in actions])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "TransactionConflictException":
            return ["TransactionConflict"] * len(actions)
        if code != "TransactionCanceledException":
            raise
        # botocore's typed error response has no such key; DynamoDB's does.
        reasons: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
        codes = [reason.get("Code", "None") for reason in reasons]
        if not set(codes) & (_RETRIED | {_FAILED_CONDITION}):
            raise
        return codes
    return None
