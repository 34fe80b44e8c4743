"""Five utilities to try Meterbook with, as they are on the day of loading, and files of readings for one day."""
