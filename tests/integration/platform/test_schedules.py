"""Schedules go over all tenants: one that can't be worked on holds up no other, and is not hushed up."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from chalice.app import Chalice

from chalicelib.audit import service as audit
from chalicelib.billing import service as billing
from chalicelib.kernel.period import Period
from chalicelib.platform import keys
from chalicelib.platform.jobs import TenantsFailed, for_each_tenant
from chalicelib.platform.transaction import transact
from local import events
from tests.support import table
from tests.support.http import Api
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, Utility, open_waterworks

_TENANTS = [(f"client-{number}", "water") for number in range(5)]


@pytest.fixture
def utilities(app: Chalice, api: Api) -> list[Utility]:
    """Three clients, of which the second one can't be read: its project and its last seal are spoilt."""
    table.put_back({})
    made = [open_waterworks(api) for _ in range(3)]
    for key in (
        keys.project(made[1].client, made[1].project),
        keys.audit_seal(made[1].client, date(2025, 11, 1)),
    ):
        table.write({"broken": {"pk": {"S": key[0]}, "sk": {"S": key[1]}}})
    return made


def _tick(app: Chalice, name: str) -> None:
    (job,) = [job for job in events.scheduled_handlers(app) if job.name == name]
    events.tick(job)


def test_a8_a_project_that_cannot_be_read_does_not_stop_the_runs_of_others(
    app: Chalice, utilities: list[Utility], at: Callable[[datetime], None]
) -> None:
    at(NOVEMBER)
    others = utilities[0].context(), utilities[2].context()
    for ctx in others:
        billing.start_run(ctx, period=Period(2025, 11), billed_on=None, due_on=None)
    events.sqs().purge_queue(QueueUrl=events.queue_url("meterbook-billing"))
    with pytest.raises(TenantsFailed, match=r"resume_runs failed for 1 of \d+ tenants"):
        _tick(app, "resume_runs")
    drain(app, "meterbook-billing")
    assert [billing.list_runs(ctx, limit=1, cursor=None).items[0].state for ctx in others] == ["complete"] * 2


def test_a8_a_client_whose_log_cannot_be_read_does_not_stop_the_seals_of_others(
    app: Chalice, utilities: list[Utility], at: Callable[[datetime], None]
) -> None:
    at(NOVEMBER)
    others = utilities[0].client_context(), utilities[2].client_context()
    for ctx in others:
        transact([audit.entry_write(ctx, action="area.opened", subject=("thing", "1"))])
    at(NOVEMBER + timedelta(days=1, hours=1))
    with pytest.raises(TenantsFailed, match=r"seal_audit_logs failed for 1 of \d+ tenants"):
        _tick(app, "seal_audit_logs")
    assert all(audit.verify_log(ctx, from_day=None).days for ctx in others)


@pytest.mark.parametrize("bad", [*_TENANTS, None])
def test_a8_every_tenant_is_worked_on_and_the_job_fails_if_it_failed_for_one(bad: tuple[str, str] | None) -> None:
    done: list[tuple[str, str]] = []

    def work(client: str, project: str) -> None:
        if (client, project) == bad:
            raise ValueError("this one is broken")
        done.append((client, project))

    if bad:
        with pytest.raises(TenantsFailed, match="failed for 1 of 5"):
            for_each_tenant("a_job", _TENANTS, work)
    else:
        for_each_tenant("a_job", _TENANTS, work)
    assert sorted(done) == [each for each in _TENANTS if each != bad]


def test_a8_it_is_not_always_the_same_tenant_that_comes_last() -> None:
    first: set[str] = set()
    for _ in range(60):
        done: list[str] = []
        for_each_tenant("a_job", _TENANTS, lambda client, _, done=done: done.append(client))  # type: ignore[misc]
        first.add(done[0])
    assert len(first) == 5


def test_a_schedule_without_tenants_does_nothing() -> None:
    for_each_tenant("a_job", [], lambda client, project: pytest.fail(f"{client}, {project}"))
