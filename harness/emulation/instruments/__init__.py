"""Emulated measuring instruments: real families' SCPI dialects, limits and faults, in the world's virtual time.

What lives here: the SCPI message exchange (``scpi*.py``), the oscilloscope and the relay unit with their dialects,
and the PyVISA library object through which a driver or a user's script reaches them.

May be imported by: the code that opens an emulated bench and the project's tests. Imports ``harness.emulation``
and nothing else of ``harness``.
"""
