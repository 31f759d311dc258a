"""Tests of the parts on the board."""
