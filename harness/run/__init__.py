"""One run of a plan on a bench: its inputs, bringing the bench up, the run folder.

May be imported by ``harness.plugin`` and ``harness.cli``; imports every other package of ``harness`` except
``harness.emulation``.
"""
