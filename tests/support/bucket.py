"""The files of one client in the bucket, to compare them and put them back."""

from chalicelib.platform import settings, storage

Files = dict[str, bytes]


def files_of(client: str) -> Files:
    """Read every file of a client, by key."""
    bucket = settings.bucket_name()
    listed = storage._client().list_objects_v2(Bucket=bucket, Prefix=f"{client}/").get("Contents", [])
    return {one["Key"]: storage._client().get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in listed}


def put_back(former: Files, now: Files) -> None:
    """Make the bucket what it was when `former` was read; `now` is what it holds."""
    bucket = settings.bucket_name()
    for key in now.keys() - former.keys():
        storage._client().delete_object(Bucket=bucket, Key=key)
    for key, content in former.items():
        if now.get(key) != content:
            storage._client().put_object(Bucket=bucket, Key=key, Body=content)
