"""Readings that are held or taken back, over HTTP: they are billed only after a person has looked, or not at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.examples import WATERWORKS, with_settings
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, Utility, bring_file, open_waterworks, register_connection


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


def _opened(api: Api, confirmation: str = "required") -> Utility:
    settings = with_settings(WATERWORKS, confirmation=confirmation).settings
    return open_waterworks(api, settings=settings, rates={"residential": "10.00"})


def _read(staff: Api, utility: Utility, account: str, value: str, read_on: str = "2025-11-05") -> dict[str, Any]:
    body = {"accountNumber": account, "reading": value, "readOn": read_on}
    taken: dict[str, Any] = staff.post(f"{utility.base}/readings", body).expect(201)
    return taken


def _bill(app: Chalice, staff: Api, utility: Utility) -> list[dict[str, Any]]:
    staff.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    drain(app, "meterbook-billing")
    return whole_bills(staff, utility.base, "2025-11")


@pytest.mark.parametrize("confirmation", ["required", "none"])
def test_b38_an_error_code_in_a_file_is_billed_only_when_a_person_has_confirmed_it_by_itself(
    app: Chalice, api: Api, confirmation: str
) -> None:
    utility = _opened(api, confirmation)
    admin = utility.as_staff()
    one = register_connection(admin, utility, "SM-1", initial="100")["accountNumber"]
    register_connection(admin, utility, "SM-2", initial="100")
    bring_file(
        utility,
        admin,
        "readings",
        b"meter_number,reading,read_on\nSM-1,16777.215,2025-11-05\nSM-2,110,2025-11-05\n",
    )
    held = admin.get(f"{utility.base}/readings/2025-11.{one}").expect(200)
    assert (held["status"], "when they can't read the register" in held["reason"]) == ("held", True)
    assert admin.get(f"{utility.base}/readings", status="held").expect(200)["items"] == [held]

    confirmed = admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    assert confirmed["confirmed"] == (1 if confirmation == "required" else 0)
    assert [(left["readingId"], "held" in left["reason"]) for left in confirmed["left"]] == [(held["id"], True)]
    bills = _bill(app, admin, utility)
    assert [(bill["meterNumber"], bill["total"]) for bill in bills] == [("SM-2", "150.00")]

    corrected = admin.put(f"{utility.base}/readings/{held['id']}", {"reading": "116", "readOn": "2025-11-05"})
    assert corrected.expect(200)["status"] == ("pending" if confirmation == "required" else "confirmed")
    admin.post(f"{utility.base}/readings/{held['id']}/confirmation").expect(200)
    assert {bill["meterNumber"]: bill["total"] for bill in _bill(app, admin, utility)} == {
        "SM-1": "210.00",
        "SM-2": "150.00",
    }


def test_a_held_reading_that_is_right_is_confirmed_by_itself(api: Api) -> None:
    utility = _opened(api)
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    held = _read(admin, utility, account, "1200")
    assert (held["status"], held["usage"]) == ("held", "1200")
    confirmed = admin.post(f"{utility.base}/readings/{held['id']}/confirmation").expect(200)
    assert (confirmed["status"], confirmed["usage"]) == ("confirmed", "1200")
    assert admin.get(f"{utility.base}/connections/{account}").expect(200)["lastReading"] == "1200"


@pytest.mark.parametrize("confirmed", [False, True])
def test_b41_a_reading_keyed_on_the_neighbours_account_is_taken_back(
    app: Chalice, api: Api, *, confirmed: bool
) -> None:
    utility = _opened(api)
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-2", initial="100")["accountNumber"]
    october = _read(admin, utility, account, "110", "2025-10-05")
    admin.post(f"{utility.base}/readings/{october['id']}/confirmation").expect(200)
    before = admin.get(f"{utility.base}/connections/{account}").expect(200)
    wrong = _read(admin, utility, account, "130")
    path = f"{utility.base}/readings/{wrong['id']}"
    if confirmed:
        admin.post(f"{path}/confirmation").expect(200)
    assert admin.get(f"{utility.base}/readings/unread", period="2025-11").expect(200)["items"] == []

    why = {"reason": "Keyed on the neighbour's account"}
    assert admin.post(f"{path}/withdrawal", {}).expect(400)["code"] == "invalid-body"
    withdrawn = admin.post(f"{path}/withdrawal", why).expect(200)
    assert (withdrawn["status"], withdrawn["reason"]) == ("withdrawn", why["reason"])
    stored = items_of(utility.client)
    assert admin.post(f"{path}/withdrawal", why).expect(200) == withdrawn
    assert items_of(utility.client) == stored

    after = admin.get(f"{utility.base}/connections/{account}").expect(200)
    assert after | {"version": 0} == before | {"version": 0}
    unread = admin.get(f"{utility.base}/readings/unread", period="2025-11").expect(200)["items"]
    assert [one["accountNumber"] for one in unread] == [account]
    assert admin.get(f"{utility.base}/readings", status="withdrawn").expect(200)["items"] == [withdrawn]
    assert admin.post(f"{path}/confirmation").expect(409)["code"] == "withdrawn"

    estimates = {"period": "2025-11", "accountNumber": account}
    assert admin.post(f"{utility.base}/readings/estimates", estimates).expect(200)["estimated"] == 1
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    (bill,) = _bill(app, admin, utility)
    assert (bill["readingId"], bill["usage"], bill["estimated"]) == (f"2025-11.{account}:2", "10", True)


def test_b41_the_right_reading_of_the_same_day_is_taken_after_the_wrong_one_is_back(api: Api) -> None:
    utility = _opened(api)
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-2", initial="100")["accountNumber"]
    wrong = _read(admin, utility, account, "130")
    body = {"accountNumber": account, "reading": "108", "readOn": "2025-11-05"}
    assert admin.post(f"{utility.base}/readings", body).expect(409)["code"] == "already-read"
    admin.post(f"{utility.base}/readings/{wrong['id']}/withdrawal", {"reason": "The neighbour's"}).expect(200)
    taken = admin.post(f"{utility.base}/readings", body).expect(201)
    assert (taken["id"], taken["usage"]) == (f"2025-11.{account}:2", "8")


def test_what_is_billed_or_was_built_on_is_not_taken_back(app: Chalice, api: Api) -> None:
    utility = _opened(api, "none")
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1", initial="100")["accountNumber"]
    first, second = _read(admin, utility, account, "108"), _read(admin, utility, account, "110", "2025-11-10")
    why = {"reason": "Wrong"}
    refused = admin.post(f"{utility.base}/readings/{first['id']}/withdrawal", why).expect(409)
    assert refused["code"] == "later-reading"
    (bill,) = _bill(app, admin, utility)
    assert (bill["readingId"], bill["usage"]) == (second["id"], "10")
    stored = items_of(utility.client)
    refused = admin.post(f"{utility.base}/readings/{second['id']}/withdrawal", why).expect(409)
    assert refused["code"] == "billed"
    assert items_of(utility.client) == stored
    utility.as_staff("viewer").post(f"{utility.base}/readings/{second['id']}/withdrawal", why).expect(403)
