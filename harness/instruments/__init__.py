"""Drivers: what a test says in volts, seconds and channels, as commands of one instrument family over VISA.

What lives here: a ``Protocol`` per class of instrument (``oscilloscope``, ``relay``), a module per family's dialect,
the session they share (``visa``), the table of drivers by name (``registry``) and opening one (``open``).

May be imported by: fixtures and ``harness.bench``. Imports pyvisa, numpy, ``harness.measure.waveform``, bench files
and the bench clock; never the emulation, so that a driver can't tell an emulated bench from a real one.
"""
