"""The record of a run: what a test saw and decided, hash-chained as it is written, and read and checked again.

What lives here: the model of a record, writing it (:mod:`record`, :mod:`run_folder`), reading it
(:mod:`reader`) and verifying it (:mod:`verify`). May be imported by ``fixtures``, ``testplans``, ``reports`` and
``harness``'s command line; imports only ``harness.measure`` and ``harness.bench``.
"""
