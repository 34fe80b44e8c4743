"""Everything outside the code, each wrapped once: HTTP, the table, queues, files, tokens, logs."""
