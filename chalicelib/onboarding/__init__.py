"""Open clients and projects from presets, and close and delete projects."""
