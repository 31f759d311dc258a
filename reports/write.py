"""Putting an output in its place: whole or not at all, so that no reader ever sees half of one."""

from __future__ import annotations

import os
from pathlib import Path

from reports.errors import ReportWriteError


def replace_file(path: Path, data: bytes) -> Path:
    """Write ``data`` to ``path`` in one step, over what was there; raises ReportWriteError."""
    beside = path.with_name(f".{path.name}.partial")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)  # noqa: PTH105 - the name that says what is meant
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ReportWriteError(
            f"{path}: the report can't be written: {error.strerror}; choose a folder that exists and may be written"
        ) from error
    return path
