"""The local AWS has what infra/resources.yaml promises."""

import httpx
from chalice.app import Chalice

from chalicelib.platform import storage
from local import events
from tests.support.engine import Engine


def test_an_uploaded_csv_is_announced_on_the_import_queue(engine: Engine) -> None:
    engine.forget_messages()
    form = storage.upload_form("a/b/imports/one.csv", content_type="text/csv", max_bytes=1000)

    sent = httpx.post(form.url, data=form.fields, files={"file": ("one.csv", b"account_number,reading\n")}, timeout=60)

    assert sent.is_success
    assert form.url.startswith(engine.url)  # so curl and a browser on this machine reach it
    messages = events.receive(engine.import_queue, at_most=10, wait_seconds=5)
    assert ["a/b/imports/one.csv" in message["Body"] for message in messages] == [True]


def test_every_queue_that_the_app_listens_to_exists(app: Chalice) -> None:
    for target in events.queue_handlers(app):
        assert events.queue_url(target.queue).endswith(f"/{target.queue}")
