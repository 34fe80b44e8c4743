"""What consumers ask of the utility: new connections, and help with what is broken."""
