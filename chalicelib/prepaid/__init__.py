"""Units that are sold in advance, used up by readings."""
