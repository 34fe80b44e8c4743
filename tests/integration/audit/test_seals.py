"""Each day of the audit log is sealed: whatever is done to it afterwards is found, and the day is named."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.audit import repository
from chalicelib.audit import service as audit
from chalicelib.audit.domain import Finding, Seal, digest_of, sealed
from chalicelib.platform import dynamo, keys, settings
from chalicelib.platform.transaction import transact
from chalicelib.tenancy import service as tenancy
from local import events, presets, verify_audit
from tests.support import table
from tests.support.faults import Death, faults
from tests.support.http import Api
from tests.support.utilities import Utility, open_waterworks

_DAYS = [datetime(2025, 11, day, 12, 0, tzinfo=UTC) for day in (28, 29, 30)]
_DAYS += [datetime(2025, 12, day, 12, 0, tzinfo=UTC) for day in (1, 2)]
_NIGHT = datetime(2025, 12, 3, 1, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Sealed:
    """A client with five sealed days of three entries each; the fourth day is empty."""

    utility: Utility

    def entry(self, day: int) -> dict[str, Any]:
        """Return the second stored entry of a day."""
        return list(repository.stored_entries(self.utility.client, _DAYS[day].date(), _DAYS[day].date()))[1]

    def finding(self, *, from_day: date | None = None) -> Finding | None:
        return audit.verify_log(self.utility.client_context(now=_NIGHT), from_day=from_day).finding

    def store(self, item: dict[str, Any]) -> None:
        dynamo.client().put_item(TableName=settings.table_name(), Item=item)

    def forget(self, item: dict[str, Any]) -> None:
        key = {"pk": item["pk"], "sk": item["sk"]}
        dynamo.client().delete_item(TableName=settings.table_name(), Key=key)

    def seal(self, day: int) -> dict[str, Any]:
        partition, place = keys.audit_seal(self.utility.client, _DAYS[day].date())
        return table.items_of(self.utility.client)[f"{partition} | {place}"]


def _quiet(utility: Utility) -> None:
    """Take away what opening the client wrote, at the time when this test runs."""
    table.delete({key: item for key, item in table.items_of(utility.client).items() if "#AUDIT#" in key})


@pytest.fixture
def client(api: Api) -> Sealed:
    utility = open_waterworks(api)
    _quiet(utility)
    for at in _DAYS[:3] + _DAYS[4:]:
        for number in range(3):
            ctx = utility.client_context(now=at + timedelta(minutes=number))
            transact(
                [audit.entry_write(ctx, action="area.opened", subject=("thing", str(number)), after={"n": number})]
            )
    audit.seal_days(utility.client_context(now=_NIGHT))
    return Sealed(utility)


def test_what_nobody_touched_is_as_it_was_sealed(client: Sealed) -> None:
    seen = audit.verify_log(client.utility.client_context(now=_NIGHT), from_day=None)
    assert (seen.days, seen.entries, seen.finding, seen.next_day) == (5, 12, None, None)
    assert (seen.first_day, seen.last_day) == (_DAYS[0].date(), _DAYS[4].date())


@pytest.mark.parametrize("day", [0, 2, 4])
@pytest.mark.parametrize("attribute", ["by", "ac", "af", "si", "g1s"])
def test_a_changed_entry_is_found(client: Sealed, day: int, attribute: str) -> None:
    client.store({**client.entry(day), attribute: {"S": "changed"}})
    assert client.finding() == Finding(_DAYS[day].date(), "entries")


@pytest.mark.parametrize("day", [0, 4])
def test_a_deleted_entry_is_found(client: Sealed, day: int) -> None:
    client.forget(client.entry(day))
    assert client.finding() == Finding(_DAYS[day].date(), "entries")


@pytest.mark.parametrize("day", [0, 3])
def test_an_inserted_entry_is_found(client: Sealed, day: int) -> None:
    ctx = client.utility.client_context(now=_DAYS[day] + timedelta(hours=1))
    transact([audit.entry_write(ctx, action="area.renamed", subject=("thing", "9"))])
    assert client.finding() == Finding(_DAYS[day].date(), "entries")


def test_an_entry_inserted_before_the_first_sealed_day_is_found(client: Sealed) -> None:
    ctx = client.utility.client_context(now=_DAYS[0] - timedelta(days=40))
    transact([audit.entry_write(ctx, action="area.renamed", subject=("thing", "9"))])
    assert client.finding() == Finding((_DAYS[0] - timedelta(days=40)).date(), "missing")


@pytest.mark.parametrize("day", [0, 2, 4])
def test_a_seal_written_anew_over_a_changed_day_is_found(client: Sealed, day: int) -> None:
    """An attacker with access to the table can recompute the digest, but has no key for the seal."""
    client.forget(client.entry(day))
    items = repository.stored_entries(client.utility.client, _DAYS[day].date(), _DAYS[day].date())
    count, digest = digest_of(items)
    before = client.seal(day - 1)["seal"]["S"] if day else ""
    guessed = sealed(
        client.utility.client, _DAYS[day].date(), count=count, digest=digest, before=before, key=("root", b"guess")
    )
    forged = {"entries": {"N": str(count)}, "digest": {"S": digest}, "seal": {"S": guessed.seal}}
    client.store({**client.seal(day), **forged})
    assert client.finding() == Finding(_DAYS[day].date(), "seal")


def test_a_good_seal_of_another_day_does_not_stand_in(client: Sealed) -> None:
    client.store({**client.seal(3), "pk": client.seal(1)["pk"], "sk": client.seal(1)["sk"]})
    assert client.finding() == Finding(_DAYS[1].date(), "entries")


@pytest.mark.parametrize("day", [0, 2])
def test_a_seal_taken_away_is_found(client: Sealed, day: int) -> None:
    client.forget(client.seal(day))
    assert client.finding() == Finding(_DAYS[day].date(), "missing")


def test_seals_taken_away_at_the_end_are_found_when_they_are_due(client: Sealed) -> None:
    for day in (2, 3, 4):
        client.forget(client.seal(day))
    later = client.utility.client_context(now=_NIGHT + timedelta(days=2))
    assert audit.verify_log(later, from_day=None).finding == Finding(_DAYS[2].date(), "missing")


def test_a_seal_by_an_unknown_key_is_found(client: Sealed) -> None:
    client.store({**client.seal(2), "key_id": {"S": "nobody's"}})
    assert client.finding() == Finding(_DAYS[2].date(), "seal")


def test_looking_can_begin_at_any_day(client: Sealed) -> None:
    client.forget(client.entry(0))
    assert client.finding(from_day=_DAYS[1].date()) is None
    client.forget(client.entry(2))
    assert client.finding(from_day=_DAYS[1].date()) == Finding(_DAYS[2].date(), "entries")


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2025, 11, 1), _DAYS[0].date() - timedelta(days=1)])
def test_a9_nothing_is_missing_from_before_the_first_day_of_the_log(client: Sealed, day: date) -> None:
    assert client.finding(from_day=day) is None
    client.forget(client.seal(0))
    assert client.finding(from_day=day) == Finding(_DAYS[0].date(), "missing")


def test_a9_a_log_whose_first_day_has_no_seal_yet_is_whole_from_any_day_on(api: Api) -> None:
    utility = open_waterworks(api)
    _quiet(utility)
    transact([audit.entry_write(utility.client_context(now=_DAYS[4]), action="area.opened", subject=("thing", "1"))])
    for day in (None, date(2025, 11, 1)):
        assert audit.verify_log(utility.client_context(now=_NIGHT), from_day=day).finding is None
        later = utility.client_context(now=_NIGHT + timedelta(days=4))
        assert audit.verify_log(later, from_day=day).finding == Finding(_DAYS[4].date(), "missing")


def test_a_long_log_is_looked_at_part_by_part(client: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_CHECKED_ENTRIES", 4)
    ctx = client.utility.client_context(now=_NIGHT)
    first = audit.verify_log(ctx, from_day=None)
    assert (first.days, first.next_day) == (2, _DAYS[2].date())
    second = audit.verify_log(ctx, from_day=first.next_day)
    assert (second.days, second.entries, second.next_day, second.finding) == (3, 6, None, None)


def test_sealing_again_seals_nothing_and_missed_days_are_caught_up(api: Api) -> None:
    utility = open_waterworks(api)
    _quiet(utility)
    transact([audit.entry_write(utility.client_context(now=_DAYS[0]), action="area.opened", subject=("thing", "1"))])
    assert [seal.day for seal in _sealed_at(utility, _DAYS[0] + timedelta(hours=13))] == [_DAYS[0].date()]
    assert _sealed_at(utility, _DAYS[0] + timedelta(hours=14)) == ()
    assert len(_sealed_at(utility, _NIGHT)) == 4
    assert _sealed_at(utility, _NIGHT) == ()


def test_a_year_of_missed_days_is_sealed_month_by_month(api: Api) -> None:
    utility = open_waterworks(api)
    _quiet(utility)
    a_year_ago = _NIGHT - timedelta(days=365)
    transact([audit.entry_write(utility.client_context(now=a_year_ago), action="area.opened", subject=("thing", "1"))])
    with faults(strike_at=20, mode="dies after"), pytest.raises(Death):
        _sealed_at(utility, _NIGHT)
    with faults() as watched:
        use_carried_forward = _sealed_at(utility, _NIGHT)
    assert 0 < len(use_carried_forward) < 365
    assert watched.calls.count("TransactWriteItems") <= 13
    assert len(watched.calls) <= 2 + 2 * 13
    seen = audit.verify_log(utility.client_context(now=_NIGHT), from_day=None)
    assert (seen.days, seen.entries, seen.finding) == (365, 1, None)


def test_a_day_is_not_sealed_while_something_of_it_may_still_be_written(api: Api) -> None:
    utility = open_waterworks(api)
    _quiet(utility)
    transact([audit.entry_write(utility.client_context(now=_DAYS[0]), action="area.opened", subject=("thing", "1"))])
    assert _sealed_at(utility, datetime(2025, 11, 29, 0, 59, tzinfo=UTC)) == ()
    assert len(_sealed_at(utility, datetime(2025, 11, 29, 1, 0, tzinfo=UTC))) == 1


def _sealed_at(utility: Utility, now: datetime) -> tuple[Seal, ...]:
    return audit.seal_days(utility.client_context(now=now))


def test_a_client_without_a_project_is_sealed_too(app: Chalice, api: Api, at: Callable[[datetime], None]) -> None:
    ctx = replace(open_waterworks(api).context(now=_DAYS[0]), client="no-project-yet", project_id="")
    tenancy.open_client(client=replace(presets.BALILIHAN, id=ctx.client))
    transact([audit.entry_write(ctx, action="area.opened", subject=("thing", "1"))])
    at(_DAYS[1])
    (job,) = [job for job in events.scheduled_handlers(app) if job.name == "seal_audit_logs"]
    events.tick(job)
    assert audit.verify_log(replace(ctx, now=_DAYS[1]), from_day=None).days == 1
    assert ctx.client not in {client for client, _ in tenancy.directory()}


def test_the_schedule_seals_every_client(app: Chalice, api: Api, at: Callable[[datetime], None]) -> None:
    utility = open_waterworks(api)
    _quiet(utility)
    transact([audit.entry_write(utility.client_context(now=_DAYS[4]), action="area.opened", subject=("thing", "1"))])
    at(_NIGHT)
    (clockwork,) = [one for one in events.scheduled_handlers(app) if one.name == "seal_audit_logs"]
    events.tick(clockwork)
    events.tick(clockwork)
    found = utility.as_staff().get(f"/api/clients/{utility.client}/audit-log/verification").expect(200)
    assert found == {
        "firstDay": "2025-12-02",
        "lastDay": "2025-12-02",
        "days": 1,
        "entries": 1,
        "firstMismatch": None,
        "nextDay": None,
    }


def test_the_api_and_the_command_name_the_first_day_that_does_not_match(
    client: Sealed, at: Callable[[datetime], None], capsys: pytest.CaptureFixture[str]
) -> None:
    at(_NIGHT)
    assert os.environ["METERBOOK_TABLE"]
    assert verify_audit.main([client.utility.client]) == 0
    client.forget(client.entry(2))
    path = f"/api/clients/{client.utility.client}/audit-log/verification"
    found = client.utility.as_staff().get(path).expect(200)
    assert found["firstMismatch"] == {"day": "2025-11-30", "what": "entries"}
    assert verify_audit.main([client.utility.client]) == 1
    assert "2025-11-30: an entry of this day was changed" in capsys.readouterr().err


def test_the_command_does_not_say_that_all_is_well_where_it_saw_no_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert verify_audit.main(["balilihann"]) == 2
    assert "there is no client balilihann" in capsys.readouterr().err
    monkeypatch.delenv("METERBOOK_TABLE")
    monkeypatch.setenv("METERBOOK_STATE", str(tmp_path))
    assert verify_audit.main(["balilihan"]) == 2
    assert "nothing runs on this machine" in capsys.readouterr().err


def test_a_seal_is_only_good_for_its_client(client: Sealed) -> None:
    seal = repository.find_last_seal(client.utility.client)
    assert seal
    key = ("root", b"k" * 32)
    facts = {"count": 1, "digest": "d", "before": "b", "key": key}
    ours = sealed("one", seal.day, **facts)  # type: ignore[arg-type]
    theirs = sealed("other", seal.day, **facts)  # type: ignore[arg-type]
    assert ours.seal != theirs.seal
    assert replace(ours, seal=theirs.seal) == theirs
