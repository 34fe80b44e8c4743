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
    # Signature 4 is what every region accepts in a presigned form. "virtual" puts the region into the address: the
    # global one sends a form for a new bucket elsewhere (307), which no form follows, and young regions don't know it.
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"}, connect_timeout=2, read_timeout=20)
    return boto3.client("s3", config=config)


@dataclass(frozen=True, slots=True)
class UploadForm:
    """Where and with which form fields a file is to be posted, and for how long that is allowed."""

    url: str
    fields: dict[str, str]
    expires_seconds: int


def upload_form(key: str, *, content_type: str, max_bytes: int) -> UploadForm:
    """Allow one file of that type and at most that size to be posted under that key."""
    form = _client().generate_presigned_post(
        settings.bucket_name(),
        key,
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
        ExpiresIn=_UPLOAD_SECONDS,
    )
    return UploadForm(form["url"], form["fields"], _UPLOAD_SECONDS)


def download_link(key: str, *, name: str, content_type: str) -> FileLink:
    """Allow the file under that key to be downloaded under a name. The way out for binary files.

    API Gateway would hand them out as text or not, depending on the caller's Accept header, and at most 6 MB.
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
    """Store a JSON document; the same document again is the same object."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    _client().put_object(Bucket=settings.bucket_name(), Key=key, Body=body, ContentType="application/json")


def find_json(key: str) -> Any:  # noqa: ANN401
    """Read a JSON document, or return None if there is none under that key."""
    try:
        answer = _client().get_object(Bucket=settings.bucket_name(), Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    return json.loads(answer["Body"].read())
