"""The use cases of importing registries and histories."""

from chalicelib.imports.service.history import run_history_import
from chalicelib.imports.service.registry import run_registry_import

__all__ = ["run_history_import", "run_registry_import"]
