"""A relay board with a PCF8574: eight quasi-bidirectional pins, all high at power-on, low closes a relay.

Source: PCF8574 data sheet (SCPS068): one byte written sets the pins, one byte read gives their levels; no registers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.emulation.instruments.relay_board import BoardState, SmbusBoard
from harness.emulation.instruments.relay_unit import Actuator
from harness.emulation.world import World

CHANNELS = range(8)
ALL_HIGH = 0xFF


@dataclass
class Pcf8574State(BoardState):
    """The levels last written."""

    levels: int = ALL_HIGH


class Pcf8574Board(SmbusBoard):
    """The board. Nothing pulls its pins but the relay drivers, so they read as written."""

    state: Pcf8574State

    def __init__(self, world: World, name: str, actuators: Mapping[int, Actuator], *, active_low: bool = True) -> None:
        self.active_low = active_low
        self.state = Pcf8574State()
        super().__init__(world, name, actuators, CHANNELS)
        if not active_low:
            # Such a board closes everything when it gets its supply; a lab that wires one so sees it in step one.
            self.drive(ALL_HIGH)

    def receive_byte(self) -> int:
        """The pins' levels."""
        return self.state.levels

    def send_byte(self, value: int) -> None:
        """Set the pins."""
        self.state.levels = value
        self.drive(~value & ALL_HIGH if self.active_low else value)

    def read_register(self, register: int) -> int:
        """The part takes the register's number for levels: what a driver for another part does to this one."""
        self.send_byte(register)
        return self.receive_byte()

    def write_register(self, register: int, value: int) -> None:
        """Both bytes set the pins, one after the other."""
        self.send_byte(register)
        self.send_byte(value)
