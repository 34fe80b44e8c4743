"""Two utilities to try Meterbook with, and files of readings for them. The same on every machine."""
