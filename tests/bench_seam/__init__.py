"""Tests of harness.bench: files, clock, links, safe state."""
