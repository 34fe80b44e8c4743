"""What an operation can answer besides JSON: a CSV file, and a link to a file in the bucket."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import boto3
import httpx
import pytest
from chalice.app import Blueprint, Chalice

from chalicelib.kernel.context import Context
from chalicelib.platform import settings, storage
from chalicelib.platform.csv_file import CsvFile
from chalicelib.platform.http import ENDPOINTS, PUBLIC, endpoint
from chalicelib.platform.openapi import document
from chalicelib.platform.schema import FileLink
from local.gateway import open_gateway
from tests.support.engine import Engine
from tests.support.http import Api

_ROWS: list[tuple[str, str | Decimal]] = [("account", "amount"), ("2025110001", Decimal("25.06"))]
_TABLE = "account,amount\r\n2025110001,25.06\r\n"


@pytest.fixture
def shop(engine: Engine) -> Iterator[Api]:
    """An API of two operations that hand files out."""
    registered = len(ENDPOINTS)
    blueprint, app = Blueprint(__name__), Chalice("shop")

    @endpoint(blueprint, "GET", "/table", permission=PUBLIC, returns=CsvFile)
    def get_table(_ctx: Context) -> CsvFile:
        return CsvFile("bills-2025-11.csv", _ROWS)

    @endpoint(blueprint, "GET", "/print", permission=PUBLIC, returns=FileLink)
    def get_print(_ctx: Context) -> FileLink:
        return storage.download_link("prints/1.pdf", name="bill-1.pdf", content_type="application/pdf")

    app.register_blueprint(blueprint)
    yield Api(open_gateway(app))
    del ENDPOINTS[registered:]


def test_a_csv_file_is_answered_as_text_to_be_saved_under_its_name(shop: Api) -> None:
    reply = shop.get("/table")

    assert (reply.status, reply.body.decode()) == (200, _TABLE)
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["content-disposition"] == 'attachment; filename="bills-2025-11.csv"'
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "typed",
    [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1dcmd",
        '=HYPERLINK("http://a.example")',
    ],
)
def test_what_somebody_typed_is_no_formula_where_the_file_is_opened(typed: str) -> None:
    """F15: names such as `=cmd|...` are stored as they are, and written so that no spreadsheet runs them."""
    text = CsvFile("names.csv", [("name", "paid"), (typed, Decimal("-25.06"))]).text

    assert list(csv.reader(io.StringIO(text, newline=""))) == [["name", "paid"], [f"'{typed}", "-25.06"]]


def test_numbers_days_and_other_text_are_written_as_they_are() -> None:
    row = ("Dela Cruz, Juan", 'The "Corner"', Decimal("1E+3"), -3, date(2025, 11, 5), None, "a=b")

    assert CsvFile("x.csv", [row]).text == '"Dela Cruz, Juan","The ""Corner""",1000,-3,2025-11-05,,a=b\r\n'


def test_a_binary_file_is_answered_as_a_link_that_needs_no_token(shop: Api) -> None:
    printed = b"%PDF-1.7 \x00\xff"
    boto3.client("s3").put_object(Bucket=settings.bucket_name(), Key="prints/1.pdf", Body=printed)

    link = shop.get("/print").expect(200)
    file = httpx.get(link["url"])

    assert (file.status_code, file.content) == (200, printed)
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"] == 'attachment; filename="bill-1.pdf"'
    assert link["expiresSeconds"] == 300


def test_the_document_says_which_operation_answers_csv(shop: Api) -> None:
    answers = document.__wrapped__()["paths"]["/table"]["get"]["responses"]

    assert answers["200"]["content"] == {"text/csv": {"schema": {"type": "string"}}}


def test_a_change_can_not_answer_a_csv_file() -> None:
    with pytest.raises(AssertionError, match="POST /table can't answer a CSV file"):
        endpoint(Blueprint(__name__), "POST", "/table", permission=PUBLIC, returns=CsvFile)
