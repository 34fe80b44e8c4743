"""The rules of registries and histories."""
