"""A balance of many readings is added up call by call, and lists of what is left to do are cheap when it is done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.platform import clock
from chalicelib.readings.service import period as balances
from chalicelib.tenancy.domain import ProjectContext
from local import presets
from tests.support.http import Api
from tests.support.meter import metered
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

NOVEMBER_2025 = Period(2025, 11)


@pytest.fixture(scope="module", params=[1, 5])
def utility(app: Chalice, api: Api, request: pytest.FixtureRequest) -> Utility:
    """A waterworks of one shard or five, with forty confirmed readings of 1 to 40 m3, each fourth of a common area."""
    clock.use_time(lambda: NOVEMBER)
    made = open_waterworks(api, settings=replace(presets.WATERWORKS_SETTINGS, shards=request.param))
    admin = made.as_staff()
    for number in range(1, 41):
        area = "Poblacion" if number % 2 else "Elsewhere"
        connection = (
            register_connection(admin, made, f"SM-{number}", area=area) if number % 4 else _common(admin, made, number)
        )
        taken = {"accountNumber": connection["accountNumber"], "reading": str(number), "readOn": "2025-11-05"}
        admin.post(f"{made.base}/readings", taken).expect(201)
    admin.post(f"{made.base}/readings/confirmations", {}).expect(200)
    clock.use_time(None)
    return made


def _common(admin: Api, utility: Utility, number: int) -> Any:  # noqa: ANN401
    """Register the meter of a common area, which belongs to no consumer."""
    body = {
        "purpose": "common_area",
        "consumerClass": "residential",
        "meterNumber": f"SM-{number}",
        "area": "Elsewhere",
    }
    return admin.post(f"{utility.base}/connections", body).expect(201)


def _added_up(ctx: ProjectContext) -> tuple[list[Decimal], int]:
    """Add a period up by as many calls as it takes, and give the sums of the last one."""
    calls, cursor = 0, None
    while calls == 0 or cursor:
        balance, cursor = balances.get_balance(ctx, period=NOVEMBER_2025, cursor=cursor)
        calls += 1
    return [balance.units, balance.common_area, balance.building], calls


def test_a_balance_is_the_same_however_many_calls_it_takes(utility: Utility, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = utility.context(now=NOVEMBER)
    whole, calls = _added_up(ctx)
    assert (whole, calls) == ([Decimal(820 - 220), Decimal(220), Decimal(820)], 1)
    monkeypatch.setattr(balances, "_PAGE", 3)
    monkeypatch.setattr(balances, "_PAGES_PER_CALL", 2)
    assert _added_up(ctx) == (whole, 7)  # six readings a call


def test_a_call_adds_up_a_bounded_number_of_readings(utility: Utility, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balances, "_PAGE", 3)
    monkeypatch.setattr(balances, "_PAGES_PER_CALL", 2)
    with metered() as meter:
        _, cursor = balances.get_balance(utility.context(now=NOVEMBER), period=NOVEMBER_2025, cursor=None)
    assert cursor
    assert sum(meter.requests.values()) <= 12


def test_a_balances_cursor_is_good_for_its_period_alone(utility: Utility, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balances, "_PAGE", 3)
    monkeypatch.setattr(balances, "_PAGES_PER_CALL", 1)
    ctx = utility.context(now=NOVEMBER)
    _, cursor = balances.get_balance(ctx, period=NOVEMBER_2025, cursor=None)
    with pytest.raises(Invalid, match="does not belong to this list"):
        balances.get_balance(ctx, period=Period(2025, 10), cursor=cursor)


def test_a_user_limited_to_areas_gets_the_balance_of_these(utility: Utility) -> None:
    ctx = utility.context(now=NOVEMBER)
    there = replace(ctx, actor=replace(ctx.actor, areas=("Poblacion",)))
    assert _added_up(there)[0] == [Decimal(sum(range(1, 41, 2))), Decimal(0), Decimal(sum(range(1, 41, 2)))]


def test_what_is_unbilled_and_unread_is_found_in_order_and_costs_little_when_nothing_is(
    app: Chalice, utility: Utility, at: Callable[[datetime], None]
) -> None:
    at(NOVEMBER)
    admin = utility.as_staff()
    lists = [f"{utility.base}/readings/{name}" for name in ("unbilled", "unread")]
    unbilled = admin.get(lists[0], period="2025-11", limit=200).expect(200)["items"]
    assert len(unbilled) == 30  # those of common areas are never billed
    late = register_connection(admin, utility, "SM-41")
    unread = admin.get(lists[1], period="2025-11", limit=200).expect(200)["items"]
    assert [one["accountNumber"] for one in unread] == [late["accountNumber"]]
    admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    drain(app, "meterbook-billing")
    with metered() as meter:
        assert admin.get(lists[0], period="2025-11").expect(200)["items"] == []
    assert meter.read_units <= 35  # before: one for each bill
    with metered() as meter:
        assert len(admin.get(lists[1], period="2025-11").expect(200)["items"]) == 1
    assert meter.read_units <= 25  # before: one for each reading
