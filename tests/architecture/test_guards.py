"""Every guard of the house rules finds the fault that is planted for it, and nothing beside it."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.architecture import guards
from tests.architecture.source import CODE

Guard = Callable[[Path], Iterable[str]]


def _plant(folder: Path, module: str, text: str) -> Path:
    path = folder / module
    path.parent.mkdir(parents=True)
    path.write_text(text + "\n")
    return folder


@pytest.mark.parametrize(
    ("guard", "module", "text"),
    [
        (guards.floats, "payments/domain/allocation.py", "share = 0.5"),
        (guards.floats, "adjustments/domain.py", "rate: float"),
        (guards.floats, "late_charges/service/charging.py", "from statistics import mean"),
        (guards.floats, "readings/service/importing.py", "import math\nx = math.sqrt(4)"),
        (guards.floats, "reports/schemas.py", "from math import sqrt"),
        (guards.divisions, "payments/domain/allocation.py", "share = 100 / 3"),
        (guards.divisions, "tariffs/service.py", "share = 100\nshare /= 3"),
        (guards.tables_known_outside, "payments/routes/cash.py", "from chalicelib.payments import repository"),
        (guards.tables_known_outside, "payments/routes/__init__.py", "from ..repository import find_payment"),
        (guards.tables_known_outside, "payments/routes.py", "import chalicelib.bills.repository"),
        (guards.tables_known_outside, "payments/jobs/nightly.py", "import pynamodb.models"),
        (guards.tables_known_outside, "payments/jobs.py", "from chalicelib.platform import transaction"),
        (guards.tables_known_outside, "payments/routes/desk/cash.py", "from ....platform.keys import bill"),
        (guards.routes_by_hand, "payments/routes.py", "@blueprint.route('/api/payments')\ndef pay() -> None: ..."),
        (guards.routes_by_hand, "payments/routes/cash.py", "app.route('/api/payments')(pay)"),
        (guards.clocks_taken, "payments/service/recording.py", "from datetime import date\nday = date.today()"),
        (guards.clocks_taken, "payments/repository.py", "import datetime\nat = datetime.datetime.now()"),
        (guards.clocks_taken, "payments/domain/__init__.py", "import time\nat = time.time()"),
        (guards.clocks_taken, "payments/service.py", "from time import time\nat = time()"),
        (guards.clocks_taken, "payments/service.py", "from datetime import datetime as Instant\nat = Instant.now()"),
        (guards.floats, "payments/domain.py", "share = minor * 10**-2"),
        (guards.floats, "payments/domain.py", "import operator\nshare = operator.truediv(1, 3)"),
        (guards.floats, "payments/domain.py", "from operator import truediv"),
        (guards.floats, "payments/domain.py", "share = span.total_seconds() * 100"),
        (guards.floats, "payments/domain.py", "share = builtins.float(text)"),
        (guards.tables_known_outside, "payments/schemas.py", "from chalicelib.platform import dynamo"),
        (guards.tables_known_outside, "payments/routes.py", "from chalicelib.platform.http import dynamo"),
        (guards.tables_known_outside, "payments/routes.py", "page = service.repository.month_page(project)"),
        (guards.misnamed_writes, "bills/service.py", "def issue_bill(bill: Bill) -> Action: ..."),
        (guards.misnamed_writes, "bills/repository/bills.py", 'def insert(bill: Bill) -> "Action": ...'),
        (guards.misnamed_writes, "bills/repository.py", "def bill_write(bill: Bill) -> list[Action]: ..."),
        (guards.misnamed_writes, "bills/repository.py", "def bill_writes(bill: Bill) -> Action: ..."),
        (guards.misnamed_writes, "bills/service.py", "def _noted(bill: Bill) -> transaction.Action | None: ..."),
        (guards.misnamed_writes, "bills/service.py", "def closing(bill: Bill) -> tuple[Action, ...]: ..."),
        (guards.misnamed_writes, "bills/service.py", "def _writes(bill: Bill) -> Sequence[Action]: ..."),
        (guards.misnamed_writes, "bills/service.py", "def bill_insert_write(bill: Bill) -> None: ..."),
        (guards.misnamed_writes, "bills/domain.py", "def due_day_check(bill: Bill) -> bool: ..."),
        (guards.misnamed_writes, "bills/service.py", "def bill_writes(bill: Bill) -> tuple[Bill, list[Action]]: ..."),
        (guards.copied_fields, "bills/repository.py", "bill = Bill(item.read_on, item.usage, unit=item.unit)"),
        (
            guards.copied_fields,
            "bills/repository/bills.py",
            "item = BillItem(*key, ro=b.read_on, us=b.use, un=b.unit)",
        ),
        (guards.copied_fields, "bills/schemas.py", "answer = cls(id=bill.id, usage=bill.usage, unit=bill.unit)"),
        (
            guards.copied_fields,
            "bills/routes/own.py",
            "answer = schemas.BillOut(id=one.id, to=one.total, by=one.by)",
        ),
        (guards.handed_on, "journeys/test_month.py", "def test_5(journey):\n    journey.seen['bills'] = 297"),
        (guards.handed_on, "journeys/test_month.py", "def test_5(journey):\n    journey.bills += 1"),
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, guard: Guard, module: str, text: str) -> None:
    (found,) = guard(_plant(tmp_path, module, text))
    assert found.startswith(module)


@pytest.mark.parametrize(
    ("guard", "module", "text"),
    [
        (guards.floats, "payments/domain/allocation.py", 'from decimal import Decimal\nshare = Decimal("0.5")'),
        (guards.divisions, "payments/domain/allocation.py", "share = 100 // 3"),
        (guards.divisions, "onboarding/repository.py", "folder = here / 'presets' / f'{name}.json'"),
        (guards.tables_known_outside, "payments/routes/cash.py", "from chalicelib.payments import service"),
        (guards.tables_known_outside, "payments/service.py", "from chalicelib.payments import repository"),
        (guards.clocks_taken, "payments/service.py", "def pay(ctx):\n    return ctx.now"),
        (guards.misnamed_writes, "bills/repository.py", "def bill_insert_write(bill: Bill) -> Action: ..."),
        (guards.misnamed_writes, "bills/repository.py", "def period_open_check(period: Period) -> Action: ..."),
        (guards.misnamed_writes, "bills/service.py", "def _entry_writes(bill: Bill) -> tuple[Action, ...]: ..."),
        (guards.misnamed_writes, "bills/service.py", "def prepare(bill: Bill) -> tuple[Bill, list[Action]]: ..."),
        (guards.misnamed_writes, "bills/service.py", "def check_due(bill: Bill) -> None: ..."),
        (
            guards.copied_fields,
            "bills/repository.py",
            "item = to_item(BillItem, key, bill, total=bill.total.minor)",
        ),
        (
            guards.copied_fields,
            "bills/repository.py",
            "line = LineItem(*key, client=one.client, project=one.id)",
        ),
        (guards.copied_fields, "cycles/schemas.py", "cycle = BillingCycle(self.name, self.due_days, self.grace_days)"),
        (guards.copied_fields, "bills/routes.py", "page = service.list_bills(ctx, q.period, q.status, q.limit)"),
        (
            guards.copied_fields,
            "bills/domain/issuing.py",
            "bill = Bill(reading.account, reading.period, reading.use)",
        ),
        (guards.handed_on, "journeys/test_month.py", "def test_5(journey):\n    bills = journey.bills"),
    ],
)
def test_what_is_allowed_is_not_found(tmp_path: Path, guard: Guard, module: str, text: str) -> None:
    assert list(guard(_plant(tmp_path, module, text))) == []


@pytest.mark.parametrize(
    ("guard", "excused"), [(guards.floats, guards.MAY_USE_FLOATS), (guards.divisions, guards.MAY_DIVIDE)]
)
def test_only_what_needs_it_is_excused(monkeypatch: pytest.MonkeyPatch, guard: Guard, excused: dict[str, str]) -> None:
    places = set(excused)
    monkeypatch.setattr(guards, "MAY_USE_FLOATS", {})
    monkeypatch.setattr(guards, "MAY_DIVIDE", {})
    found = list(guard(CODE))
    assert {place for place in places if any(one.startswith(place) for one in found)} == places
    assert [one for one in found if not one.startswith(tuple(places))] == []
