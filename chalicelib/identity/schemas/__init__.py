"""What requests and answers of identity look like."""
