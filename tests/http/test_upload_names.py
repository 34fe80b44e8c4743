"""Whatever a file is called, it is stored under a key of our own; an upload form takes that file and no other."""

import base64
import json
import re
from typing import Any

import httpx
import pytest

from chalicelib.files import service
from chalicelib.platform import settings, storage
from tests.support.http import Api
from tests.support.utilities import Utility, open_waterworks

_NAMES = [
    "../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "C:\\readings.csv", "%2e%2e%2f%2e%2e%2fkey.csv",
    "..%2f..%2fother", "a/../../b.csv", "\u2025/\u2025/b.csv", "\uff0e\uff0e\uff0fb.csv", "na\u0131ve.csv",
    "e\u0301.csv", "readings.csv.exe", "readings.csv;x=1", "=cmd|' /C calc'!A0",
    "other-client/waterworks/imports/01ARYZ6S410000000000000000.csv", "s3://bucket/key", "${file}",
    "?versionId=1", "CON.csv", "~/.ssh/id",
]  # fmt: skip
_NO_NAMES = ["\u202egpj.vsc", "\ufeffreadings.csv", "a\x00.csv", "a\nb.csv", "a\rb.csv", "\x1b[2J", "", "x" * 121]


@pytest.fixture(scope="module")
def utility(api: Api) -> Utility:
    return open_waterworks(api)


def _announce(utility: Utility, name: str) -> dict[str, Any]:
    made: dict[str, Any] = utility.as_staff().post(f"{utility.base}/readings/imports", {"fileName": name}).expect(201)
    return made


@pytest.mark.parametrize("name", _NAMES, ids=ascii)
def test_a_file_is_stored_under_our_key_whatever_its_name(utility: Utility, name: str) -> None:
    made = _announce(utility, name)
    key = made["upload"]["fields"]["key"]
    assert re.fullmatch(rf"{utility.client}/{utility.project}/imports/[0-9A-HJKMNP-TV-Z]{{26}}\.csv", key)
    assert service.parse_file_key(key) == (utility.client, utility.project, "readings", made["id"])


@pytest.mark.parametrize("name", _NO_NAMES, ids=ascii)
def test_a_name_with_control_characters_is_refused(utility: Utility, name: str) -> None:
    refused = utility.as_staff().post(f"{utility.base}/readings/imports", {"fileName": name}).expect(400)
    assert refused["errors"][0]["field"] == "fileName"


@pytest.mark.parametrize("name", _NAMES, ids=ascii)
def test_no_such_name_is_taken_for_a_key_of_ours(utility: Utility, name: str) -> None:
    place = f"{utility.client}/{utility.project}/imports/"
    found = [service.parse_file_key(key) for key in (name, place + name, f"/{place}{name}", f"{place}../{name}")]
    # Another tenant's whole key names that tenant's own import; only S3 writes keys, and only by a form of ours.
    ours = [one for one in found if one is not None and one[0] == utility.client]
    assert ours == []


def test_a_form_pins_key_type_length_and_bucket(utility: Utility) -> None:
    fields = _announce(utility, "readings.csv")["upload"]["fields"]
    conditions = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    assert {"key": fields["key"]} in conditions
    assert {"bucket": settings.bucket_name()} in conditions
    assert {"Content-Type": "text/csv"} in conditions
    assert ["content-length-range", 1, service.MAX_BYTES] in conditions
    assert not [one for one in conditions if isinstance(one, list) and one[0] == "starts-with"]


@pytest.mark.parametrize(
    "change",
    [
        {"key": "other-client/waterworks/imports/01ARYZ6S410000000000000000.csv"},
        {"key": "../x.csv"},
        {"Content-Type": "text/html"},
    ],
    ids=str,
)
def test_a_form_that_was_altered_is_refused(utility: Utility, change: dict[str, str]) -> None:
    form = _announce(utility, "readings.csv")["upload"]
    posted = _post(form, form["fields"] | change, b"a,b\n")
    assert posted.status_code == 403
    assert storage.find_json(form["fields"]["key"]) is None


@pytest.mark.parametrize("size", [0, 10_000_001])
def test_a_file_of_another_length_is_refused(utility: Utility, size: int) -> None:
    form = _announce(utility, "readings.csv")["upload"]
    assert _post(form, form["fields"], b"x" * size).status_code in {400, 403}


def _post(form: dict[str, Any], fields: dict[str, str], content: bytes) -> httpx.Response:
    return httpx.post(form["url"], data=fields, files={"file": ("r.csv", content)}, trust_env=False, timeout=30)
