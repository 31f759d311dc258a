"""Reports of a finished (or killed) run: what a person reads, made from the run's record and nothing else.

What lives here: :func:`reports.outputs.write_outputs`, which writes every form at once, and :func:`check_outputs`,
which makes them again and compares. :mod:`reports.content` is what all forms say (``first_page``, ``per_test``,
``matrix``, ``accreditation``, and the drawings of ``svg`` and the ``*_figure`` modules); ``html``, ``pdf``, ``junit``,
``allure``, ``values_csv`` and ``meter_traffic`` lay it out. May be imported by ``harness.cli`` only. Imports
``harness.evidence`` (reading and verifying a record), ``harness.plan`` (the catalogue's file) and ``harness.measure``
(verdicts, units, waveforms); never an instrument, a bench or the emulation.
"""
