"""The rules of readings, of their files and imports."""
