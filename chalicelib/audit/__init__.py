"""Who did what, when, to which thing: written in the transaction of the change, and sealed day by day."""
