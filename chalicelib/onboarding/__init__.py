"""Open clients and projects, as a preset has them or by settings of one's own, and close projects."""
