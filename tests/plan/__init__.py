"""Tests of harness.plan: plan files, the requirement catalogue, resolving tests."""
