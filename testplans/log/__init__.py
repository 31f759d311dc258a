"""The event log: what it keeps, in which order it gives way, and what a power cut does to it."""
