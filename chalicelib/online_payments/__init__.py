"""What consumers mean to pay: online at the payment gateway, or in cash that they announce."""
