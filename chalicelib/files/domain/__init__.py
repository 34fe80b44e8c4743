"""What an announced file is, and how a table is read from its bytes."""
