"""The use cases of bringing files in."""

from chalicelib.imports.service.registry import run_registry_import

__all__ = ["run_registry_import"]
