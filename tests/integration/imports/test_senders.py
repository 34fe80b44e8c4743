"""F15: a form to upload a file is good for a quarter of an hour, and the right to use it may end before."""

import pytest

from chalicelib.platform import settings, storage
from chalicelib.readings import service as readings
from tests.support.faults import Death, faults
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

FILE = b"meter_number,reading,read_on\nSM-1,10,2025-11-05\n"


@pytest.fixture
def utility(api: Api) -> Utility:
    made = open_waterworks(api)
    register_connection(made.as_staff(), made, "SM-1")
    return made


def _announced(utility: Utility, role: str = "manager") -> tuple[str, str]:
    """Announce a file, post it, and return the import's id and the user's."""
    staff = utility.as_staff(role)
    announced = staff.post(f"{utility.base}/readings/imports", {"fileName": "f.csv"}).expect(201)
    storage._client().put_object(Bucket=settings.bucket_name(), Key=announced["upload"]["fields"]["key"], Body=FILE)
    return announced["id"], staff.get("/api/me").expect(200)["id"]


def _outcome(utility: Utility, import_id: str) -> tuple[str, int]:
    done = readings.run_import(utility.context(now=NOVEMBER), import_id=import_id)
    return done.state, done.counts.accepted


@pytest.mark.parametrize(
    ("what", "body"), [("status", {"status": "disabled"}), ("role", {"role": "viewer"}), ("", None)]
)
def test_the_file_of_a_user_who_lost_the_right_is_refused_with_the_reason(
    utility: Utility, what: str, body: dict[str, str] | None
) -> None:
    import_id, user = _announced(utility)
    admin, path = utility.as_staff(), f"/api/clients/{utility.client}/users/{user}"
    (admin.put(f"{path}/{what}", body) if what else admin.delete(path)).expect(200)
    assert _outcome(utility, import_id) == ("refused", 0)
    shown = admin.get(f"{utility.base}/readings/imports/{import_id}").expect(200)
    assert "disabled or given another role" in shown["refusal"]
    report = admin.get(f"{utility.base}/readings/imports/{import_id}/report").expect(200)["items"]
    assert [line["code"] for line in report] == ["sender-not-permitted"]
    assert admin.get(f"{utility.base}/readings/pending").expect(200)["items"] == []


def test_the_file_of_a_user_who_may_is_taken(utility: Utility) -> None:
    import_id, user = _announced(utility)
    path = f"/api/clients/{utility.client}/users/{user}"
    utility.as_staff().put(f"{path}/password", {"password": "Another-horse-2"}).expect(200)  # that is no right
    assert _outcome(utility, import_id) == ("done", 1)


def test_a_file_that_was_begun_is_taken_whole_whatever_becomes_of_its_user(utility: Utility) -> None:
    import_id, user = _announced(utility)
    strike_at, ctx = _writes_its_first_reading(utility), utility.context(now=NOVEMBER)
    with pytest.raises(Death), faults(strike_at=strike_at):
        readings.run_import(ctx, import_id=import_id)
    path = f"/api/clients/{utility.client}/users/{user}/status"
    utility.as_staff().put(path, {"status": "disabled"}).expect(200)
    assert _outcome(utility, import_id) == ("done", 1)


def _writes_its_first_reading(utility: Utility) -> int:
    """Return the place of the call that writes the first reading of such a file, as another file's calls have it."""
    other = open_waterworks(utility.api)
    register_connection(other.as_staff(), other, "SM-1")
    import_id, _ = _announced(other)
    ctx = other.context(now=NOVEMBER)
    with faults() as watched:
        readings.run_import(ctx, import_id=import_id)
    return watched.calls.index("UpdateItem") + 1
