"""Who did what, when, to which thing: written in the transaction of the deed, and sealed day by day."""
