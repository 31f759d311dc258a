"""The power cut at every write of a scripted day: ``python -m tests.powercut`` (LOG-1, LOG-2, SIG-1)."""
