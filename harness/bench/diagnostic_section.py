"""What a meter file says about the meter's diagnostic port, and where its password is.

A run's record keeps the meter file, and a record is given away: so a password that is a secret never stands in the
meter file, only the name of the file that holds it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from pydantic import Field, model_validator

from harness.bench.errors import BenchFileError
from harness.bench.toml_file import FileModel

PASSWORD_FILE_VARIABLE = "TAMPERBENCH_PASSWORD_FILE"  # noqa: S105 - the name of a variable that names a file
"""Environment variable that says where the file is, instead of the meter file: for CI, and to replay a record."""
LONGEST = 256
_OTHERS = 0o077
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


class DiagnosticSection(FileModel):
    """The meter's diagnostic port, if it has one that a password opens (INT-4). ``{password}`` stands for it."""

    published_password: str | None = Field(default=None, pattern=r"^[\x20-\x7e]+$")
    """A test password that is no secret: it stands in every record."""
    password_file: Path | None = None
    """File with the password alone, mode 600; relative to the meter file. Its content is in no record."""
    login: str = Field(default="{password}\r", pattern=r"\{password\}")
    """What is sent to open the port."""
    opened: str
    refused: str
    locked: str
    """What its answer contains when the port is open, when the password was wrong, and while it takes none."""
    leave: str = "\r"
    """What is sent to close an open port again."""

    ask_limits: str | None = None
    """What is sent to an open port to be told the thresholds in force; nothing where they can't be set."""
    limits: str | None = Field(default=None, pattern=r"\{(debounce_ms|storm_debounce_ms|tilt_deg|vibration_ms)\}")
    """How the port tells thresholds, and, with a CR behind it, how it is told others."""
    limits_refused: str | None = None
    """What it answers to values that it does not take."""

    @model_validator(mode="after")
    def _tells_all_of_limits(self) -> DiagnosticSection:
        known = [name for name in ("ask_limits", "limits", "limits_refused") if getattr(self, name) is not None]
        if len(known) not in (0, 3):
            raise ValueError(f"found {', '.join(known)}: expected ask_limits, limits and limits_refused, or none")
        return self

    @model_validator(mode="after")
    def _has_one_password(self) -> DiagnosticSection:
        if (self.published_password is None) == (self.password_file is None):
            raise ValueError(
                "expected one of 'password_file' (the name of a file with the password, mode 600) and "
                "'published_password' (one that may stand in every record)"
            )
        return self

    def beside(self, folder: Path) -> DiagnosticSection:
        """The same, its password file found from ``folder``, where the meter file is."""
        if self.password_file is None:
            return self
        return self.model_copy(update={"password_file": folder / self.password_file.expanduser()})

    def login_with(self, word: str) -> bytes:
        """What is sent to try ``word`` as the password."""
        return self.login.replace("{password}", word).encode("latin-1")

    @property
    def password(self) -> str:
        """The one that opens the port, read now; raises BenchFileError if its file is not there or not private."""
        if self.published_password is not None:
            return self.published_password
        told = os.environ.get(PASSWORD_FILE_VARIABLE)
        return read_password(Path(told) if told else self.password_file or Path())


def read_password(path: Path) -> str:
    """The password in the file at ``path``; raises BenchFileError, which never shows what is in it."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise BenchFileError(
            f"{path}: the diagnostic port's password can't be read: {error.strerror}; put the password there, "
            f"mode 600, or name its file in the environment variable {PASSWORD_FILE_VARIABLE}"
        ) from error
    if mode & _OTHERS:
        raise BenchFileError(
            f"{path}: others than its owner may read this password (mode {mode & 0o777:o}); chmod 600 it"
        )
    password = data.decode("latin-1").removesuffix("\n").removesuffix("\r")
    if len(password) > LONGEST or not _PRINTABLE.fullmatch(password):
        raise BenchFileError(
            f"{path}: expected the diagnostic port's password alone, 1 to {LONGEST} printable ASCII characters in one "
            f"line; found {len(data)} octets that are none"
        )
    return password
