"""The terminal a person reads. When nobody reads any more (``certify | head``) the run goes on in silence."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from rich.console import Console

COMMAND = "tamperbench "
NARROWEST = 24
"""Characters of a last column that are still read as text; a narrower one begins anew below its row."""
INDENT = 6


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


def fitted_for(console: Console, text: str) -> list[str]:
    """The lines of ``text`` for a person at a terminal; into a pipe or a file they go as they are."""
    lines = text.split("\n")
    return [part for line in lines for part in fitted(line, console.width)] if console.is_terminal else lines


def fitted(line: str, width: int) -> list[str]:
    """A line as lines that break between words, each under the column that it goes on.

    A command is put on a line of its own and never broken: it is there to be pasted.
    """
    text, gap, command = line.partition(f"  {COMMAND}")
    if len(line) <= width or (gap and not text.strip()) or line.startswith(COMMAND):
        return [line]
    if gap:
        return [*fitted(text, width), f"{' ' * INDENT}{COMMAND}{command}"]
    begin = len(line) - len(line.lstrip())
    gaps = [found.end() for found in re.finditer(r"(?<=\S) {2,}(?=\S)", line)]
    hang = gaps[-1] if gaps else begin
    if gaps and hang > width - NARROWEST:
        below = " " * (begin + INDENT)
        return [*fitted(line[:hang].rstrip(), width), *_wrapped(line[hang:], width, below, below)]
    return _wrapped(line[hang:], width, line[:hang], " " * (hang if gaps else begin + INDENT))


def _wrapped(text: str, width: int, first: str, then: str) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )


def columns(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Rows as lines, each column as wide as its widest cell; the last one is left as long as it is."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)] if rows else []
    return [
        indent + "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]
