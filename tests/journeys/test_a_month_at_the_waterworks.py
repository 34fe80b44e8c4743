"""A month of the rural waterworks, over HTTP, as a stranger would walk it."""

from collections.abc import Callable
from datetime import datetime

import httpx
from chalice.app import Chalice

from tests.support.http import Api
from tests.support.queues import deliver_to, drain
from tests.support.utilities import NOVEMBER, open_waterworks, register_connection


def test_a_file_of_readings_becomes_correct_bills(app: Chalice, api: Api, at: Callable[[datetime], None]) -> None:
    at(NOVEMBER)
    utility = open_waterworks(api)
    admin = utility.as_staff("admin")
    first = register_connection(admin, utility, "SM-1", initial="140")
    second = register_connection(admin, utility, "SM-2", initial="180", consumer_class="commercial", area="San Isidro")
    assert (first["accountNumber"], second["accountNumber"]) == ("2025110001", "2025110002")

    file = b"\xef\xbb\xbfmeter_number;reading;read_on\r\nSM-1;150;2025-11-05\r\n\r\nSM-9;1;2025-11-05\r\nSM-2;190;2025-11-05\r\n"
    announced = admin.post(f"{utility.base}/readings/imports", {"fileName": "nov.csv", "period": "2025-11"}).expect(201)
    upload = announced["upload"]
    posted = httpx.post(upload["url"], data=upload["fields"], files={"file": ("nov.csv", file)}, trust_env=False)
    assert posted.status_code == 204, posted.text
    deliver_to(app, "meterbook-imports")
    done = admin.get(f"{utility.base}/readings/imports/{announced['id']}").expect(200)
    assert done["counts"] == {"rows": 3, "accepted": 2, "unchanged": 0, "refused": 1, "flagged": 0, "blank": 1}
    report = admin.get(f"{utility.base}/readings/imports/{announced['id']}/report").expect(200)
    print(report)

    one = admin.post(f"{utility.base}/readings/2025-11.2025110001/confirmation").expect(200)
    print(one)
    rest = admin.post(f"{utility.base}/readings/confirmations", {"area": "San Isidro"}).expect(200)
    assert rest == {"confirmed": 1, "left": [], "more": False}

    reply = admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"})
    run = reply.expect(202)
    drain(app, "meterbook-billing", twice=True)
    run = admin.get(reply.headers["location"]).expect(200)
    print(run)
    bill = admin.get(f"{utility.base}/bills/2025-11.2025110001.1").expect(200)
    print(bill)
    assert (bill["total"], bill["dueOn"]) == ("275.00", "2025-11-20")
    page = admin.get(f"{utility.base}/bills", period="2025-11", limit=1).expect(200)
    page2 = admin.get(f"{utility.base}/bills", period="2025-11", limit=1, cursor=page["cursor"]).expect(200)
    print(page2)
