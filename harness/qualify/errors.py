"""What keeps a qualification from being made. That a defect was not caught is a result, not an error."""

from __future__ import annotations

from harness.bench.errors import BenchError


class QualifyError(BenchError):
    """No qualification could be made; the text says why and what to do."""
