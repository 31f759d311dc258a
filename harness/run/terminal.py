"""The terminal a person reads. When nobody reads any more (``certify | head``) the run goes on in silence."""

from __future__ import annotations

import os
import sys
from typing import Any

from rich.console import Console


class Terminal(Console):
    """A console whose reader may go away: the meter is still judged, and the exit status is still the verdict."""

    def __init__(self, **options: Any) -> None:
        """``options`` as Rich's; what stands between two colons is no picture: resources are full of them."""
        super().__init__(emoji=False, **options)

    def on_broken_pipe(self) -> None:
        """Say nothing from here on; Python's own flush at the end must not fail either."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, (sys.stderr if self.stderr else sys.stdout).fileno())
        os.close(nowhere)
