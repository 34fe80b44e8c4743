"""Types and rules that every feature shares. Nothing here depends on AWS, HTTP or the table."""
