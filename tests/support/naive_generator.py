"""A generator as one writes it in an afternoon: it works, until something happens. The control of the fault sweep."""

from dataclasses import replace

from chalicelib.billing import repository
from chalicelib.billing.domain import BillingRun, Tally, plan_chunk
from chalicelib.bills import repository as bills
from chalicelib.connections import service as connections
from chalicelib.platform import dynamo, settings
from chalicelib.platform.transaction import put, transact
from chalicelib.readings import service as readings
from chalicelib.tariffs import service as tariffs
from chalicelib.tenancy.domain import Project, ProjectContext


def generate_naively(ctx: ProjectContext, run_id: str) -> None:
    """Bill reading by reading: write each bill under the next number, count it on the run."""
    project = ctx.project
    run = repository.find_run(project, run_id)
    assert run is not None
    if run.state == "complete":
        return
    to_bill = list(readings.shard_readings(project, run.period, 0))
    known = {connection.account: connection for connection in connections.shard_connections(project, 0)}
    plan = plan_chunk(
        project, run, to_bill, known, {}, tariffs.tariff_book(project, until_day=run.period.shifted(1).first_day)
    )
    for bill in plan.bills:
        numbered = replace(bill, number=100 + run.tally.bills)  # "the next number"
        item = bills._item(project, numbered).serialize()
        dynamo.client().put_item(TableName=settings.table_name(), Item=item)
        run = _count(project, run, bill.total.minor)
    _store(project, replace(run, state="complete"))


def _count(project: Project, run: BillingRun, total_minor: int) -> BillingRun:
    counted = replace(run, tally=run.tally + Tally(readings=1, bills=1, total_minor=total_minor))
    return _store(project, counted)


def _store(project: Project, run: BillingRun) -> BillingRun:
    transact([put("run", repository._run_item(project, run))])
    return run
