"""Billing runs: what they say of themselves, and how they go on after an interruption."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.billing import repository
from chalicelib.billing import service as billing
from chalicelib.billing.domain import HIDDEN, LANES, LEASE
from chalicelib.billing.service import runs
from chalicelib.kernel.period import Period
from chalicelib.platform import clock, dynamo, queue, settings, storage
from chalicelib.readings import service as readings
from chalicelib.tenancy.domain import ProjectContext
from local import events, presets
from tests.support.http import Api
from tests.support.meter import metered
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

QUEUE = "meterbook-billing"
MANY = replace(presets.WATERWORKS_SETTINGS, shards=40)
At = Callable[[datetime], None]


@pytest.fixture
def utility(app: Chalice, api: Api, at: At) -> Utility:
    """A waterworks in November with three readings that wait for confirmation, and no messages from before."""
    events.sqs().purge_queue(QueueUrl=events.queue_url(QUEUE))
    at(NOVEMBER)
    made = open_waterworks(api)
    admin = made.as_staff()
    for number in range(3):
        connection = register_connection(admin, made, f"SM-{number}")
        taken = {"accountNumber": connection["accountNumber"], "reading": "10", "readOn": "2025-11-05"}
        admin.post(f"{made.base}/readings", taken).expect(201)
    return made


def confirm_all(utility: Utility) -> Api:
    """Confirm what waits, and give the admin."""
    admin = utility.as_staff()
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    return admin


def put_object(key: str, file: bytes) -> None:
    """Upload a file, without the event that it sets off."""
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file)


@contextmanager
def hooked(client: Any, event: str, hook: Callable[..., None]) -> Iterator[None]:  # noqa: ANN401
    """Call a hook at an event of AWS's client meanwhile."""
    client.meta.events.register(event, hook)
    try:
        yield
    finally:
        client.meta.events.unregister(event, hook)


@contextmanager
def each_takes(operation: str, minutes: int) -> Iterator[None]:
    """Let each call of an operation of DynamoDB take some minutes by the clock."""
    at = clock.now()
    elapsed = [timedelta()]

    def hook(**_: object) -> None:
        elapsed[0] += timedelta(minutes=minutes)

    clock.use_time(lambda: at + elapsed[0])
    with hooked(dynamo.client(), f"after-call.dynamodb.{operation}", hook):
        yield
    clock.use_time(lambda: at)


@contextmanager
def sent_messages() -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """Note every message that is sent to a queue meanwhile, with its delay in seconds."""
    sent: list[tuple[int, dict[str, Any]]] = []

    def hook(params: dict[str, Any], **_: object) -> None:
        sent.extend((entry["DelaySeconds"], json.loads(entry["MessageBody"])) for entry in params["Entries"])

    with hooked(queue._client(), "before-parameter-build.sqs.SendMessageBatch", hook):
        yield sent


def start(utility: Utility, period: str = "2025-11") -> str:
    """Start a run and give its id."""
    run = utility.as_staff().post(f"{utility.base}/billing-runs", {"period": period}).expect(202)
    return str(run["id"])


def shown(utility: Utility, run_id: str) -> Any:  # noqa: ANN401
    """See a run as the admin does."""
    return utility.as_staff().get(f"{utility.base}/billing-runs/{run_id}").expect(200)


def later(utility: Utility, seconds: int) -> ProjectContext:
    """Return a Context of so many seconds after the run began."""
    return utility.context(now=NOVEMBER + timedelta(seconds=seconds))


def test_d5_a_run_is_completed_when_its_last_bill_is_written_and_not_when_that_step_began(
    app: Chalice, utility: Utility
) -> None:
    admin = confirm_all(utility)
    run = admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    billing.plan_run(utility.context(), run_id=run["id"])
    with each_takes("BatchExecuteStatement", 4):  # the bills of the only chunk
        drain(app, QUEUE)
    shown = admin.get(f"{utility.base}/billing-runs/{run['id']}").expect(200)
    assert (shown["bills"], shown["startedAt"]) == (3, "2025-11-11T01:00:00.000Z")
    assert shown["completedAt"] == "2025-11-11T01:04:00.000Z"
    entries = admin.get(f"/api/clients/{utility.client}/audit-log", action="billing-run.completed").expect(200)
    assert entries["items"][0]["at"] == "2025-11-11T01:04:00.000Z"


