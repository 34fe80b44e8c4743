"""Billing runs over HTTP."""

from collections.abc import Sequence

from chalicelib.billing import service
from chalicelib.billing.routes.common import blueprint
from chalicelib.billing.schemas.runs import ExceptionPage, NewRun, RunOut, RunPage, RunView
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.platform.schema import PageQuery
from chalicelib.tenancy.domain import ProjectContext

_RUNS = "/api/clients/{clientId}/projects/{projectId}/billing-runs"


@endpoint(
    blueprint,
    "POST",
    _RUNS,
    permission="bills.generate",
    body=NewRun,
    returns=RunOut,
    status=202,
    location=_RUNS + "/{id}",
    errors="bad-day future-date not-last-month run-open",
)
def start_run(ctx: ProjectContext, *, body: NewRun) -> RunOut:
    """Start a billing run for a period; poll the Location for its progress."""
    run = service.start_run(ctx, period=body.period, billed_on=body.billed_on, due_on=body.due_on)
    return _shown(ctx, [RunView(run)])[0]


@endpoint(blueprint, "GET", _RUNS, permission="bills.generate", query=PageQuery, returns=RunPage)
def list_runs(ctx: ProjectContext, *, query: PageQuery) -> RunPage:
    """List the billing runs, newest first."""
    page = service.list_runs(ctx, limit=query.limit, cursor=query.cursor)
    return RunPage(items=_shown(ctx, [RunView(run) for run in page.items]), next_cursor=page.next_cursor)


@endpoint(blueprint, "GET", _RUNS + "/{runId}", permission="bills.generate", returns=RunOut)
def get_run(ctx: ProjectContext, *, run_id: str) -> RunOut:
    """Show a billing run and its progress."""
    return _shown(ctx, [RunView(*service.get_run(ctx, run_id=run_id), ctx.now)])[0]


@endpoint(
    blueprint,
    "GET",
    _RUNS + "/{runId}/exceptions",
    permission="bills.generate",
    query=PageQuery,
    returns=ExceptionPage,
)
def list_exceptions(ctx: ProjectContext, *, run_id: str, query: PageQuery) -> ExceptionPage:
    """List the readings that a run could not bill, and why."""
    return ExceptionPage.of(service.list_exceptions(ctx, run_id=run_id, limit=query.limit, cursor=query.cursor))


def _shown(ctx: ProjectContext, views: Sequence[RunView]) -> tuple[RunOut, ...]:
    names = user_names(ctx.client, [view.run.started_by for view in views])
    return tuple(RunOut.of(view, view.run, names=names) for view in views)
