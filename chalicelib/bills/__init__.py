"""Bills with their lines, each line with the trace of how it was computed."""
