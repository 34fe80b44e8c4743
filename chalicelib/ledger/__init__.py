"""What is owed, received and corrected: immutable entries, and what they add up to."""
