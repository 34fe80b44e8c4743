"""Transactions: all or none, refusals by label, and retries when others write; on both local stores."""

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws
from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.errors import TryLater
from chalicelib.platform import bulk, dynamo, transaction
from chalicelib.platform.clock import fresh_id
from chalicelib.platform.dynamo import IntAttribute, TableItem
from chalicelib.platform.transaction import (
    Action,
    Refused,
    check,
    commit_surviving,
    insert,
    put,
    transact,
    update,
    update_alone,
)
from local import aws
from tests.support.engine import Engine

# Of the codes that AWS documents for one write of several, those by which it asks for another attempt.
_RETRIED = [
    "InternalServerError", "ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError",
    "TransactionConflict",
]  # fmt: skip
_FINAL = [
    "AccessDenied",
    "ConditionalCheckFailed",
    "ItemCollectionSizeLimitExceeded",
    "ResourceNotFound",
    "ValidationError",
]


class Thing(TableItem):
    word = UnicodeAttribute(null=True)
    number = IntAttribute(null=True)


@pytest.fixture(params=["local AWS", "moto"])
def store(request: pytest.FixtureRequest, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A partition of its own in the local AWS's table, and in moto's."""
    if request.param == "local AWS":
        yield fresh_id()
        return
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with mock_aws():
        _create_table(engine.table)
        dynamo.connect()
        yield fresh_id()
    monkeypatch.undo()
    aws.point_clients_at(int(engine.url.rpartition(":")[2]))
    dynamo.connect()


def _create_table(name: str) -> None:
    boto3.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )


def _stored(partition: str) -> list[str]:
    return [item.sk for item in dynamo.all_of(Thing, partition, "")]


def test_all_actions_are_carried_out_at_once(store: str) -> None:
    transact([insert("a", Thing(store, "a", number=1)), put("b", Thing(store, "b", word="b"))])
    transact(
        [
            check("a", (store, "a"), Thing.number == 1),
            update("b", (store, "b"), [Thing.word.set("c")], Thing.word == "b"),
        ]
    )
    found = dynamo.find(Thing, (store, "b"))
    assert found
    assert found.word == "c"


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_a_refusal_names_the_actions_that_refused_in_their_order_and_nothing_is_written(
    store: str, order: tuple[int, ...]
) -> None:
    transact([insert("taken", Thing(store, "taken", number=1))])
    actions = [
        insert("new", Thing(store, "new")),
        insert("duplicate", Thing(store, "taken")),
        update("missing", (store, "missing"), [Thing.number.set(2)], Thing.pk.exists()),
        check("present", (store, "other"), Thing.pk.does_not_exist()),
    ]
    with pytest.raises(Refused) as refused:
        transact([actions[at] for at in order])
    assert refused.value.labels == tuple(actions[at].label for at in order if at in {1, 2})
    assert _stored(store) == ["taken"]


def test_a_refusal_names_each_subject_with_the_kind_of_write(store: str) -> None:
    transact([insert("taken", Thing(store, name)) for name in ("a", "c")])
    actions = [insert("thing", Thing(store, name), subject=name) for name in ("c", "b", "a")]
    missing = check("other", (store, "z"), Thing.pk.exists())
    with pytest.raises(Refused) as refused:
        transact([*actions, missing])
    assert refused.value.refusals == (("thing", "c"), ("thing", "a"), ("other", None))
    assert refused.value.subjects("thing") == ("c", "a")
    assert refused.value.subjects("other") == ()


def _things(partition: str, names: Iterable[str]) -> list[Action]:
    return [insert("thing", Thing(partition, name), subject=name) for name in names]


def test_what_another_writer_got_at_drops_out_and_the_rest_is_written(store: str) -> None:
    transact([insert("taken", Thing(store, name)) for name in ("b", "d")])
    asked: list[list[str]] = []

    def writes_for(names: Mapping[str, int]) -> list[Action]:
        asked.append(list(names))
        return _things(store, names)

    written, dropped = commit_surviving({"a": 1, "b": 2, "c": 3, "d": 4}, writes_for)
    assert (written, dropped) == ({"a": 1, "c": 3}, {"b": 2, "d": 4})
    assert asked == [["a", "b", "c", "d"], ["a", "c"]]
    assert _stored(store) == ["a", "b", "c", "d"]


def test_where_nothing_survives_nothing_is_sent_again(store: str) -> None:
    transact([insert("taken", Thing(store, "a"))])
    assert commit_surviving({"a": 1}, lambda names: _things(store, names)) == ({}, {"a": 1})
    assert commit_surviving({}, lambda names: _things(store, names)) == ({}, {})


def test_a_refusal_of_what_all_share_drops_nobody(store: str) -> None:
    transact([insert("taken", Thing(store, "a"))])
    shared = check("open", (store, "z"), Thing.pk.exists())
    with pytest.raises(Refused) as refused:
        commit_surviving({"a": 1, "b": 2}, lambda names: [shared, *_things(store, names)])
    assert refused.value.refusals == (("open", None), ("thing", "a"))
    assert _stored(store) == ["a"]


def test_more_actions_than_a_transaction_holds_are_a_mistake_of_the_caller(store: str) -> None:
    with pytest.raises(AssertionError, match="at most 100"):
        transact([insert("x", Thing(store, str(number))) for number in range(101)])
    assert _stored(store) == []


class Faked:
    """Answers of DynamoDB to give instead of asking it, one after the other; both stores are asked behind this hook."""

    def __init__(self, *answers: tuple[int, dict[str, Any]]) -> None:
        self.waiting = list(answers)
        self.asked = 0

    def __call__(self, **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:  # noqa: ANN401
        self.asked += 1
        if not self.waiting:
            return None
        status, body = self.waiting.pop(0)
        return AWSResponse("", status, {}, io.BytesIO()), body  # type: ignore[arg-type]


@pytest.fixture
def faked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Puts answers in front of the store. Nobody sleeps meanwhile."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    registered: list[tuple[Any, Faked]] = []

    def put_in_front(*answers: tuple[int, dict[str, Any]]) -> Faked:
        fake = Faked(*answers)
        hooks = dynamo.client().meta.events
        hooks.register("before-call.dynamodb.*", fake)
        registered.append((hooks, fake))
        return fake

    yield put_in_front
    for hooks, fake in registered:
        hooks.unregister("before-call.dynamodb.*", fake)


def _cancelled(*codes: str) -> tuple[int, dict[str, Any]]:
    reasons = [{"Code": code} for code in codes]
    error = {"Code": "TransactionCanceledException", "Message": "cancelled"}
    return 400, {"Error": error, "CancellationReasons": reasons}


@pytest.mark.parametrize("code", _RETRIED)
def test_a_lost_race_is_run_again(store: str, faked: Any, code: str) -> None:  # noqa: ANN401
    fake = faked(_cancelled(code, "None"), _cancelled("None", code))
    transact([insert("a", Thing(store, "a")), insert("b", Thing(store, "b"))])
    assert fake.asked == 3
    assert _stored(store) == ["a", "b"]


def test_a_refusal_in_a_lost_race_is_a_refusal(store: str, faked: Any) -> None:  # noqa: ANN401
    fake = faked(_cancelled("TransactionConflict", "ConditionalCheckFailed"))
    with pytest.raises(Refused) as refused:
        transact([insert("a", Thing(store, "a")), insert("b", Thing(store, "b"))])
    assert (refused.value.labels, fake.asked) == (("b",), 1)


def test_a_transaction_that_always_loses_says_try_later(store: str, faked: Any) -> None:  # noqa: ANN401
    fake = faked(*[_cancelled("TransactionConflict")] * transaction._ATTEMPTS)
    with pytest.raises(TryLater):
        transact([insert("a", Thing(store, "a"))])
    assert fake.asked == transaction._ATTEMPTS
    assert _stored(store) == []


def test_an_update_by_itself_waits_for_a_transaction_and_is_refused_by_its_condition_alone(
    store: str,
    faked: Any,  # noqa: ANN401
) -> None:
    transact([insert("a", Thing(store, "a", number=7))])
    counted = update("a", (store, "a"), [Thing.number.add(1)], Thing.number == 7)
    fake = faked((400, {"Error": {"Code": "TransactionConflictException", "Message": "busy"}}))
    update_alone(counted)
    assert fake.asked == 2
    with pytest.raises(Refused) as refused:
        update_alone(counted)
    assert refused.value.labels == ("a",)
    faked(*[(400, {"Error": {"Code": "TransactionConflictException", "Message": "busy"}})] * transaction._ATTEMPTS)
    with pytest.raises(TryLater):
        update_alone(counted)


def _items(partition: str, *names: str) -> list[dict[str, dict[str, Any]]]:
    return [Thing(partition, name, number=7).serialize() for name in names]


def test_of_many_inserts_the_duplicates_alone_are_refused(engine: Engine) -> None:
    partition = fresh_id()
    assert bulk.insert_batch(_items(partition, "b", "d")) == [True, True]
    assert bulk.insert_batch(_items(partition, "a", "b", "c", "d", "e")) == [True, False, True, False, True]
    assert _stored(partition) == list("abcde")
    assert bulk.insert_batch([]) == []


def _answered(*codes: str | None) -> tuple[int, dict[str, Any]]:
    return 200, {"Responses": [{"Error": {"Code": code, "Message": "no"}} if code else {} for code in codes]}


@pytest.mark.parametrize("code", _RETRIED)
def test_throttled_inserts_alone_are_sent_again(engine: Engine, faked: Any, code: str) -> None:  # noqa: ANN401
    partition = fresh_id()
    fake = faked(_answered(None, code, "DuplicateItem", code))
    assert bulk.insert_batch(_items(partition, "a", "b", "c", "d")) == [True, True, False, True]
    assert fake.asked == 2
    assert _stored(partition) == ["b", "d"]  # the faked answer wrote neither a nor c


def test_inserts_that_stay_throttled_are_to_be_tried_later(engine: Engine, faked: Any) -> None:  # noqa: ANN401
    faked(*[_answered("ThrottlingError")] * bulk._ATTEMPTS)
    with pytest.raises(TryLater):
        bulk.insert_batch(_items(fresh_id(), "a"))


@pytest.mark.parametrize("code", _FINAL)
def test_an_insert_refused_for_another_reason_is_our_mistake(engine: Engine, faked: Any, code: str) -> None:  # noqa: ANN401
    fake = faked(_answered(code))
    with pytest.raises(RuntimeError, match=code):
        bulk.insert_batch(_items(fresh_id(), "a"))
    assert fake.asked == 1


def test_things_are_cut_into_batches_without_losing_any() -> None:
    assert [len(batch) for batch in bulk.batches(range(51))] == [25, 25, 1]
    assert list(bulk.batches([])) == []
