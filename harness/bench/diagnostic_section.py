"""What a meter file says about the meter's diagnostic port."""

from __future__ import annotations

from pydantic import Field

from harness.bench.toml_file import FileModel


class DiagnosticSection(FileModel):
    """The meter's diagnostic port, if it has one that a password opens (INT-4). ``{password}`` stands for it."""

    password: str = Field(min_length=1)
    """Of this one meter. A run's record keeps the meter file: give the meter another one before others get it."""
    login: str = "{password}\r"
    """What is sent to open the port."""
    opened: str
    refused: str
    locked: str
    """What its answer contains when the port is open, when the password was wrong, and while it takes none."""
    leave: str = "\r"
    """What is sent to close an open port again."""