def test_d5_an_import_is_finished_when_its_readings_are_written(utility: Utility) -> None:
    admin = utility.as_staff()
    register_connection(admin, utility, "SM-9")
    ctx = replace(utility.context(), read_clock=clock.now)
    announced = admin.post(f"{utility.base}/readings/imports", {"fileName": "n.csv"}).expect(201)
    put_object(announced["upload"]["fields"]["key"], b"meter_number,reading,read_on\nSM-9,10,2025-11-05\n")
    with each_takes("BatchExecuteStatement", 4):
        readings.run_import(ctx, import_id=announced["id"])
    shown = admin.get(f"{utility.base}/readings/imports/{announced['id']}").expect(200)
    assert (shown["counts"]["accepted"], shown["finishedAt"]) == (1, "2025-11-11T01:04:00.000Z")


def test_d5_a_refused_file_is_finished_when_it_was_read(utility: Utility) -> None:
    admin = utility.as_staff()
    ctx = replace(utility.context(), read_clock=lambda: NOVEMBER + timedelta(minutes=2))
    announced = admin.post(f"{utility.base}/readings/imports", {"fileName": "n.csv"}).expect(201)
    put_object(announced["upload"]["fields"]["key"], b"no,such,columns\n1,2,3\n")
    readings.run_import(ctx, import_id=announced["id"])
    shown = admin.get(f"{utility.base}/readings/imports/{announced['id']}").expect(200)
    assert (shown["status"], shown["finishedAt"]) == ("refused", "2025-11-11T01:02:00.000Z")


def test_d5_readings_are_confirmed_when_their_part_of_all_is_written(utility: Utility) -> None:
    """Those of a later period are confirmed in a transaction of their own, minutes later."""
    admin = utility.as_staff()
    connection = register_connection(admin, utility, "SM-8")
    for day, value in (("2025-10-05", "5"), ("2025-11-05", "9")):
        taken = {"accountNumber": connection["accountNumber"], "reading": value, "readOn": day}
        admin.post(f"{utility.base}/readings", taken).expect(201)
    with each_takes("TransactWriteItems", 4):
        confirm_all(utility)
    found = admin.get(f"{utility.base}/readings", accountNumber=connection["accountNumber"]).expect(200)["items"]
    moments = [datetime.fromisoformat(one["confirmedAt"]) for one in found]
    assert moments[0] - moments[1] == timedelta(minutes=4)


def test_f6_a_bill_a_hundred_times_as_high_is_held_until_a_person_bills_it(app: Chalice, utility: Utility) -> None:
    admin = confirm_all(utility)
    admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    drain(app, QUEUE)
    clock.use_time(lambda: NOVEMBER + timedelta(days=30))
    admin = utility.as_staff()
    readings = {"SM-0": "20", "SM-1": "28900", "SM-2": "20"}
    taken = {
        meter: admin.post(
            f"{utility.base}/readings", {"meterNumber": meter, "reading": value, "readOn": "2025-12-05"}
        ).expect(201)
        for meter, value in readings.items()
    }
    for reading in taken.values():
        admin.post(f"{utility.base}/readings/{reading['id']}/confirmation").expect(200)
    run = admin.post(f"{utility.base}/billing-runs", {"period": "2025-12"}).expect(202)
    drain(app, QUEUE)
    shown = admin.get(f"{utility.base}/billing-runs/{run['id']}").expect(200)
    assert (shown["status"], shown["bills"], shown["exceptions"]) == ("complete", 2, 1)
    (held,) = admin.get(f"{utility.base}/billing-runs/{run['id']}/exceptions").expect(200)["items"]
    assert (held["code"], "650,075.00".replace(",", "") in held["reason"]) == ("implausible-amount", True)
    bill = admin.post(f"{utility.base}/bills", {"readingId": taken["SM-1"]["id"]}).expect(201)
    assert bill["total"] == "650075.00"


def _bill_month(app: Chalice, at: At, utility: Utility, month: Period, values: dict[str, str]) -> tuple[Any, int]:
    """Read, confirm and bill meters in a month; give the run, and how many queries its bills took."""
    at(datetime(month.year, month.month, 20, 1, tzinfo=UTC))
    admin = utility.as_staff()
    for number, value in values.items():
        taken = {"meterNumber": number, "reading": value, "readOn": f"{month}-05"}
        reading = admin.post(f"{utility.base}/readings", taken).expect(201)
        admin.post(f"{utility.base}/readings/{reading['id']}/confirmation").expect(200)
    run, ctx = start(utility, str(month)), utility.context(now=clock.now())
    billing.plan_run(ctx, run_id=run)
    with metered() as meter:
        billing.generate_chunks(ctx, run_id=run, shard=0)
    drain(app, QUEUE)
    return shown(utility, run), meter.requests["Query"]


