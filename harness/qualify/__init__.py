"""Measuring the plan itself: known-bad meters are put through it, and each must be caught for its own reason.

May be imported by ``harness.cli`` only. Imports ``harness.run`` (one certification), ``harness.plan``,
``harness.evidence`` (reading a run), ``harness.measure`` and ``harness.bench`` (files, the clock).
"""
