"""Adjustments: waivers, credit notes, write-offs, later due days, refunds and free charges, each with a reason."""
