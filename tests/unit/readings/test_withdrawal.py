"""A reading that should not have been entered is taken back: it stays on record, and its connection is as before it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.connections.domain import Connection, Register
from chalicelib.connections.domain.connection import FormerConsumer
from chalicelib.kernel.errors import Conflict
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import MeterValue, Reading, next_number
from chalicelib.tenancy.domain import DeliveredMeasure
from tests.support.examples import ENTRY, FIFTH, NOVEMBER, NOW, OCTOBER, WATERWORKS, connection, reading, with_settings

_AT_ONCE = with_settings(WATERWORKS, confirmation="none", measures=(DeliveredMeasure("kw", "reading"),))
_OCTOBERS = reading(period=OCTOBER, read_on=date(2025, 10, 5), value=Decimal(140), previous=Decimal(130))


def _withdrawn(one: Reading) -> Reading:
    return rules.withdraw(one, by="admin", at=NOW, reason="Keyed on the neighbour's account")


def _take(of: Connection, shown: MeterValue, *taken: Reading) -> Reading:
    return rules.record_reading(_AT_ONCE, of, shown, today=date(2025, 11, 30), entry=ENTRY, taken=taken)


def _as_it_was(before: Connection, after: Connection) -> bool:
    """Tell whether two connections are the same but for their versions, and for having been read once."""
    same = {name: getattr(before, name) for name in ("version", "taken")}
    return before == connection(**{name: getattr(after, name) for name in _FIELDS} | same)


_FIELDS = (
    "last_value",
    "last_read_on",
    "last_period",
    "uses",
    "use_brought_forward",
    "estimated",
    "registers",
    "former",
    "installed_on",
)


def test_a_withdrawn_reading_stays_on_record_with_the_reason_and_counts_no_more() -> None:
    withdrawn = _withdrawn(reading())
    assert (withdrawn.state, withdrawn.reason) == ("withdrawn", "Keyed on the neighbour's account")
    assert (withdrawn.is_live, withdrawn.counts, withdrawn.version) == (False, False, 2)
    assert (withdrawn.value, withdrawn.usage) == (Decimal(150), Decimal(10))
    assert next_number([withdrawn]) == 2


def test_b41_a_connection_whose_only_reading_of_a_round_is_taken_back_is_unread_again() -> None:
    of = connection()
    keyed = _take(of, MeterValue(Decimal(150), FIFTH))
    after = rules.advanced(of, keyed)
    assert not rules.awaits(WATERWORKS, after, NOVEMBER)
    again = rules.taken_back(after, keyed, _OCTOBERS)
    assert _as_it_was(of, again)
    assert rules.awaits(WATERWORKS, again, NOVEMBER)
    estimated = rules.take_estimate(
        WATERWORKS, again, period=NOVEMBER, today=date(2025, 11, 30), entry=ENTRY, taken=[_withdrawn(keyed)]
    )
    assert (estimated.id, estimated.usage) == ("2025-11.2025110001:2", Decimal(10))


def test_the_first_reading_of_all_is_taken_back_to_the_initial_one() -> None:
    new = connection(last_value=Decimal(100), last_read_on=None, last_period=None, uses=())
    first = _take(new, MeterValue(Decimal(110), FIFTH))
    assert _as_it_was(new, rules.taken_back(rules.advanced(new, first), first, None))


def test_of_several_readings_of_a_round_the_last_one_is_taken_back() -> None:
    of = connection(registers=(Register("night", last_value=Decimal(800)),))
    one = _take(of, MeterValue(Decimal(145), FIFTH, registers={"night": Decimal(802)}, measures={"kw": Decimal(9)}))
    after_one = rules.advanced(of, one)
    shown = MeterValue(
        Decimal(150), date(2025, 11, 20), registers={"night": Decimal(807)}, measures={"kw": Decimal(12)}
    )
    two = _take(after_one, shown, one)
    after_two = rules.advanced(after_one, two)
    assert after_two.uses[-1].parts == {"night": Decimal(7), "kw": Decimal(12)}
    with pytest.raises(Conflict) as refusal:
        rules.taken_back(after_two, one, _OCTOBERS)
    assert refusal.value.code == "later-reading"
    assert _as_it_was(after_one, rules.taken_back(after_two, two, one))


def test_a_reading_after_an_estimate_is_taken_back_to_the_estimate() -> None:
    of = connection()
    estimated = rules.take_estimate(
        _AT_ONCE, of, period=NOVEMBER, today=date(2025, 11, 30), entry=replace(ENTRY, source="estimated")
    )
    after = rules.advanced(of, estimated)
    real = _take(after, MeterValue(Decimal(148), date(2025, 11, 20)), estimated)
    assert (real.usage, real.use_carried_forward) == (Decimal(0), Decimal(-2))
    assert _as_it_was(after, rules.taken_back(rules.advanced(after, real), real, estimated))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last_read_on": date(2025, 11, 20)}, "later-reading"),
        ({"meter_number": "SM-2"}, "meter-exchanged"),
        ({"former": (FormerConsumer("consumer-0", "Eva Luna", FIFTH),)}, "handed-over"),
    ],
)
def test_a_reading_that_something_was_built_on_stays(changes: dict[str, object], code: str) -> None:
    last = {"last_value": Decimal(150), "last_period": NOVEMBER, "last_read_on": FIFTH}
    with pytest.raises(Conflict) as refusal:
        rules.taken_back(connection(**(last | changes)), reading(), _OCTOBERS)
    assert refusal.value.code == code


def test_what_was_withdrawn_is_neither_confirmed_nor_corrected() -> None:
    withdrawn = _withdrawn(reading(state="pending"))
    with pytest.raises(Conflict) as refusal:
        rules.confirm(WATERWORKS, withdrawn, connection(), by="admin", at=NOW)
    assert refusal.value.code == "withdrawn"
    with pytest.raises(Conflict) as refusal:
        rules.correct(WATERWORKS, withdrawn, connection(), MeterValue(Decimal(149), FIFTH), today=FIFTH, entry=ENTRY)
    assert refusal.value.code == "withdrawn"
