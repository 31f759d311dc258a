"""Reports of a finished (or killed) run: what a person reads, made from the run's record and nothing else.

What lives here: :func:`reports.html.write_html` and the parts it is made of: what the record says put into words and
rows (``first_page``, ``per_test``, ``matrix``, ``accreditation``), the drawings (``svg`` and the ``*_figure``
modules) and the page's templates. May be imported by ``harness.cli`` only. Imports ``harness.evidence`` (reading and
verifying a record), ``harness.plan`` (the catalogue's file) and ``harness.measure`` (verdicts, units, waveforms);
never an instrument, a bench or the emulation.
"""
