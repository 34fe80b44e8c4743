"""Users, their access, roles and login events in the table."""
