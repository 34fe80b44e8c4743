"""What is owed: bills with their lines, each line with the trace of how it came about."""
