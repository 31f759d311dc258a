"""A debug probe at the board's JTAG pins, behind OpenOCD's TCL port.

A command ends with the octet 1A hexadecimal, and so does its answer. Of TCL there is only the form in which a failure
can be told from an answer; of OpenOCD, looking for test ports and for the processor, reading memory, the reset line.
What the ports of the chip answer is the chip's matter. Source: OpenOCD User's Guide 0.12; texts of failures [recalled].
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol, cast

from harness.emulation.instruments.line_instrument import LineInstrument, LineState
from harness.emulation.world import World

END = b"\x1a"
VERSION = "Open On-Chip Debugger 0.12.0"
NO_TARGET = "Target not examined yet"
ALL_ONES = "JTAG scan chain interrogation failed: all ones"
_CAUGHT = re.compile(r"list \[catch \{(.*)\} said\] \$said")
_READ = re.compile(r"read_memory (0x[0-9a-f]{8}) 32 (\d{1,4})")


class Chip(Protocol):
    """The chip's pins that the probe is at."""

    def answers_jtag(self) -> bool:
        """Whether any test port is at the pins."""

    def read_by_debugger(self, address: int, size: int) -> bytes | None:
        """Memory, or None where the debug port does not answer."""

    def pull_reset(self, low: bool) -> None:
        """The reset pin."""


@dataclass
class OpenOcdState:
    """The TCL port, and what the server knows."""

    exchange: LineState = field(default_factory=LineState)
    examined: bool = False
    reset_low: bool = False


class OpenOcdServer(LineInstrument):
    """The server with its probe."""

    state: OpenOcdState
    latency_ns = 2_000_000
    """Some USB frames of 1 ms for what goes to the probe [recalled]."""
    message_end = END

    def __init__(self, world: World, name: str, chip: Chip) -> None:
        self._chip = chip
        self.state = OpenOcdState()
        super().__init__(world, name)

    def write(self, data: bytes, *, end: bool) -> None:
        """Octets arrive; a command ends with 1A."""
        exchange = self.state.exchange
        *commands, exchange.input = (exchange.input + data).split(END)
        for command in commands:
            exchange.output += self.execute(command.decode("latin-1").strip()).encode("latin-1") + END

    def execute(self, line: str) -> str:
        """Run one command."""
        caught = _CAUGHT.fullmatch(line)
        if caught is None:
            return f'invalid command name "{line.split(" ", maxsplit=1)[0]}"'
        failed, said = self._run(caught[1])
        return f"{int(failed)} {{{said}}}"

    def _run(self, command: str) -> tuple[bool, str]:
        if command == "version":
            return False, VERSION
        if command in {"adapter assert srst", "adapter deassert srst"}:
            low = command == "adapter assert srst"
            if low != self.state.reset_low:
                self.state.reset_low = low
                self._chip.pull_reset(low)
            return False, ""
        if command == "jtag arp_init":
            return (False, "") if self._chip.answers_jtag() else (True, ALL_ONES)
        if command == "[target current] arp_examine":
            self.state.examined = self._chip.read_by_debugger(0, 4) is not None
            return (False, "") if self.state.examined else (True, ALL_ONES)
        if match := _READ.fullmatch(command):
            return self._read(int(match[1], 16), int(match[2]))
        return True, f'invalid command name "{command.split(" ", maxsplit=1)[0]}"'

    def _read(self, address: int, words: int) -> tuple[bool, str]:
        octets = self._chip.read_by_debugger(address, 4 * words) if self.state.examined else None
        if octets is None:
            return True, NO_TARGET
        read = (int.from_bytes(octets[at : at + 4], "little") for at in range(0, len(octets), 4))
        return False, " ".join(f"{word:#x}" for word in read)


def make_openocd(world: World, name: str) -> OpenOcdServer:
    """The probe at the pins of the world's meter."""
    return OpenOcdServer(world, name, cast(Chip, world.component("mcu")))
