"""Ordinary life: what every meter sees in its years, and what no meter may take for tampering."""
