"""Users, how they get in, their roles and their login events in the table."""
