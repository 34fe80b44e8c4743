"""An office to bill whole situations with, over HTTP and with a moved clock: cases of real offices are told in it."""

from datetime import datetime
from itertools import count
from typing import Any, Self

from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.examples import WATERWORKS, with_settings
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.utilities import Utility, open_waterworks

_meters = count(1)

FLAT: list[dict[str, Any]] = [
    {"kind": "usage", "code": "use", "label": "Use", "rate": "10"},
    {"kind": "fixed", "code": "base", "label": "Base", "amount": "50"},
]
"""10.00 per m3 and 50.00."""

BLOCKS: list[dict[str, Any]] = [
    {
        "kind": "blocks",
        "code": "use",
        "label": "Use",
        "blocks": [{"over": "0", "upTo": "20", "rate": "10"}, {"over": "20", "upTo": None, "rate": "20"}],
    },
    {"kind": "fixed", "code": "base", "label": "Base", "amount": "50"},
]
"""The first 20 m3 at 10.00, the rest at 20.00, and 50.00."""


class Office:
    """A utility in PHP and m3 whose readings count at once, with given account numbers and one tariff for all."""

    def __init__(
        self,
        app: Chalice,
        api: Api,
        charges: list[dict[str, Any]],
        *,
        today: str,
        valid_from: str = "2020-01-01",
        sheet: dict[str, Any] | None = None,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        self._app = app
        usual = {
            "confirmation": "none",
            "account_numbers": "given",
            "consumer_required": False,
            "reading_window": None,
            "high_usage_percent": None,
        }
        project = with_settings(WATERWORKS, **(usual | settings))
        self.on(today, sign_in=False)
        self.utility: Utility = open_waterworks(api, settings=project.settings, rates={})
        self.base = self.utility.base
        self.staff = self.utility.as_staff()
        currency, unit = project.settings.currency, project.settings.unit
        document = {"name": "Tariff", "currency": currency, "unit": unit, "validFrom": valid_from, "charges": charges}
        self.staff.post(f"{self.base}/tariffs", {"id": "flat", "sheet": document | (sheet or {})}).expect(201)

    def on(self, day: str, *, sign_in: bool = True) -> Self:
        """Move the clock to the morning of a day in Manila."""
        clock.use_time(lambda: datetime.fromisoformat(f"{day}T01:00:00+00:00"))
        if sign_in:
            self.staff = self.utility.as_staff()
        return self

    def consumer(self, name: str) -> str:
        made = self.staff.post(self.utility.consumers, {"firstName": name, "lastName": "Reyes"}).expect(201)
        return str(made["id"])

    def connect(self, account: str, *, meter: str | None = "", consumer: str | None = None, **more: Any) -> str:  # noqa: ANN401
        """Register a connection; without a meter, if `meter` is None."""
        body: dict[str, Any] = {"accountNumber": account, "consumerClass": "residential", "area": "Poblacion"}
        if meter is not None:
            body["meterNumber"] = meter or f"M{next(_meters)}"
        if consumer:
            body["consumerId"] = consumer
        self.staff.post(f"{self.base}/connections", body | more).expect(201)
        return account

    def path(self, account: str) -> str:
        return f"{self.base}/connections/{account}"

    def read(self, account: str, day: str, value: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Take a reading on its day."""
        self.on(day)
        body = {"accountNumber": account, "reading": value, "readOn": day}
        taken: dict[str, Any] = self.staff.post(f"{self.base}/readings", body | more).expect(201)
        return taken

    def hand_over(self, account: str, day: str, consumer: str, **final: Any) -> dict[str, Any]:  # noqa: ANN401
        self.on(day)
        body = {"consumerId": consumer, "on": day, "reason": "Sold"}
        done: dict[str, Any] = self.staff.post(f"{self.path(account)}/handovers", body | final).expect(200)
        return done

    def close(self, account: str, day: str, **final: Any) -> dict[str, Any]:  # noqa: ANN401
        self.on(day)
        body = {"on": day, "reason": "Moved out"}
        done: dict[str, Any] = self.staff.post(f"{self.path(account)}/closure", body | final).expect(200)
        return done

    def run(self, period: str, **more: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """Bill a period by a run, and return the period's bills."""
        self.staff.post(f"{self.base}/billing-runs", {"period": period} | more).expect(202)
        drain(self._app, "meterbook-billing")
        return whole_bills(self.staff, self.base, period)

    def exceptions(self) -> list[dict[str, Any]]:
        """Return what the last run could not bill."""
        run = self.staff.get(f"{self.base}/billing-runs").expect(200)["items"][0]["id"]
        found: list[dict[str, Any]] = self.staff.get(f"{self.base}/billing-runs/{run}/exceptions").expect(200)["items"]
        return found

    def bills_of(self, account: str) -> list[dict[str, Any]]:
        """Return a connection's bills, the oldest first, without their lines."""
        listed = self.staff.get(f"{self.path(account)}/bills").expect(200)["items"]
        return list(reversed(listed))

    def bill(self, bill_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.staff.get(f"{self.base}/bills/{bill_id}").expect(200)
        return found


def totals(bills: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the account and total of bills."""
    return [(bill["accountNumber"], bill["total"]) for bill in bills]


__all__ = ["BLOCKS", "FLAT", "Office", "totals"]
