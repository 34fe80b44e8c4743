"""What consumers pay, stopped at every AWS call in each way that matters and tried again: the same table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.kernel.context import Actor
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.money import Money
from chalicelib.online_payments import service
from chalicelib.online_payments.domain import Heard, Outcome
from chalicelib.payments.domain import Tender
from chalicelib.platform import clock
from chalicelib.tenancy.domain import ProjectContext
from tests.support import table
from tests.support.faults import Death, Mode, faults, strikes
from tests.support.http import Api
from tests.support.online import Online

pytestmark = pytest.mark.slow

NOW = datetime.fromisoformat("2025-11-25T01:00:00+00:00")
_GATEWAY = Actor("gateway:simulated", "gateway", frozenset())


@dataclass(frozen=True)
class _Desk:
    """An office on 25 November with a bill of 275.00 that is late, and what was started or announced for it."""

    office: Online
    online: dict[str, Any]
    announced: dict[str, Any]

    @property
    def wish(self) -> service.Wish:
        return service.Wish(bill_ids=[self.office.first["id"]], method="online", upi_id="ana@upi")

    def hear(self, ctx: ProjectContext, outcome: Outcome = "completed", transaction: str = "T-1") -> object:
        heard = Heard(outcome=outcome, transaction_id=transaction, amount=Money(30250, "PHP"), at=NOW)
        here = replace(ctx, actor=_GATEWAY)
        return service.hear(here, project_id=ctx.project_id, intent_id=self.online["id"], heard=heard)


def _tender() -> Tender:
    return Tender(method="cash", amount=None, received=None, paid_on=None)


Act = Callable[[_Desk, ProjectContext], object]
# What is done before, and the act that is stopped.
FLOWS: dict[str, tuple[list[Act], Act]] = {
    "start an online payment": ([], lambda desk, ctx: service.start(ctx, wish=desk.wish)),
    "hear that it is paid": ([], lambda desk, ctx: desk.hear(ctx)),
    "hear that it failed": ([], lambda desk, ctx: desk.hear(ctx, "failed")),
    "hear that it is paid after it failed": ([lambda desk, ctx: desk.hear(ctx, "failed")], lambda d, c: d.hear(c)),
    "hear that it is paid after the counter took the money": (
        [lambda desk, _: desk.office.pays_at_the_counter()],
        lambda desk, ctx: desk.hear(ctx),
    ),
    "hear of another payment": ([lambda desk, ctx: desk.hear(ctx)], lambda d, c: d.hear(c, transaction="T-2")),
    "review it": (
        [lambda desk, _: desk.office.pays_at_the_counter(), lambda desk, ctx: desk.hear(ctx)],
        lambda desk, ctx: service.review(ctx, intent_id=desk.online["id"], note="Fine"),
    ),
    "announce cash": ([], lambda desk, ctx: service.announce(ctx, wish=replace(desk.wish, method="cash"))),
    "confirm announced cash": (
        [],
        lambda desk, ctx: service.confirm(ctx, intent_id=desk.announced["id"], tender=_tender()),
    ),
    "reject announced cash": (
        [],
        lambda desk, ctx: service.reject(ctx, intent_id=desk.announced["id"], reason="Nobody came"),
    ),
}


@pytest.fixture(scope="module")
def desk(app: Chalice, api: Api) -> Iterator[_Desk]:
    office = Online(app, api).on("2025-11-25")
    body = {"bills": [{"billId": office.first["id"]}]}
    announced = office.as_consumer().post(f"{office.base}/announced-payments", body).expect(201)
    yield _Desk(office, office.starts(), announced)
    clock.use_time(None)


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_stopped_at_any_call_and_tried_again_leaves_the_same_table(desk: _Desk, name: str) -> None:
    prepare, act = FLOWS[name]
    untouched = table.everything()
    for number, each in enumerate(prepare):
        each(desk, desk.office.utility.context(now=NOW, new_id=derived_ids(f"before {number}")))
    before = table.everything()
    smooth, calls = _play(desk, act, before)
    assert smooth != before, "the flow wrote nothing"
    wrong = [
        f"{mode} {calls[at]} (call {at})"
        for mode, at in strikes(calls)
        if _play(desk, act, before, strike_at=at, mode=mode)[0] != smooth
    ]
    table.put_back(untouched)
    assert wrong == []


def _play(
    desk: _Desk, act: Act, before: table.Items, *, strike_at: int | None = None, mode: Mode = "dies before"
) -> tuple[table.Items, list[str]]:
    """Play a flow until it ends well, each try the same request, and put back what was stored before."""
    with faults(strike_at=strike_at, mode=mode) as watched:
        for _ in range(3):
            try:
                act(desk, desk.office.utility.context(now=NOW, new_id=derived_ids("the same request")))
                break
            except (Death, Exception):  # noqa: BLE001 - whatever stops it, it is asked for again
                continue
        else:
            raise AssertionError(f"the flow never ended well after: {mode} call {strike_at}")
    left = table.everything()
    table.put_back(before, left)
    return left, watched.calls
