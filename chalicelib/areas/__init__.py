"""Areas: the places where a client's connections are, on levels that the client names."""
