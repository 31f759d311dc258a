"""Tests of the wired-up meter board."""
