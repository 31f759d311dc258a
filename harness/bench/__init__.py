"""The bench as a test sees it: bench and meter files, the clock, opening a bench, its safe state.

May be imported by everything in ``harness`` but ``harness.emulation.cpu`` and parts; imports nothing of
``harness`` itself, except that opening a bench file of kind ``emulated`` loads ``harness.emulation``.
"""
