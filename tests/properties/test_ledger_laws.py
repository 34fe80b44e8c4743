"""Laws of money, whatever is paid, used, dated back, reversed, repeated and billed: `make ledger-laws` tries longer."""

import os

import pytest
from chalice.app import Chalice

from tests.support.http import Api
from tests.support.money_machine import run_machine
from tests.support.money_office import MoneyOffice, open_money_office

EXAMPLES = int(os.environ.get("METERBOOK_LAW_EXAMPLES", "20"))
STEPS = int(os.environ.get("METERBOOK_LAW_STEPS", "25"))


@pytest.fixture(scope="module")
def office(app: Chalice, api: Api) -> MoneyOffice:
    return open_money_office(app, api)


@pytest.mark.slow
def test_money_keeps_its_laws_whatever_is_done_with_it(office: MoneyOffice) -> None:
    run_machine(office, examples=EXAMPLES, steps=STEPS)
