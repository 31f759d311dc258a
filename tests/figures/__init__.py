"""What ``make bench`` measures: one module per part, each with ``measure() -> dict`` of figures named with unit.

Wall and processor time are read here, because they are what is measured. Not tests: a busy machine fails nobody.
"""
