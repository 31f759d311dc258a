"""Ctrl-C, SIGTERM and a closed terminal during a test: they take effect between two exchanges, never inside one.

Python raises KeyboardInterrupt wherever it happens to be. Inside a callback from C, a finaliser or a library's
``except`` it gets lost there, and the test goes on with a value that was never taken. So while a test runs the wish is
only noted; the record asks for it at the next exchange. A test without exchanges is ended after ``GRACE_S`` wherever it
is, and who asks twice is answered at once. Tear-down is never ended: a half of it would leave outputs on, and every
step of it has a time-out of its own.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

GRACE_S = 1.0
WORDS = {
    signal.SIGINT: "interrupted by the operator",
    signal.SIGTERM: "terminated",
    signal.SIGHUP: "the terminal was closed",
}


class Interruption:
    """The wish to stop, of one process."""

    def __init__(self) -> None:
        self._wish = ""
        self._is_noting = False
        self._is_holding = False
        self._before: dict[signal.Signals, Any] = {}

    def install(self) -> None:
        """Take over the signals, if this is the thread that gets them. One that is ignored (nohup) stays so."""
        if threading.current_thread() is threading.main_thread():
            heeded = [number for number in WORDS if signal.getsignal(number) is not signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._take) for number in heeded}
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._insist)

    def uninstall(self) -> None:
        """Give them back; harmless when done twice."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    @contextmanager
    def noting(self) -> Generator[None]:
        """In here a first signal is noted, for ``check``; outside it is raised at once."""
        self._is_noting = True
        try:
            yield
        finally:
            self._is_noting = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    @contextmanager
    def holding(self) -> Generator[None]:
        """In here a signal waits for the end, however often it comes: outputs are being switched off."""
        self._is_holding = True
        try:
            yield
        finally:
            self._is_holding = False

    def check(self) -> None:
        """Raise KeyboardInterrupt if it was wished for; once, so that the way to the safe state stays open."""
        if self._is_holding:
            return
        wish, self._wish = self._wish, ""
        if wish:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt(wish)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        words = WORDS[signal.Signals(number)]
        if self._is_holding:
            self._wish = words
            return
        if self._is_noting and not self._wish:
            self._wish = words
            signal.setitimer(signal.ITIMER_REAL, GRACE_S)
            return
        self._wish = ""
        raise KeyboardInterrupt(words)

    def _insist(self, _number: int, _frame: FrameType | None) -> None:
        self.check()
