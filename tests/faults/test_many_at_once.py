"""Eight workers generate the same period at the same time: one bill each, exact totals."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from chalice.app import Chalice

from chalicelib.billing import service as billing
from chalicelib.billing.domain import LEASE
from chalicelib.kernel.period import Period
from chalicelib.platform import clock
from chalicelib.tenancy.domain import ProjectContext
from local import presets
from tests.support import table
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, Utility, open_condominium, open_waterworks, register_connection

WORKERS = 8
ACCOUNTS = 60


@pytest.fixture
def utility(app: Chalice, api: Api) -> Utility:
    """A waterworks of two shards with sixty confirmed readings of November."""
    clock.use_time(lambda: NOVEMBER)
    made = open_waterworks(api, settings=replace(presets.WATERWORKS_SETTINGS, shards=2))
    admin = made.as_staff()
    for number in range(ACCOUNTS):
        connection = register_connection(admin, made, f"SM-{number}")
        reading = {"accountNumber": connection["accountNumber"], "reading": "10", "readOn": "2025-11-05"}
        admin.post(f"{made.base}/readings", reading).expect(201)
    admin.post(f"{made.base}/readings/confirmations", {}).expect(200)
    clock.use_time(None)
    return made


def test_eight_workers_without_leases_in_their_way_write_one_bill_each(utility: Utility) -> None:
    ctx = utility.context(now=NOVEMBER)
    run = billing.start_run(ctx, period=Period(2025, 11), billed_on=None, due_on=None)
    billing.plan_run(ctx, run_id=run.id)

    def work(number: int) -> None:
        # Each worker comes so much later that the lease of the one before has run out: all work on all of it.
        late = replace(ctx, now=NOVEMBER + number * (LEASE + timedelta(seconds=1)))
        for shard in (0, 1):
            billing.generate_chunks(late, run_id=run.id, shard=shard)

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(work, range(WORKERS)))
    _settle(ctx, run.id)
    done, _ = billing.get_run(ctx, run_id=run.id)
    bills = [key for key in table.items_of(utility.client) if " | BILL#" in key]
    assert len(bills) == ACCOUNTS
    assert (done.state, done.tally.bills, done.tally.total_minor) == ("complete", ACCOUNTS, ACCOUNTS * 27500)


def test_eight_officers_who_start_the_same_period_start_one_run(utility: Utility) -> None:
    admin = utility.as_staff()
    with ThreadPoolExecutor(WORKERS) as officers:
        replies = list(
            officers.map(lambda _: admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"}), range(8))
        )
    assert {reply.status for reply in replies} == {202}
    assert len({reply.json["id"] for reply in replies}) == 1
    other = admin.post(f"{utility.base}/billing-runs", {"period": "2025-11", "dueOn": "2025-12-31"}).expect(409)
    assert other["code"] == "run-open"


def test_a_reading_can_be_confirmed_before_or_after_a_run_but_never_within(utility: Utility) -> None:
    admin = utility.as_staff()
    connection = register_connection(admin, utility, "SM-LATE")
    reading = {"accountNumber": connection["accountNumber"], "reading": "10", "readOn": "2025-11-06"}
    taken = admin.post(f"{utility.base}/readings", reading).expect(201)
    ctx = utility.context(now=NOVEMBER)
    run = billing.start_run(ctx, period=Period(2025, 11), billed_on=None, due_on=None)
    refused = admin.post(f"{utility.base}/readings/{taken['id']}/confirmation").expect(409)
    assert (refused["code"], run.id in refused["detail"]) == ("period-frozen", True)
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(409)
    _settle(ctx, run.id)
    admin.post(f"{utility.base}/readings/{taken['id']}/confirmation").expect(200)


def test_eight_imports_of_the_same_reading_record_it_once(app: Chalice, api: Api) -> None:
    utility = open_condominium(api)
    manager = utility.as_staff("manager")
    unit = {
        "accountNumber": "101",
        "consumerClass": "unit",
        "meterNumber": "WM-101",
        "area": "A",
        "initialReading": "5",
    }
    utility.as_staff("admin").post(f"{utility.base}/connections", unit).expect(201)
    values = ["11"] * 4 + ["12"] * 4

    def take(value: str) -> int:
        body = {"accountNumber": "101", "reading": value, "readOn": "2025-08-01"}
        return manager.post(f"{utility.base}/readings", body).status

    with ThreadPoolExecutor(WORKERS) as hands:
        statuses = list(hands.map(take, values))
    assert set(statuses) <= {201, 409}
    stands = manager.get(f"{utility.base}/readings/2025-07.101").expect(200)
    connection = manager.get(f"{utility.base}/connections/101").expect(200)
    assert connection["lastReading"] == stands["reading"]
    assert stands["usage"] == str(int(stands["reading"]) - 5)


def _settle(ctx: ProjectContext, run_id: str) -> None:
    """Do what the queue would still deliver."""
    late = replace(ctx, now=NOVEMBER + timedelta(days=1))
    billing.plan_run(late, run_id=run_id)
    for shard in (0, 1):
        billing.generate_chunks(late, run_id=run_id, shard=shard)
