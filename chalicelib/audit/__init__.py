"""The audit log: who changed what and when, written in the transaction of the change and sealed day by day."""
