"""Users, roles and sessions as the API shows them."""
