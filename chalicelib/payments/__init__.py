"""What was paid: payments, each of one bill."""
