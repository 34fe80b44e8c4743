"""The rules of connection requests and issue reports."""
