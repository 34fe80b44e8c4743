"""Fetches the script of the API's documentation page: `python -m infra.redoc`.

It is one file of the npm package redoc, which is kept in the repository: nothing is fetched to run, test or package.
"""

import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from base64 import b64encode
from pathlib import Path

from chalicelib.platform.docs import FOLDER, SCRIPT, VERSION

# npm view redoc@<version> dist.integrity
INTEGRITY = "sha512-M6jWhG1qoBnH6TFmzJnstyCZ87HmOY/UzDm78mHiYihEdlV/YcS9ogOo1NlElnJMeLsyxHFe2yFc4sNjHTrABQ=="
_KEPT = {
    "package/bundles/redoc.standalone.js": SCRIPT.name,
    "package/bundles/redoc.standalone.js.LICENSE.txt": "THIRD-PARTY.txt",
    "package/LICENSE": "LICENSE.txt",
}


def main() -> None:
    """Fetch the package, check it against the pinned hash and write the files that are kept."""
    with tempfile.TemporaryDirectory() as scratch:
        npm = shutil.which("npm") or sys.exit("npm is not installed")
        subprocess.run([npm, "pack", "--silent", f"redoc@{VERSION}"], cwd=scratch, check=True)  # noqa: S603 - our own
        archive = Path(scratch) / f"redoc-{VERSION}.tgz"
        found = "sha512-" + b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != INTEGRITY:
            sys.exit(f"redoc {VERSION} has the hash {found} instead of {INTEGRITY}")
        with tarfile.open(archive) as package:
            package.extractall(scratch, filter="data")
        FOLDER.mkdir(exist_ok=True)
        for inside, name in _KEPT.items():
            content = (Path(scratch) / inside).read_bytes()
            (FOLDER / name).write_bytes(gzip.compress(content, mtime=0) if name == SCRIPT.name else content)


if __name__ == "__main__":
    main()
