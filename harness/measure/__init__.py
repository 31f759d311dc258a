"""From readings to verdicts: units, waveforms, serial decoding, latency, uncertainty, decision rules.

What lives here: pure computation on numbers that were already taken. Nothing here talks to an instrument, asks
the time or writes a file. May be imported by everything in ``harness``, ``fixtures``, ``testplans`` and
``reports``; imports nothing of ``harness``.
"""
