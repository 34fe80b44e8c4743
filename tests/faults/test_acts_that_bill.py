"""Handovers, closures and first meters, stopped at every AWS call in each way: all of it is done, or nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.billing import service as billing
from chalicelib.billing.service import FinalReading
from chalicelib.connections.domain.meters import Exchange
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.ids import derived_ids
from chalicelib.platform import clock
from chalicelib.readings.domain.reading import MeterValue
from chalicelib.tenancy.domain import ProjectContext
from tests.support import table
from tests.support.faults import Death, Mode, faults, just_before_writing, strikes
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

_TODAY = date(2025, 11, 11)
_FINAL = FinalReading(MeterValue(Decimal(30), _TODAY))

# What each act leaves, by the beginning of the sort key, beside the connection itself.
_DONE = {
    "hand over": {"READING#", "BILL#", "EVENT#", "CONNECTION-HAD#"},
    "close": {"READING#", "BILL#", "EVENT#"},
    "install a first meter": {"BILL#", "EVENT#", "METER"},
}


@dataclass(frozen=True)
class Stage:
    """A waterworks with a connection that was read and billed, read since, and one without a meter; and an heir."""

    utility: Utility
    account: str
    unmetered: str
    heir: str

    def act(self, name: str, ctx: ProjectContext) -> object:
        """Carry an act out."""
        if name == "hand over":
            return billing.hand_over(
                ctx, account=self.account, consumer_id=self.heir, on=None, reason="Moved", final=_FINAL
            )
        if name == "close":
            return billing.close(ctx, account=self.account, on=None, reason="Torn down", final=_FINAL)
        meter = Exchange("SM-FIRST", Decimal(0))
        return billing.install_meter(ctx, account=self.unmetered, meter=meter, reason="Metered now")


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def stage(api: Api) -> Stage:
    table.put_back({})
    utility = open_waterworks(api)
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    for reading, read_on in (("10", "2025-10-05"), ("20", "2025-11-05")):
        body = {"accountNumber": account, "reading": reading, "readOn": read_on}
        taken = admin.post(f"{utility.base}/readings", body).expect(201)["id"]
        admin.post(f"{utility.base}/readings/{taken}/confirmation").expect(200)
        if read_on == "2025-10-05":
            admin.post(f"{utility.base}/bills", {"readingId": taken}).expect(201)
    heir = admin.post(utility.consumers, {"firstName": "Eva", "lastName": "Luna"}).expect(201)["id"]
    body = {"consumerId": heir, "consumerClass": "residential", "area": "Poblacion"}
    unmetered = admin.post(f"{utility.base}/connections", body).expect(201)["accountNumber"]
    return Stage(utility, account, unmetered, heir)


def _same(items: table.Items) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items.values())


@pytest.mark.parametrize("name", _DONE)
def test_an_act_that_bills_is_done_whole_or_not_at_all(stage: Stage, name: str) -> None:
    before = table.everything()
    calls, whole, _ = _play(stage, name, before)
    new = {key.partition(" | ")[2] for key in whole.keys() - before.keys()}
    assert {mark for mark in _DONE[name] if any(key.startswith(mark) for key in new)} == _DONE[name]
    assert sum(key.startswith("BILL#") for key in new) == 1

    wrong = []
    for mode, at in strikes(calls):
        _, left, in_the_end = _play(stage, name, before, strike_at=at, mode=mode)
        if _same(left) not in (_same(before), _same(whole)) or _same(in_the_end) != _same(whole):
            wrong.append(f"{mode} {calls[at]} (call {at})")
    assert wrong == []


def _play(
    stage: Stage, name: str, before: table.Items, *, strike_at: int | None = None, mode: Mode = "dies before"
) -> tuple[list[str], table.Items, table.Items]:
    """Do an act, and ask for it again; return its calls and what was stored after each, and put back what was before.

    Whoever got no answer asks again: the act is done then, or refused because it is done.
    """

    def act() -> None:
        stage.act(name, stage.utility.context(now=NOVEMBER, new_id=derived_ids("the same request")))

    with faults(strike_at=strike_at, mode=mode) as watched, suppress(Death, Exception):
        act()
    left = table.everything()
    with suppress(Conflict):
        act()
    in_the_end = table.everything()
    table.put_back(before, in_the_end)
    return watched.calls, left, in_the_end


def _another_reading(stage: Stage) -> None:
    admin = stage.utility.as_staff()
    body = {"accountNumber": stage.account, "reading": "22", "readOn": "2025-11-08"}
    taken = admin.post(f"{stage.utility.base}/readings", body).expect(201)["id"]
    admin.post(f"{stage.utility.base}/readings/{taken}/confirmation").expect(200)


def _a_bill(stage: Stage) -> None:
    body = {"readingId": f"2025-11.{stage.account}"}
    stage.utility.as_staff().post(f"{stage.utility.base}/bills", body).expect(201)


def _a_run(stage: Stage) -> None:
    stage.utility.as_staff().post(f"{stage.utility.base}/billing-runs", {"period": "2025-11"}).expect(202)


@pytest.mark.parametrize("name", ["hand over", "close"])
@pytest.mark.parametrize(
    ("meanwhile", "code"), [(_another_reading, "changed"), (_a_bill, "changed"), (_a_run, "period-frozen")]
)
def test_an_act_gives_way_to_what_came_between_its_look_and_its_writing(
    stage: Stage, name: str, meanwhile: Callable[[Stage], None], code: str
) -> None:
    """Use that somebody else has read or billed in the meantime is in no two bills."""
    with pytest.raises(Conflict) as refused, just_before_writing(lambda: meanwhile(stage)):
        stage.act(name, stage.utility.context(now=NOVEMBER))
    assert refused.value.code == code
    shown = stage.utility.as_staff().get(f"{stage.utility.base}/connections/{stage.account}").expect(200)
    assert (shown["status"], shown["consumerId"] == stage.heir) == ("active", False)
    bills = stage.utility.as_staff().get(f"{stage.utility.base}/connections/{stage.account}/bills").expect(200)
    assert all(bill["kind"] == "regular" for bill in bills["items"])


def test_a_handover_and_a_closure_at_once_make_one_final_bill(stage: Stage) -> None:
    def hand_over() -> None:
        stage.act("hand over", stage.utility.context(now=NOVEMBER))

    with pytest.raises(Conflict) as refused, just_before_writing(hand_over):
        stage.act("close", stage.utility.context(now=NOVEMBER))
    assert refused.value.code == "changed"
    bills = stage.utility.as_staff().get(f"{stage.utility.base}/connections/{stage.account}/bills").expect(200)
    assert [bill["kind"] for bill in bills["items"]].count("final") == 1
