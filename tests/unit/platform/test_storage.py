"""Forms and links to the bucket name the host of the stack's own region."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from chalicelib.platform import settings, storage


@pytest.fixture(params=["us-east-2", "eu-west-1", "ap-southeast-5"])
def region(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A region in which the functions run, of AWS itself instead of the local AWS."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_DEFAULT_REGION", request.param)
    monkeypatch.setenv("METERBOOK_BUCKET", "uploads")
    settings.read_again()
    storage._client.cache_clear()
    yield request.param
    storage._client.cache_clear()
    monkeypatch.undo()
    settings.read_again()


def test_a2_an_upload_form_is_posted_to_the_region_of_the_bucket(region: str) -> None:
    form = storage.upload_form("a/b/imports/c.csv", content_type="text/csv", max_bytes=1)

    assert form.url == f"https://uploads.s3.{region}.amazonaws.com/"
    assert f"/{region}/s3/aws4_request" in form.fields["x-amz-credential"]


def test_a2_a_download_link_leads_to_the_region_of_the_bucket(region: str) -> None:
    link = storage.download_link("a/b.csv", name="b.csv", content_type="text/csv")

    assert urlsplit(link.url).hostname == f"uploads.s3.{region}.amazonaws.com"
