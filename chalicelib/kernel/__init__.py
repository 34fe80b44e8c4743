"""Words that every feature shares; nothing here knows AWS, HTTP or the table."""
