"""Corrections stopped at every AWS call in each way, and with others at the same moment."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

import pytest
from chalice.app import Chalice

from chalicelib.corrections import service as corrections
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.ids import derived_ids
from chalicelib.platform import clock
from chalicelib.readings.domain.recounting import TrueValue
from tests.support import table
from tests.support.corrected import Corrected
from tests.support.faults import Death, Mode, faults, just_before_writing, strikes
from tests.support.http import Api

Act = Callable[[Corrected], object]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Corrected:
    """October of A1 is misread and partly paid; A2 is read alike."""
    table.put_back({})
    office = Corrected(app, api)
    office.connect("A2", initialReading="0")
    office.read("A2", "2025-10-05", "10")
    office.run("2025-10")
    office.connect("A3", initialReading="1680")
    office.on("2025-10-10")
    office.pay(office.first["id"], "1000.00").expect(201)
    return office


def _void(office: Corrected) -> object:
    ctx = office.utility.context(new_id=derived_ids("void"), now=clock.now())
    return corrections.void_bill(ctx, bill_id=office.first["id"], reason="Misread")


def _correct(office: Corrected) -> object:
    ctx = office.utility.context(new_id=derived_ids("correct"), now=clock.now())
    said = {office.reading["id"]: TrueValue(value=office.true_value)}
    digest = _seen(office, lambda: corrections.preview_readings(ctx, said=said, reason="Misread").plan.digest)
    return corrections.correct_readings(ctx, said=said, reason="Misread", digest=digest)


def _seen(office: Corrected, preview: Callable[[], str]) -> str:
    """Return the digest that was seen before anything happened."""
    office.seen = office.seen or preview()
    return office.seen


def _swap(office: Corrected) -> object:
    asked = {"accounts": ["A1", "A2"], "since": date(2025, 9, 1), "reason": "Crossed"}
    ctx = office.utility.context(new_id=derived_ids("swap"), now=clock.now())
    digest = _seen(office, lambda: corrections.preview_crossed(ctx, **asked).plan.digest)  # type: ignore[arg-type]
    return corrections.swap_crossed(ctx, **asked, digest=digest)  # type: ignore[arg-type]


def _move(office: Corrected) -> object:
    asked = {"reading_id": office.reading["id"], "account": "A3", "reason": "Read at A3"}
    ctx = office.utility.context(new_id=derived_ids("move"), now=clock.now())
    digest = _seen(office, lambda: corrections.preview_misplaced(ctx, **asked).plan.digest)
    return corrections.move_misplaced(ctx, **asked, digest=digest)


_ACTS: dict[str, tuple[Act, int]] = {
    "void": (_void, 0),
    "correct": (_correct, 1),
    "swap": (_swap, 2),
    "move": (_move, 0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", _ACTS)
def test_a_correction_is_made_whole_or_not_at_all(office: Corrected, name: str) -> None:
    act, again = _ACTS[name]
    before = table.everything()
    calls, whole, _ = _play(office, act, before)
    new = [key for key in whole.keys() - before.keys() if " | BILL#" in key]
    assert len(new) == again
    wrong = []
    for mode, at in strikes(calls):
        _, left, in_the_end = _play(office, act, before, strike_at=at, mode=mode)
        if _same(left) not in (_same(before), _same(whole)) or _same(in_the_end) != _same(whole):
            wrong.append(f"{mode} {calls[at]} (call {at})")
    assert wrong == []


def _same(items: table.Items) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items.values())


def _play(
    office: Corrected, act: Act, before: table.Items, *, strike_at: int | None = None, mode: Mode = "dies before"
) -> tuple[list[str], table.Items, table.Items]:
    """Act, and ask for it again; return the calls and what was stored after each, and put back what was before."""
    with faults(strike_at=strike_at, mode=mode) as watched, suppress(Death, Exception):
        act(office)
    left = table.everything()
    assert office.broken("A1", "A2") == []
    with suppress(Conflict):  # a bill is voided once, unless the request has a key
        act(office)
    in_the_end = table.everything()
    table.put_back(before, in_the_end)
    return watched.calls, left, in_the_end


def test_a_bill_that_is_paid_while_it_is_voided_gives_its_money_back(office: Corrected) -> None:
    with just_before_writing(lambda: office.pay(office.first["id"], "950.00").expect(201)):
        office.void(office.first["id"]).expect(200)
    assert office.owed() == ("0.00", "1950.00")
    assert office.broken() == []


def test_a_bill_that_is_voided_while_it_is_paid_takes_no_money(office: Corrected) -> None:
    with just_before_writing(lambda: office.void(office.first["id"]).expect(200)):
        refused = office.pay(office.first["id"], "950.00").expect(409)
    assert refused["code"] == "bill-voided"
    assert office.owed() == ("0.00", "1000.00")
    assert office.broken() == []


def test_a_correction_is_seen_again_if_its_bill_is_paid_at_the_same_moment(office: Corrected) -> None:
    digest = office.preview((office.reading["id"], "1590")).expect(200)["digest"]
    body = {
        "readings": [{"readingId": office.reading["id"], "reading": "1590"}],
        "reason": "Misread",
        "digest": digest,
    }
    with just_before_writing(lambda: office.pay(office.first["id"], "950.00").expect(201)):
        assert office.staff.post(f"{office.base}/corrections", body).expect(409)["code"] == "changed"
    assert office.bill(office.first["id"])["status"] == "paid"
    assert office.broken() == []


def test_eight_at_once_leave_the_books_right(office: Corrected) -> None:
    """Pay, void, correct, reverse and bill again, all at the same moment."""
    digest = office.preview((office.reading["id"], "1590")).expect(200)["digest"]
    correction = {
        "readings": [{"readingId": office.reading["id"], "reading": "1590"}],
        "reason": "Misread",
        "digest": digest,
    }
    [paid] = office.staff.get(f"{office.base}/bills/{office.first['id']}/payments").expect(200)["items"]

    def act(number: int) -> int:
        match number % 5:
            case 0:
                return int(office.pay(office.first["id"], "100.00").status)
            case 1:
                return int(office.void(office.first["id"]).status)
            case 2:
                return int(office.staff.post(f"{office.base}/corrections", correction).status)
            case 3:
                path = f"{office.base}/payments/{paid['id']}/reversal"
                return int(office.staff.post(path, {"reason": "typing_error"}).status)
            case _:
                return int(office.staff.post(f"{office.base}/bills", {"readingId": office.reading["id"]}).status)

    with ThreadPoolExecutor(8) as workers:
        answers = list(workers.map(act, range(15)))
    assert set(answers) <= {200, 201, 409, 503}, answers
    assert office.broken() == []
