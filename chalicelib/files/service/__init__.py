"""The use cases of announced files and column mappings."""

from chalicelib.files.service.importing import (
    MAX_BYTES,
    ask_for_upload,
    file_key,
    get_import,
    get_report,
    list_imports,
    parse_file_key,
    run_import,
)
from chalicelib.files.service.mappings import delete_mapping, get_mapping, list_mappings, mapping_named, save_mapping

__all__ = [
    "MAX_BYTES",
    "ask_for_upload",
    "delete_mapping",
    "file_key",
    "get_import",
    "get_mapping",
    "get_report",
    "list_imports",
    "list_mappings",
    "mapping_named",
    "parse_file_key",
    "run_import",
    "save_mapping",
]
