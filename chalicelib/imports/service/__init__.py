"""The use cases of importing registries and histories, and of trying a column mapping."""

from chalicelib.imports.service.history import run_history_import
from chalicelib.imports.service.registry import run_registry_import
from chalicelib.imports.service.trial import try_mapping

__all__ = ["run_history_import", "run_registry_import", "try_mapping"]
