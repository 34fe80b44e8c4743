"""Consumers, their connections and the meters on them."""