@pytest.mark.parametrize(("empty", "held", "queries"), [(0, 1, 6), (1, 1, 7), (5, 1, 11), (11, 1, 17), (12, 0, 17)])
def test_f6_months_without_bills_do_not_lift_the_hold(
    app: Chalice, utility: Utility, at: At, empty: int, held: int, queries: int
) -> None:
    """A run looks back to the last bills, over twelve periods at the most; each empty one costs a request."""
    confirm_all(utility)
    start(utility)
    drain(app, QUEUE)
    after = Period(2025, 11).shifted(empty + 1)
    run, asked = _bill_month(app, at, utility, after, {"SM-0": "20", "SM-1": "28900", "SM-2": "20"})
    assert (run["bills"], run["exceptions"], asked) == (3 - held, held, queries)


def test_f6_a_single_bill_of_another_class_since_does_not_lift_the_hold(app: Chalice, utility: Utility, at: At) -> None:
    admin = confirm_all(utility)
    register_connection(admin, utility, "SHOP", consumer_class="commercial")
    start(utility)
    drain(app, QUEUE)
    _bill_month(app, at, utility, Period(2025, 12), {"SHOP": "10"})
    run, asked = _bill_month(app, at, utility, Period(2026, 1), {"SM-1": "28900", "SHOP": "20"})
    assert (run["bills"], run["exceptions"], asked) == (1, 1, 7)


def test_f10_three_empty_runs_of_many_shards_put_few_messages_before_another_tenants(
    app: Chalice, utility: Utility, at: At
) -> None:
    confirm_all(utility)
    large = open_waterworks(utility.api, settings=MANY)
    with sent_messages() as sent:
        for period in ("2025-09", "2025-10", "2025-11"):
            start(large, period)
        run = start(utility)
        drain(app, QUEUE)
    of_large = [body for _, body in sent if body["client"] == large.client]
    assert len(of_large) == 3 * (1 + LANES)  # before: 3 x (1 + 40)
    assert shown(utility, run)["status"] == "complete"
    runs = large.as_staff().get(f"{large.base}/billing-runs").expect(200)["items"]
    assert [(one["status"], one["chunks"]) for one in runs] == [("complete", {"done": 40, "of": 40})] * 3


def test_f10_a_run_has_eight_messages_at_the_most_and_a_turn_ends_after_twenty_seconds(
    app: Chalice, api: Api, at: At
) -> None:
    at(NOVEMBER)
    large = open_waterworks(api, settings=MANY)
    admin = large.as_staff()
    for number in range(50):
        connection = register_connection(admin, large, f"SM-{number}")
        taken = {"accountNumber": connection["accountNumber"], "reading": "10", "readOn": "2025-11-05"}
        admin.post(f"{large.base}/readings", taken).expect(201)
    confirm_all(large)
    run = start(large)
    with sent_messages() as sent, each_takes("BatchExecuteStatement", 1):
        delivered = drain(app, QUEUE)
    assert delivered == len(sent) + 1  # the plan of the run was sent before
    done = shown(large, run)
    assert (done["status"], done["bills"], done["chunks"]) == ("complete", 50, {"done": 40, "of": 40})
    shards = [body["shard"] for _, body in sent]
    assert shards[:LANES] == list(range(LANES))
    assert len(set(shards)) == len(shards)  # each turn goes on where the one before it ended
    assert LANES < len(shards) <= 40


def test_an_empty_chunk_costs_four_requests(utility: Utility) -> None:
    large = open_waterworks(utility.api, settings=MANY)
    run = start(large)
    billing.plan_run(large.context(), run_id=run)
    ctx = large.context()
    with metered() as meter:
        assert billing.generate_chunks(ctx, run_id=run, shard=0) == [0, 8, 16, 24, 32]
    own = {"GetItem": 1, "Query": 1}  # the run, and its chunks: once for the lane
    assert meter.requests == {"UpdateItem": 2 * 5, "Query": 2 * 5 + own["Query"], "GetItem": own["GetItem"]}


def test_d13_a_message_is_hidden_for_as_long_as_its_worker_lives_and_little_longer(
    app: Chalice, utility: Utility
) -> None:
    confirm_all(utility)
    start(utility)
    hidden: list[int] = []

    def note(params: dict[str, Any], **_: object) -> None:
        hidden.append(params["VisibilityTimeout"])

    with hooked(queue._client(), "before-parameter-build.sqs.ChangeMessageVisibility", note):
        drain(app, QUEUE)
    assert hidden == [75, 75]  # planning, and the only chunk; each beat says it again
    assert LEASE < HIDDEN <= timedelta(minutes=2)


