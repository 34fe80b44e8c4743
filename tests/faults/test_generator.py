"""The generator is stopped at every AWS call of a run, in every way, and carries on: the table is the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from chalice.app import Chalice

from chalicelib.billing import service as billing
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.period import Period
from chalicelib.platform import clock
from chalicelib.tenancy.domain import ProjectContext
from local import events, presets
from tests.support import table
from tests.support.faults import Death, Mode, faults, strikes
from tests.support.http import Api
from tests.support.naive_generator import generate_naively
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

pytestmark = pytest.mark.slow

QUEUE = "meterbook-billing"
# Longer than a lease; as long as the queue waits before it delivers again what was not acknowledged.
REDELIVERED_AFTER = timedelta(minutes=13)
# When a run was carried on says when it and its chunks were completed; nothing else may tell an interrupted run from a
# smooth one.
NOT_COMPARED = frozenset({"completed_at", "done_at"})

Generate = Callable[[Chalice, ProjectContext, str], bool]


@dataclass(frozen=True)
class Outcome:
    """What a run left in the table, and the AWS calls it made."""

    items: table.Items
    calls: list[str]
    struck: bool


@dataclass(frozen=True)
class Ready:
    """A client that is ready to be billed, and the generator that bills it."""

    app: Chalice
    utility: Utility
    items: table.Items

    def bill(self, generate: Generate, *, strike_at: int | None = None, mode: Mode = "dies before") -> Outcome:
        """Bill the client, with one fault, until nothing is left to deliver; then put back what was stored before."""
        now = NOVEMBER
        clock.use_time(lambda: now)
        ctx = self.utility.context(new_id=derived_ids("run"))
        run = billing.start_run(ctx, period=Period(2025, 11), billed_on=None, due_on=None)
        with faults(strike_at=strike_at, mode=mode) as watched:
            while True:
                try:
                    if not generate(self.app, ctx, run.id):
                        break
                except (Death, Exception):  # noqa: BLE001 - whatever stops a function, its message comes back
                    now += REDELIVERED_AFTER
        clock.use_time(None)
        left = table.everything()
        table.put_back(self.items, left)
        compared = {
            key: {name: value for name, value in item.items() if name not in NOT_COMPARED} for key, item in left.items()
        }
        return Outcome(table.without_instants(compared), watched.calls, watched.struck)


@pytest.fixture(scope="module")
def ready(app: Chalice, api: Api) -> Ready:
    """A waterworks with 31 confirmed readings of November, the last of a class without tariff, and nothing else."""
    return _make_ready(app, api, readings=31, shards=1)


def _make_ready(app: Chalice, api: Api, *, readings: int, shards: int) -> Ready:
    clock.use_time(lambda: NOVEMBER)
    table.put_back({})
    settings = replace(presets.WATERWORKS_SETTINGS, shards=shards)
    utility = open_waterworks(api, settings=settings, rates={"residential": "22.50"})
    admin = utility.as_staff()
    for number in range(1, readings + 1):
        consumer_class = "residential" if number < readings else "commercial"
        made = register_connection(
            admin, utility, f"SM-{number}", initial=str(number * 10), consumer_class=consumer_class
        )
        taken = {"accountNumber": made["accountNumber"], "reading": str(number * 11), "readOn": "2025-11-05"}
        admin.post(f"{utility.base}/readings", taken).expect(201)
    assert admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)["confirmed"] == readings
    clock.use_time(None)
    return Ready(app, utility, table.everything())


def by_the_queue(app: Chalice, ctx: ProjectContext, run_id: str) -> bool:
    """Deliver one message to the real handler; what it does not survive comes back."""
    target = next(target for target in events.queue_handlers(app) if target.queue == QUEUE)
    url = events.queue_url(QUEUE)
    messages = events.receive(url, at_most=1, wait_seconds=0)
    if not messages:
        return False
    try:
        events.deliver(target, messages)
    except BaseException:
        events.sqs().change_message_visibility(
            QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"], VisibilityTimeout=0
        )
        raise
    events.delete(url, messages)
    return True


def naively(app: Chalice, ctx: ProjectContext, run_id: str) -> bool:
    """Let the naive generator do the whole run, once more after each death."""
    events.sqs().purge_queue(QueueUrl=events.queue_url(QUEUE))
    generate_naively(ctx, run_id)
    return False


def sweep(ready: Ready, generate: Generate, *, every: int = 1) -> tuple[int, list[str]]:
    """Strike at each call in each way, and give how many cases there were and which went wrong."""
    smooth = ready.bill(generate)
    cases, wrong = 0, []
    for mode, at in strikes(smooth.calls)[::every]:
        outcome = ready.bill(generate, strike_at=at, mode=mode)
        assert outcome.struck, f"the fault at call {at} never happened"
        cases += 1
        if outcome.items != smooth.items:
            wrong.append(f"{mode} {smooth.calls[at]} (call {at})")
    return cases, wrong


def test_a_run_of_thirty_bills_leaves_thirty_bills_one_exception_and_exact_totals(ready: Ready) -> None:
    smooth = ready.bill(by_the_queue)
    bills = [key for key in smooth.items if " | BILL#" in key]
    exceptions = [key for key in smooth.items if " | EXCEPTION#" in key]
    run = next(item for key, item in smooth.items.items() if key.endswith(" | RUN"))
    total_minor = sum(number * 2250 + 5000 for number in range(1, 31))
    assert (len(bills), len(exceptions)) == (30, 1)
    assert (run["state"]["S"], run["tally"]["S"]) == ("complete", f"[31,30,1,{total_minor}]")


def test_a_generator_stopped_at_any_call_in_any_way_leaves_the_same_table(ready: Ready) -> None:
    cases, wrong = sweep(ready, by_the_queue)
    assert wrong == []
    assert cases >= 30


def test_the_same_sweep_finds_a_naive_generator_guilty(ready: Ready) -> None:
    cases, wrong = sweep(ready, naively, every=12)
    assert len(wrong) >= cases * 0.4, f"only {len(wrong)} of {cases} cases went wrong: the sweep sees too little"


def test_f10_a_run_of_more_chunks_than_lanes_leaves_the_same_table_wherever_it_was_stopped(
    app: Chalice, api: Api
) -> None:
    """Seventeen chunks, two or three to a lane: each message goes from chunk to chunk."""
    ready = _make_ready(app, api, readings=6, shards=17)
    cases, wrong = sweep(ready, by_the_queue, every=8)  # the table is another from here on
    assert wrong == []
    assert cases >= 20
