"""Ports, keys and what an attacker with access to them can get."""
