"""A relay board with a Microchip MCP23017: registers, pins, and relays on the pins that are outputs.

Source: MCP23017 data sheet (DS20001952): register map tables 3-3 and 3-5, values at power-on, IOCON. What a relay
driver does not use (interrupt flags and captures) is refused as not modelled, never read as zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.emulation.errors import NotModelledError
from harness.emulation.instruments.relay_board import BoardState, SmbusBoard
from harness.emulation.instruments.relay_unit import Actuator
from harness.emulation.world import World

CHANNELS = range(16)
NAMES = ("IODIR", "IPOL", "GPINTEN", "DEFVAL", "INTCON", "IOCON", "GPPU", "INTF", "INTCAP", "GPIO", "OLAT")
"""In the order of their addresses, of port A and port B each."""
NOT_MODELLED = ("INTF", "INTCAP")
BANK, UNUSED_OF_IOCON = 0x80, 0x01


def _at_power_on() -> dict[str, list[int]]:
    return {name: [0xFF, 0xFF] if name == "IODIR" else [0, 0] for name in NAMES if name != "GPIO"}


@dataclass
class Mcp23017State(BoardState):
    """Registers by name, for port A and port B; GPIO is no memory."""

    registers: dict[str, list[int]] = field(default_factory=_at_power_on)


class Mcp23017Board(SmbusBoard):
    """The board. Inputs read high: the relay drivers' inputs and nothing else are on the pins."""

    state: Mcp23017State

    def __init__(self, world: World, name: str, actuators: Mapping[int, Actuator], *, active_low: bool = False) -> None:
        self.active_low = active_low
        self.state = Mcp23017State()
        super().__init__(world, name, actuators, CHANNELS)

    def receive_byte(self) -> int:
        """Without a register's number the part goes on from its address pointer, which no driver here relies on."""
        raise NotModelledError(f"{self.name}: a read from the address pointer; write the register's number first")

    def send_byte(self, value: int) -> None:
        """Only the address pointer would be set."""
        raise NotModelledError(f"{self.name}: a write of the address pointer alone ({value:#04x})")

    def read_register(self, register: int) -> int:
        """One register's byte."""
        name, port = self._decode(register)
        if name == "GPIO":
            return self._pins(port) ^ self.state.registers["IPOL"][port]
        return self.state.registers[name][port]

    def write_register(self, register: int, value: int) -> None:
        """One register's byte; a write to GPIO goes to the latch (data sheet 3.5.10)."""
        name, port = self._decode(register)
        registers = self.state.registers
        if name == "IOCON":
            registers[name] = [value & ~UNUSED_OF_IOCON] * 2
        else:
            registers["OLAT" if name == "GPIO" else name][port] = value
        self._drive_relays()

    def _decode(self, register: int) -> tuple[str, int]:
        """Name and port of an address, which depends on IOCON.BANK."""
        if self.state.registers["IOCON"][0] & BANK:
            index, port = register & 0x0F, register >> 4
        else:
            index, port = register >> 1, register & 1
        if index >= len(NAMES) or port > 1 or NAMES[index] in NOT_MODELLED:
            raise NotModelledError(f"{self.name}: register {register:#04x} of the MCP23017 is not modelled")
        return NAMES[index], port

    def _pins(self, port: int) -> int:
        registers = self.state.registers
        return registers["OLAT"][port] | registers["IODIR"][port]

    def _drive_relays(self) -> None:
        """A pin that is an input drives nothing, whichever way the relay's driver is made."""
        registers = self.state.registers
        outputs = ~(registers["IODIR"][0] | registers["IODIR"][1] << 8) & 0xFFFF
        levels = registers["OLAT"][0] | registers["OLAT"][1] << 8
        self.drive((~levels if self.active_low else levels) & outputs)
