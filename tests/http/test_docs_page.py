"""The API's document as a page: from our own origin alone, and the very file of the library that is pinned."""

import re
from hashlib import sha256

from chalicelib.platform import docs
from infra.redoc import INTEGRITY
from tests.support.http import Api

# Of the script in the package that INTEGRITY is the hash of. Both change with VERSION: `make redoc`.
_SCRIPT = "dcaf76612bc4a3fbcc923a8966dee2f6146a5f32e5ce1b6f02dd60cbbf89500b"


def _directives(policy: str) -> dict[str, str]:
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}


def test_the_page_loads_the_document_and_one_script_of_our_own(api: Api) -> None:
    page = api.get("/api/docs")
    text = page.body.decode()
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert re.findall(r'(?:src|href|spec-url)="([^"]+)"', text) == [
        "data:,",
        "openapi.json",
        f"docs/redoc-{docs.VERSION}.js",
    ]
    assert "<script>" not in text
    assert api.get("/api/openapi.json").status == 200
    script = api.get(f"/api/docs/redoc-{docs.VERSION}.js")
    assert (script.status, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in script.headers["cache-control"]


def test_the_page_may_ask_no_other_host_and_run_no_script_of_its_text(api: Api) -> None:
    allowed = _directives(api.get("/api/docs").headers["content-security-policy"])
    assert allowed["default-src"] == "'none'"
    assert allowed["script-src"] == "'self'"
    sources = {source for directive in allowed.values() for source in directive.split()}
    assert sources == {"'none'", "'self'", "'unsafe-inline'", "blob:", "data:"}
    assert [name for name, text in allowed.items() if "'unsafe-inline'" in text] == ["style-src"]


def test_the_script_is_the_pinned_one_and_brings_its_licences() -> None:
    assert sha256(docs._script().encode()).hexdigest() == _SCRIPT
    assert INTEGRITY.startswith("sha512-")
    assert docs.VERSION in docs._script()
    assert "MIT" in (docs.FOLDER / "LICENSE.txt").read_text()
    assert "@license" in (docs.FOLDER / "THIRD-PARTY.txt").read_text()
    assert docs.SCRIPT.stat().st_size < 350_000
