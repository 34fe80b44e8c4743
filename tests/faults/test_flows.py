"""Every other flow that writes, stopped at every AWS call in each way that matters and tried again: the same table."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

import pytest
from chalice.app import Chalice

from chalicelib.billing import service as billing
from chalicelib.consumers import service as consumers
from chalicelib.files import service as files
from chalicelib.identity import service as identity
from chalicelib.imports import service as imports
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.period import Period
from chalicelib.platform import clock, settings, storage
from chalicelib.readings import service as readings
from chalicelib.service_desk import service as service_desk
from chalicelib.tenancy.domain import ProjectContext
from tests.support import bucket, table
from tests.support.faults import Death, Mode, faults, strikes
from tests.support.http import Api
from tests.support.utilities import (
    NOVEMBER,
    PASSWORD,
    Utility,
    open_condominium,
    open_waterworks,
    register_connection,
)

pytestmark = pytest.mark.slow

ACCOUNTS = 60
IMPORT = "01K9R6TGM0W5GNPCRW6FPSSVTH"
AFTER_ESTIMATES = "01K9R6TGM0AFTERESTMATES000"
LATER_IMPORT = "01K9R6TGM0W5GNPCRW6FPSSVTJ"
REQUEST = "01K9R6TGM0R3QEST000000000A"
PENDING_FILE = "meter_number,reading,read_on\n" + "".join(f"SM-{n},{n + 10},2025-11-05\n" for n in range(ACCOUNTS))
UNITS_FILE = "account_number,reading,read_on\n" + "".join(f"{n},{n + 10},2025-08-01\n" for n in range(ACCOUNTS))

REGISTRY_FILE = (
    "account_number,meter_number,consumer_class,area,consumer_number,first_name,last_name\n"
    "101,M-1,unit,A,7,Ana,Reyes\n102,M-2,unit,A,7,Ana,Reyes\n103,M-3,unit,A,,,\n104,M-4,castle,A,,Eva,Luna\n"
)
_PAID = {"paymentDate": "2025-08-05", "amount": "2.00", "method": "cash"}
# Paid in advance and too much, and used in the next month.
_CREDIT: dict[int, dict[str, object]] = {
    7: {"payments": [_PAID | {"paymentDate": "2025-07-20", "amount": "32.00"}], "creditAmount": "6.99"},
    8: {"creditUsed": "6.99"},
}
HISTORY_FILE = json.dumps(
    {
        "months": [
            {
                "year": 2025,
                "month": month,
                "readingDate": f"2025-{month + 1:02}-01",
                "units": {
                    str(unit): {
                        "prior": month - 7,
                        "current": month - 6,
                        "payments": [_PAID] * 6 if month == 7 else [],
                        "penaltyAmount": "1.25" if unit == 7 else 0,
                    }
                    | (_CREDIT[month] if unit == 8 else {})
                    for unit in range(12)  # more writes than one transaction takes
                }
                | {"nobody": {"prior": 0, "current": 1}},
            }
            for month in (7, 8)
        ],
        "openingBalances": {
            "date": "2025-10-31",
            "accounts": {
                "9": {"amounts": [{"dueDate": f"2025-0{month}-15", "amount": 5} for month in (8, 9)], "credit": 1},
                "10": {"credit": 2},
            },
        },
    }
)


Prepare = Callable[[Api], Utility]


@dataclass(frozen=True)
class Flow:
    """Something that a person or a message asks for, and asks for again when no answer came."""

    prepare: Prepare
    act: Callable[[ProjectContext], object]
    file: str = ""
    file_id: str = IMPORT
    ending: str = ".csv"
    # What may differ from try to try: a number that was taken before the fault leaves a gap.
    but_for: str | None = None


@dataclass(frozen=True)
class Stored:
    """Everything that is stored of a client: in the table, which holds nothing else, and in the bucket."""

    items: table.Items
    files: bucket.Files

    @classmethod
    def of(cls, utility: Utility) -> Self:
        return cls(table.everything(), bucket.files_of(utility.client))

    def put_back(self, now: Self) -> None:
        """Write only what differs from what is stored now."""
        table.put_back(self.items, now.items)
        bucket.put_back(self.files, now.files)

    def without(self, what_differs: str | None) -> object:
        """Return what must be the same after any fault."""
        # A password's hash is salted afresh by each try that gets as far; which of them is kept says nothing.
        items = [
            {name: value for name, value in item.items() if name != "password_hash"} for item in self.items.values()
        ]
        texts = [json.dumps(item, sort_keys=True) for item in items]
        texts += [f"{key} {content.decode()}" for key, content in self.files.items()]
        return sorted(re.sub(what_differs, "0", text) if what_differs else text for text in texts)


def _once(prepare: Prepare) -> Prepare:
    """Prepare a utility when it is first needed, in an empty table; later put back what was stored then."""
    kept: list[tuple[Utility, Stored]] = []

    def again(api: Api) -> Utility:
        if not kept:
            table.put_back({})
            utility = prepare(api)
            kept.append((utility, Stored.of(utility)))
        utility, stored = kept[0]
        stored.put_back(Stored.of(utility))
        return utility

    return again


@_once
def _waterworks(api: Api) -> Utility:
    utility = open_waterworks(api)
    admin = utility.as_staff()
    for number in range(ACCOUNTS):
        register_connection(admin, utility, f"SM-{number}")
    announce = replace(utility.context(now=NOVEMBER), new_id=lambda: IMPORT)
    files.ask_for_upload(announce, kind="readings", file_name="f.csv", period=None)
    return utility


@_once
def _waterworks_with_pending_readings(api: Api) -> Utility:
    utility = _waterworks(api)
    _upload(utility.client, utility.project, PENDING_FILE)
    readings.run_import(utility.context(now=NOVEMBER), import_id=IMPORT)
    return utility


@_once
def _waterworks_read_in_october(api: Api) -> Utility:
    utility = _waterworks(api)
    _upload(utility.client, utility.project, PENDING_FILE.replace("2025-11-05", "2025-10-05"))
    readings.run_import(utility.context(now=NOVEMBER), import_id=IMPORT)
    readings.confirm_pending(utility.context(now=NOVEMBER), area=None, period=None)
    return utility


@_once
def _condominium_read_for_july(api: Api) -> Utility:
    utility = _condominium(api)
    _upload(utility.client, utility.project, UNITS_FILE)
    readings.run_import(utility.context(now=NOVEMBER), import_id=IMPORT)
    return utility


@_once
def _condominium_estimated(api: Api) -> Utility:
    utility = _condominium_read_for_july(api)
    ctx = utility.context(now=NOVEMBER)
    readings.estimate_unread(ctx, period=Period(2025, 8), area="A", cursor=None)
    announce = replace(ctx, new_id=lambda: AFTER_ESTIMATES)
    files.ask_for_upload(announce, kind="readings", file_name="f.csv", period=None)
    return utility


@_once
def _condominium(api: Api) -> Utility:
    utility = open_condominium(api)
    admin = utility.as_staff()
    for number in range(ACCOUNTS):
        unit = {"accountNumber": str(number), "consumerClass": "unit", "meterNumber": f"WM-{number}", "area": "A"}
        admin.post(f"{utility.base}/connections", unit).expect(201)
    announce = replace(utility.context(now=NOVEMBER), new_id=lambda: IMPORT)
    files.ask_for_upload(announce, kind="readings", file_name="f.csv", period=None)
    return utility


def _upload(client: str, project: str, text: str, ending: str = ".csv", file_id: str = IMPORT) -> None:
    key = f"{client}/{project}/imports/{file_id}{ending}"
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=text.encode())


def _with_request(open_utility: Prepare) -> Prepare:
    def prepare(api: Api) -> Utility:
        utility = open_utility(api)
        ctx = replace(utility.context(now=NOVEMBER), new_id=lambda: REQUEST)
        consumer = consumers.register_consumer(
            ctx, first_name="Ana", last_name="Reyes", email=None, phone=None, address=None
        )
        service_desk.ask_for_connection(
            ctx,
            consumer_id=consumer.id,
            project_id=utility.project,
            consumer_class=None,
            address="Purok 2",
            note=None,
        )
        return utility

    return prepare


def _announced_registry(open_utility: Prepare) -> Prepare:
    def prepare(api: Api) -> Utility:
        utility = open_utility(api)
        announce = replace(utility.context(now=NOVEMBER), new_id=lambda: IMPORT)
        files.ask_for_upload(announce, kind="registry", file_name="f.csv", period=None)
        return utility

    return prepare


@_once
def _announced_history(api: Api) -> Utility:
    utility = open_condominium(api)
    admin = utility.as_staff()
    for number in range(12):
        unit = {"accountNumber": str(number), "consumerClass": "unit", "meterNumber": f"WM-{number}", "area": "A"}
        admin.post(f"{utility.base}/connections", unit).expect(201)
    announce = replace(utility.context(now=NOVEMBER), new_id=lambda: IMPORT)
    files.ask_for_upload(announce, kind="history", file_name="h.json", period=None)
    return utility


@_once
def _history_on_record(api: Api) -> Utility:
    """Take the history in, and announce the file that adds payments in its second month."""
    utility = _announced_history(api)
    _upload(utility.client, utility.project, HISTORY_FILE, ".history.json")
    imports.run_history_import(utility.context(now=NOVEMBER), import_id=IMPORT)
    announce = replace(utility.context(now=NOVEMBER), new_id=lambda: LATER_IMPORT)
    files.ask_for_upload(announce, kind="history", file_name="h.json", period=None)
    return utility


def _approve(ctx: ProjectContext, *, account: str | None, consumer_class: str) -> object:
    return service_desk.approve_request(
        ctx,
        request_id=REQUEST,
        account=account,
        consumer_class=consumer_class,
        meter_number="M-1",
        area="A",
        initial_reading=Decimal(5),
    )


FLOWS = {
    "approve a request where account numbers are given": Flow(
        _with_request(open_condominium),
        lambda ctx: _approve(ctx, account="101", consumer_class="unit"),
    ),
    "approve a request where account numbers are made": Flow(
        _with_request(open_waterworks),
        lambda ctx: _approve(ctx, account=None, consumer_class="residential"),
        but_for=r'202511\d{4}|(?<="last": {"N": ")\d+|[0-9a-f]{16}',
    ),
    "import a registry where account numbers are given": Flow(
        _announced_registry(open_condominium),
        lambda ctx: imports.run_registry_import(ctx, import_id=IMPORT),
        REGISTRY_FILE,
        ending=".registry.csv",
    ),
    "import a registry where account numbers are made": Flow(
        _announced_registry(open_waterworks),
        lambda ctx: imports.run_registry_import(ctx, import_id=IMPORT),
        REGISTRY_FILE.replace("account_number", "ignored").replace(",unit,", ",residential,"),
        ending=".registry.csv",
        but_for=r'202511\d{4}|(?<="last": {"N": ")\d+|[0-9a-f]{16}',
    ),
    "take a former system's history in": Flow(
        _announced_history,
        lambda ctx: imports.run_history_import(ctx, import_id=IMPORT),
        HISTORY_FILE,
        ending=".history.json",
    ),
    "add payments to a history that is on record": Flow(
        _history_on_record,
        lambda ctx: imports.run_history_import(ctx, import_id=LATER_IMPORT),
        HISTORY_FILE.replace('"payments": []', f'"payments": [{json.dumps(_PAID | {"paymentDate": "2025-09-05"})}]'),
        file_id=LATER_IMPORT,
        ending=".history.json",
    ),
    "reject a request": Flow(
        _with_request(open_waterworks),
        lambda ctx: service_desk.reject_request(ctx, request_id=REQUEST, reason="no main there"),
    ),
    "import readings that wait for a person": Flow(
        _waterworks, lambda ctx: readings.run_import(ctx, import_id=IMPORT), PENDING_FILE
    ),
    "import readings that count at once": Flow(
        _condominium, lambda ctx: readings.run_import(ctx, import_id=IMPORT), UNITS_FILE
    ),
    "confirm all that is pending": Flow(
        _waterworks_with_pending_readings, lambda ctx: readings.confirm_pending(ctx, area=None, period=None)
    ),
    "estimate what nobody read, to be confirmed": Flow(
        _waterworks_read_in_october,
        lambda ctx: readings.estimate_unread(ctx, period=Period(2025, 11), area=None, cursor=None),
    ),
    "estimate what nobody read, counting at once": Flow(
        _condominium_read_for_july,
        lambda ctx: readings.estimate_unread(ctx, period=Period(2025, 8), area=None, cursor=None),
    ),
    "import readings in the place of estimates": Flow(
        _condominium_estimated,
        lambda ctx: readings.run_import(ctx, import_id=AFTER_ESTIMATES),
        "account_number,reading,read_on\n5,20,2025-09-01\n6,20,2025-09-01\n",
        file_id=AFTER_ESTIMATES,
    ),
    "start a billing run": Flow(
        _waterworks_with_pending_readings,
        lambda ctx: billing.start_run(ctx, period=Period(2025, 11), billed_on=None, due_on=None),
    ),
    "register a consumer": Flow(
        open_waterworks,
        lambda ctx: consumers.register_consumer(
            ctx, first_name="Ana", last_name="Reyes", email=None, phone=None, address=None
        ),
    ),
    "register somebody of the staff": Flow(
        open_waterworks,
        lambda ctx: identity.register_staff(ctx, login="ana", name="Ana", password=PASSWORD, role="manager").login,
    ),
}


@pytest.fixture(autouse=True)
def _november(app: Chalice) -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_stopped_at_any_call_and_tried_again_leaves_the_same_table(api: Api, name: str) -> None:
    flow = FLOWS[name]
    table.put_back({})
    utility = flow.prepare(api)
    if flow.file:
        _upload(utility.client, utility.project, flow.file, flow.ending, flow.file_id)
    before = Stored.of(utility)
    smooth, calls = _play(flow, utility, before)
    assert smooth != before.without(flow.but_for), "the flow wrote nothing"
    wrong = [
        f"{mode} {calls[at]} (call {at})"
        for mode, at in strikes(calls)
        if _play(flow, utility, before, strike_at=at, mode=mode)[0] != smooth
    ]
    assert wrong == []


def _play(
    flow: Flow, utility: Utility, before: Stored, *, strike_at: int | None = None, mode: Mode = "dies before"
) -> tuple[object, list[str]]:
    """Play a flow until it ends well, each try the same request, and put back what was stored before."""
    with faults(strike_at=strike_at, mode=mode) as watched:
        for _ in range(3):
            try:
                flow.act(utility.context(now=NOVEMBER, new_id=derived_ids("the same request")))
                break
            except (Death, Exception):  # noqa: BLE001 - whatever stops it, it is asked for again
                continue
        else:
            raise AssertionError(f"the flow never ended well after: {mode} call {strike_at}")
    left = Stored.of(utility)
    before.put_back(left)
    return left.without(flow.but_for), watched.calls
