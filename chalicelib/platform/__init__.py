"""The outside world, wrapped once: HTTP, the table, queues, files, tokens, logs."""
