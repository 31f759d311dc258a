"""Tests of harness.run and harness.plugin: the order of docs/run-order.md, whole runs in processes of their own."""