def test_d13_a_worker_prolongs_its_lease_and_hides_its_message_while_it_works(
    utility: Utility, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm_all(utility)
    run = start(utility)
    ctx = replace(utility.context(), read_clock=lambda: NOVEMBER + timedelta(seconds=40))
    billing.plan_run(ctx, run_id=run)
    monkeypatch.setattr(runs, "BEAT", timedelta(milliseconds=5))
    beats = threading.Semaphore(0)
    leases: list[object] = []

    def wait_for_a_beat(**_: object) -> None:
        assert beats.acquire(timeout=20)
        (chunk,) = repository.chunks_of(ctx.project, run)
        leases.append(chunk.leased_until)

    with hooked(dynamo.client(), "before-call.dynamodb.BatchExecuteStatement", wait_for_a_beat):
        assert billing.generate_chunks(ctx, run_id=run, shard=0, beat=beats.release) == [0]
    assert leases == [NOVEMBER + timedelta(seconds=40) + LEASE]


def test_d13_a_chunk_whose_worker_died_is_taken_over_when_its_lease_ends(utility: Utility) -> None:
    confirm_all(utility)
    run = start(utility)
    ctx = later(utility, 0)
    billing.plan_run(ctx, run_id=run)
    repository.lease_chunk(ctx.project, run, 0, lease="dead", now=ctx.now, until=ctx.now + LEASE)
    with sent_messages() as sent:
        assert billing.generate_chunks(later(utility, 10), run_id=run, shard=0) == []
    ((delay, body),) = sent
    assert (delay, body["shard"], body["expired_lease"]) == (55, 0, "dead")
    assert billing.generate_chunks(later(utility, 65), run_id=run, shard=0, expired_lease="dead") == [0]
    assert shown(utility, run)["status"] == "complete"


def test_d13_whoever_looks_after_a_worker_that_lives_leaves_it_alone_and_sends_no_more(utility: Utility) -> None:
    confirm_all(utility)
    run = start(utility)
    ctx = later(utility, 0)
    billing.plan_run(ctx, run_id=run)
    repository.lease_chunk(ctx.project, run, 0, lease="alive", now=ctx.now, until=ctx.now + LEASE)
    repository.prolong_lease(ctx.project, run, 0, lease="alive", until=later(utility, 120).now)
    with sent_messages() as sent:
        assert billing.generate_chunks(later(utility, 65), run_id=run, shard=0, expired_lease="alive") == []
        assert billing.generate_chunks(later(utility, 65), run_id=run, shard=0, expired_lease="another") == []
    assert sent == []


def test_d13_a_run_says_since_when_it_waits(utility: Utility, at: At) -> None:
    confirm_all(utility)
    run = start(utility)
    ctx = later(utility, 0)
    assert shown(utility, run)["waitingSince"] == "2025-11-11T01:00:00.000Z"  # its message is in the queue
    billing.plan_run(ctx, run_id=run)
    taken_at = later(utility, 30).now
    repository.lease_chunk(ctx.project, run, 0, lease="dead", now=taken_at, until=taken_at + LEASE)
    at(NOVEMBER + timedelta(seconds=89))
    assert shown(utility, run)["waitingSince"] is None  # at work, as far as anybody knows
    at(NOVEMBER + timedelta(minutes=4))
    assert shown(utility, run)["waitingSince"] == "2025-11-11T01:00:30.000Z"
    billing.generate_chunks(later(utility, 300), run_id=run, shard=0)
    assert (shown(utility, run)["status"], shown(utility, run)["waitingSince"]) == ("complete", None)


def test_d13_a_second_worker_on_a_lane_stops_where_the_first_one_works(utility: Utility) -> None:
    """A repeated delivery goes over what is done, and leaves the rest of the lane to the worker that is there."""
    large = open_waterworks(utility.api, settings=MANY)
    run = start(large)
    ctx = large.context()
    billing.plan_run(ctx, run_id=run)
    repository.lease_chunk(ctx.project, run, 16, lease="other", now=ctx.now, until=ctx.now + LEASE)
    with sent_messages() as sent:
        assert billing.generate_chunks(ctx, run_id=run, shard=0) == [0, 8]
        assert billing.generate_chunks(ctx, run_id=run, shard=0) == []
    assert {(delay, body["shard"], body["expired_lease"]) for delay, body in sent} == {(65, 16, "other")}
    with sent_messages() as sent:
        billing.resume_runs(ctx)
        billing.plan_run(ctx, run_id=run)
    assert [body.get("shard") for _, body in sent] == [None, 1, 2, 3, 4, 5, 6, 7, 16]
