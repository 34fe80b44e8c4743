"""Areas: the places that a client divides its connections by, on levels that it names."""
