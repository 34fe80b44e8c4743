"""Connections and meter brands as the API shows them."""
