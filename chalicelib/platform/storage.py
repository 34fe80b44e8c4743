"""Files in the bucket: uploads by presigned form, downloads by signed link, reports as JSON."""

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib.kernel.errors import Invalid
from chalicelib.platform import settings
from chalicelib.platform.schema import FileLink

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_UPLOAD_SECONDS = 15 * 60
_DOWNLOAD_SECONDS = 5 * 60


@cache
def _client() -> "S3Client":
    # Every region accepts signature version 4 in a presigned form. "virtual" puts the region into the address: the
    # global address redirects a form for a new bucket (307), which forms don't follow, and newer regions don't support
    # it.
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"}, connect_timeout=2, read_timeout=20)
    return boto3.client("s3", config=config)


@dataclass(frozen=True, slots=True)
class UploadForm:
    """The URL and form fields to post a file with, and for how long they are valid."""

    url: str
    fields: dict[str, str]
    expires_seconds: int


def upload_form(key: str, *, content_type: str, max_bytes: int) -> UploadForm:
    """Create a form that allows one upload under a key, of a given type and at most a given size."""
    form = _client().generate_presigned_post(
        settings.bucket_name(),
        key,
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
        ExpiresIn=_UPLOAD_SECONDS,
    )
    return UploadForm(form["url"], form["fields"], _UPLOAD_SECONDS)


def download_link(key: str, *, name: str, content_type: str) -> FileLink:
    """Create a link that downloads the file under a key with a given file name. Use it for binary files.

    API Gateway would return them as text or binary depending on the caller's Accept header, and at most 6 MB.
    """
    url = _client().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings.bucket_name(),
            "Key": key,
            "ResponseContentType": content_type,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        },
        ExpiresIn=_DOWNLOAD_SECONDS,
    )
    return FileLink(url=url, expires_seconds=_DOWNLOAD_SECONDS)


def read_file(key: str, *, max_bytes: int) -> bytes:
    """Read a whole uploaded file.

    :raises Invalid: if it is larger than `max_bytes`.
    """
    answer = _client().get_object(Bucket=settings.bucket_name(), Key=key)
    if answer["ContentLength"] > max_bytes:
        raise Invalid("too-large", f"the file is larger than {max_bytes // 1_000_000} MB; split it")
    return answer["Body"].read()


def write_json(key: str, document: Any) -> None:  # noqa: ANN401
    """Store a JSON document. Idempotent: the same document gives the same object."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    _client().put_object(Bucket=settings.bucket_name(), Key=key, Body=body, ContentType="application/json")


def find_json(key: str) -> Any:  # noqa: ANN401
    """Read a JSON document, or return None if there is none under the key."""
    try:
        answer = _client().get_object(Bucket=settings.bucket_name(), Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    return json.loads(answer["Body"].read())
