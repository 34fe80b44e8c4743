"""The use cases of importing registries, histories and bank files, and of trying a column mapping."""

from chalicelib.imports.service.bank import (
    assign_bank_line,
    check_transfers,
    dismiss_bank_line,
    get_bank_line,
    list_bank_lines,
    run_bank_import,
)
from chalicelib.imports.service.history import run_history_import
from chalicelib.imports.service.registry import run_registry_import
from chalicelib.imports.service.trial import try_mapping

__all__ = [
    "assign_bank_line",
    "check_transfers",
    "dismiss_bank_line",
    "get_bank_line",
    "list_bank_lines",
    "run_bank_import",
    "run_history_import",
    "run_registry_import",
    "try_mapping",
]
