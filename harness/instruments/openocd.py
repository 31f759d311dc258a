"""Driver of a debug probe behind OpenOCD's TCL port (6666), which serves most makers' probes.

A command and its answer end with the octet 1A hexadecimal. An answer does not say whether the command failed, so each
one is caught: ``list [catch {COMMAND} said] $said`` answers 0 or 1 and the words. Source: OpenOCD User's Guide 0.12,
"Tcl Scripting API", "Reset Configuration"; texts of failures are passed on, never compared.
"""

from __future__ import annotations

import re

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.devices import declared_identity
from harness.instruments.errors import BadAnswerError, CommandError, IdentityError
from harness.instruments.line import LineSession
from harness.instruments.visa import Identity, Traffic

WORDS_MAX = 256
"""At once: an answer of some 3 KB."""

_ANSWER = re.compile(r"(\d{1,3})(?: (.*))?", re.DOTALL)
_VERSION = re.compile(r"(?:\S+ )?Open On-Chip Debugger (\d+\.\d+\S*).*", re.DOTALL)
_WORD = re.compile(r"0x[0-9a-fA-F]{1,8}")


class _TclSession(LineSession):
    TERMINATOR = "\x1a"


class OpenOcd:
    """A probe behind OpenOCD; implements ``harness.instruments.debug_probe.DebugProbe``."""

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        name: str = "debug_probe",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._session = session = _TclSession(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        session.clear()
        version = _VERSION.fullmatch(self._run("version"))
        if version is None:
            raise IdentityError(name, "does not answer 'version' as OpenOCD does; check 'resource' in the bench file")
        self._identity = declared_identity(name, "OpenOCD", "debug probe", serial, version[1])

    def identity(self) -> Identity:
        """OpenOCD's version as it said; the probe's serial number as the bench file declares it."""
        return self._identity

    def reset(self) -> None:
        """The reset line is let go."""
        self.release_reset()

    def scan(self) -> str:
        """Look for the chain of test ports; empty if one answers, else OpenOCD's words."""
        failed, said = self._try("jtag arp_init")
        return (said or "no answer") if failed else ""

    def examine(self) -> str:
        """Look for the processor; empty if it answers, else OpenOCD's words."""
        failed, said = self._try("[target current] arp_examine")
        return (said or "no answer") if failed else ""

    def read_words(self, address: int, count: int) -> list[int]:
        """So many 32-bit words from there; none if OpenOCD fails to read them (it gives all of them, or fails)."""
        if not 1 <= count <= WORDS_MAX:
            raise ValueError(f"{count} words at once; expected 1 to {WORDS_MAX}")
        command = f"read_memory {address:#010x} 32 {count}"
        failed, said = self._try(command)
        words = said.split()
        if failed:
            return []
        if len(words) != count or not all(_WORD.fullmatch(word) for word in words):
            raise BadAnswerError(self._session.name, command, said, f"{count} words, as 0x20000000 each")
        return [int(word, 16) for word in words]

    def hold_reset(self) -> None:
        """Pull the meter's reset line."""
        self._run("adapter assert srst")

    def release_reset(self) -> None:
        """Let it go."""
        self._run("adapter deassert srst")

    def _run(self, command: str) -> str:
        failed, said = self._try(command)
        if failed:
            raise CommandError(self._session.name, command, [said])
        return said

    def _try(self, command: str) -> tuple[bool, str]:
        answer = self._session.query(f"list [catch {{{command}}} said] $said")
        match = _ANSWER.fullmatch(answer.strip())
        if match is None:
            raise BadAnswerError(self._session.name, command, answer, "0 or 1, space, what the command said")
        said = (match[2] or "").strip()
        return match[1] != "0", said[1:-1] if said.startswith("{") and said.endswith("}") else said
