"""The rules of readings: what a reading is, how a file of them is read, what an import decides."""
