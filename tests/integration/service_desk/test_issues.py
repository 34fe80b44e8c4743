"""Issue reports: consumers report, staff respond and move them on, and all of it is kept."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.http import Api
from tests.support.table import items_of
from tests.support.utilities import PASSWORD, Utility, open_waterworks, register_connection

_MINE = "/api/me/issues"
_LEAK = {"title": "Leaking pipe", "description": "Water comes out\nbeside the meter."}


@pytest.fixture
def utility(api: Api) -> Utility:
    """A waterworks where Juan and Ana have a connection and a login each."""
    opened = open_waterworks(api)
    admin = opened.as_staff()
    for login in ("juan", "ana"):
        connection = register_connection(admin, opened, f"SM-{login}")
        login_of = f"{opened.consumers}/{connection['consumerId']}/login"
        admin.post(login_of, {"login": login, "password": PASSWORD}).expect(201)
    return opened


def _as(utility: Utility, login: str) -> Api:
    return utility.api.sign_in(utility.client, login, PASSWORD)


def _all(utility: Utility) -> str:
    return f"/api/clients/{utility.client}/issues"


def _report(utility: Utility, login: str = "juan", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    made: dict[str, Any] = _as(utility, login).post(_MINE, {**_LEAK, **more}).expect(201)
    return made


def _account(api: Api) -> str:
    (mine,) = api.get("/api/me/connections").expect(200)["items"]
    return str(mine["connection"]["accountNumber"])


@pytest.mark.covers("S0-014", "S0-024", "S0-032", "S0-034")
def test_a_consumer_reports_an_issue_in_their_own_name(utility: Utility) -> None:
    made = _report(utility)
    me = _as(utility, "juan").get("/api/me").expect(200)
    assert (made["status"], made["consumerId"], made["responses"]) == ("pending", me["consumerId"], [])
    assert (made["accountNumber"], made["description"]) == (None, _LEAK["description"])
    refused = _as(utility, "juan").post(_MINE, {**_LEAK, "consumerId": "01K9R6TGM0JVFDWAJM3ESG02Q2"}).expect(400)
    assert refused["errors"][0]["field"] == "consumerId"
    utility.as_staff().post(_MINE, _LEAK).expect(403)


@pytest.mark.covers("S0-018")
def test_a_consumer_may_report_many_issues(utility: Utility) -> None:
    made = [_report(utility, title=f"Leak {number}")["id"] for number in range(3)]
    mine = _as(utility, "juan").get(_MINE).expect(200)["items"]
    assert sorted(each["id"] for each in mine) == sorted(made)


@pytest.mark.covers("S0-013")
def test_a_consumer_sees_their_own_issues_only(utility: Utility) -> None:
    mine, hers = _report(utility), _report(utility, "ana")
    juan = _as(utility, "juan")
    assert [one["id"] for one in juan.get(_MINE).expect(200)["items"]] == [mine["id"]]
    assert juan.get(f"{_all(utility)}/{mine['id']}").expect(200) == mine
    juan.get(f"{_all(utility)}/{hers['id']}").expect(404)
    juan.get(_all(utility)).expect(403)


@pytest.mark.covers("S0-023", "S0-025")
def test_an_issue_may_name_one_of_the_consumers_own_connections_and_no_other(utility: Utility) -> None:
    mine, hers = _account(_as(utility, "juan")), _account(_as(utility, "ana"))
    made = _report(utility, projectId="waterworks", accountNumber=mine)
    assert utility.as_staff().get(f"{_all(utility)}/{made['id']}").expect(200)["accountNumber"] == mine
    juan = _as(utility, "juan")
    for account, project, code in (
        (hers, "waterworks", "not-your-connection"),
        ("2025119999", "waterworks", "not-your-connection"),
        (mine, "electricity", "not-your-connection"),
        (mine, None, "project-missing"),
        (None, "electricity", "unknown-project"),
    ):
        body = {**_LEAK, "accountNumber": account, "projectId": project}
        assert juan.post(_MINE, body).expect(400)["code"] == code


@pytest.mark.covers("S0-006", "S0-042")
def test_staff_see_everybodys_issues_by_status_page_by_page(utility: Utility) -> None:
    first, second, third = _report(utility), _report(utility, "ana"), _report(utility)
    manager = utility.as_staff("manager")
    manager.put(f"{_all(utility)}/{second['id']}/status", {"status": "taking_action"}).expect(200)
    assert _ids(manager.get(_all(utility), status="pending").expect(200)) == [first["id"], third["id"]]
    assert _ids(manager.get(_all(utility), status="taking_action").expect(200)) == [second["id"]]
    page = manager.get(_all(utility), limit=2).expect(200)
    rest = manager.get(_all(utility), limit=2, cursor=page["nextCursor"]).expect(200)
    assert _ids(page) + _ids(rest) == [first["id"], third["id"], second["id"]]
    utility.as_staff("viewer").get(_all(utility)).expect(403)


@pytest.mark.covers("S0-007")
def test_the_consumer_reads_each_response_with_its_author_and_time(utility: Utility) -> None:
    made, manager = _report(utility), utility.as_staff("manager")
    said = ["Somebody comes\ntomorrow.", "The valve is replaced."]
    for text in said:
        manager.post(f"{_all(utility)}/{made['id']}/responses", {"text": text}).expect(201)
    read = _as(utility, "juan").get(f"{_all(utility)}/{made['id']}").expect(200)
    assert [one["text"] for one in read["responses"]] == said
    assert {one["authorName"] for one in read["responses"]} == {"manager"}
    assert all(one["at"] for one in read["responses"])
    _as(utility, "juan").post(f"{_all(utility)}/{made['id']}/responses", {"text": "Thanks"}).expect(403)


@pytest.mark.covers("S0-033", "S0-034", "S0-035")
def test_an_issue_goes_through_its_statuses_in_order_and_its_history_shows_it(utility: Utility) -> None:
    made, manager = _report(utility), utility.as_staff("manager")
    path = f"{_all(utility)}/{made['id']}/status"
    _as(utility, "juan").put(path, {"status": "resolved"}).expect(403)
    assert manager.put(path, {"status": "resolved"}).expect(409)["code"] == "wrong-order"
    manager.put(path, {"status": "closed"}).expect(400)
    manager.put(path, {"status": "taking_action"}).expect(200)
    done = manager.put(path, {"status": "resolved"}).expect(200)
    assert [(one["status"], one["authorName"]) for one in done["responses"]] == [
        ("taking_action", "manager"),
        ("resolved", "manager"),
    ]
    for back in ("pending", "taking_action"):
        assert manager.put(path, {"status": back}).expect(409)["code"] == "wrong-order"
    assert manager.put(path, {"status": "resolved"}).expect(200) == done
    manager.post(f"{_all(utility)}/{made['id']}/responses", {"text": "Tell us if it leaks again."}).expect(201)


def test_what_is_sent_again_with_its_key_is_said_once(utility: Utility) -> None:
    juan, manager = _as(utility, "juan"), utility.as_staff("manager")
    made = juan.post(_MINE, _LEAK, key="leak").expect(201)
    assert juan.post(_MINE, _LEAK, key="leak").expect(201) == made
    juan.post(_MINE, {**_LEAK, "title": "Other"}, key="leak").expect(422)
    path = f"{_all(utility)}/{made['id']}/responses"
    said = manager.post(path, {"text": "We come."}, key="r").expect(201)
    assert manager.post(path, {"text": "We come."}, key="r").expect(201) == said
    manager.post(path, {"text": "We don't."}, key="r").expect(422)
    assert len(said["responses"]) == 1


def test_eight_officers_who_take_action_at_once_are_one_step_of_its_history(utility: Utility) -> None:
    made, manager = _report(utility), utility.as_staff("manager")
    path = f"{_all(utility)}/{made['id']}/status"
    with ThreadPoolExecutor(8) as hands:
        replies = list(hands.map(lambda _: manager.put(path, {"status": "taking_action"}), range(8)))
    assert {reply.status for reply in replies} <= {200, 503}
    assert len([key for key in items_of(utility.client) if " | RESPONSE#" in key]) == 1


def test_another_clients_issues_are_not_there(utility: Utility, api: Api) -> None:
    made, other = _report(utility), open_waterworks(api)
    theirs = other.as_staff()
    theirs.get(f"{_all(other)}/{made['id']}").expect(404)
    theirs.post(f"{_all(other)}/{made['id']}/responses", {"text": "?"}).expect(404)
    theirs.put(f"{_all(other)}/{made['id']}/status", {"status": "taking_action"}).expect(404)


def _ids(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page["items"]]


def test_all_of_ones_own_come_page_by_page_the_newest_first(utility: Utility) -> None:
    made = [_report(utility)["id"] for _ in range(3)]
    juan = _as(utility, "juan")
    first = juan.get(_MINE, limit=2).expect(200)
    last = juan.get(_MINE, limit=2, cursor=first["nextCursor"]).expect(200)
    assert [one["id"] for one in first["items"] + last["items"]] == made[::-1]
    assert last["nextCursor"] is None
