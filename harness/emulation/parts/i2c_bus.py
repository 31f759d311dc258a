"""The I2C bus on the board: which device answers, and how long a wake pulse a null address makes.

The bus is what the master calls; each call takes place at the instant the ninth clock of its byte ends, so a
device sees the exact times. Limit: a master that is reset in the middle of a byte leaves no device holding SDA low.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from harness.emulation.errors import NotModelledError, WorldError
from harness.emulation.parts.i2c_wire import I2cLine, I2cWire
from harness.emulation.world import PlainComponent, World


class I2cDevice(Protocol):
    """A part on the bus. ``True`` stands for an acknowledge."""

    address: int

    def select(self, reading: bool) -> bool:
        """The device's address was sent with this direction."""

    def take_byte(self, byte: int) -> bool:
        """The master wrote a byte."""

    def give_byte(self) -> int:
        """The master reads a byte."""

    def end(self, stopped: bool) -> None:
        """The transfer ended with a STOP, or (False) goes on with a repeated START."""

    def see_low_pulse(self, low_ns: int) -> None:
        """SDA was low without interruption for so long; parts that sleep wake from it."""


@runtime_checkable
class ReadsAhead(Protocol):
    """A part that knows its next octets, whatever the time at which they are read."""

    def give_ahead(self) -> bytes:
        """What the next reads will give, eight at most; they count as read."""

    def take_back(self, count: int) -> None:
        """The last ``count`` of them were not read."""


@dataclass
class BusState:
    """Whether a transfer is open and with whom."""

    open: bool = False
    selected: str | None = None


class I2cBus(PlainComponent):
    """One bus with its devices by name."""

    state: BusState

    def __init__(self, world: World, name: str) -> None:
        self.devices: dict[str, I2cDevice] = {}
        self._ahead: dict[str, ReadsAhead] = {}
        self.state = BusState()
        super().__init__(world, name)
        self.wire = I2cWire(world, f"{name} wire")

    def attach(self, name: str, device: I2cDevice) -> None:
        """Solder a device to the bus."""
        if any(other.address == device.address for other in self.devices.values()):
            raise WorldError(f"bus {self.name}: two devices at address 0x{device.address:02X}")
        self.devices[name] = device
        if isinstance(device, ReadsAhead):
            self._ahead[name] = device

    def make_nets(self, scl: str, sda: str) -> dict[str, I2cLine]:
        """The two wires as nets for probes, by the names given."""
        return {name: I2cLine(self.world, name, self.wire, sda=name == sda) for name in (scl, sda)}

    def address(self, seven_bits: int, reading: bool, bit_ns: int) -> bool:
        """A START (or repeated START) and the address byte have been sent; returns the acknowledge."""
        state = self.state
        if state.open:
            self._end(stopped=False)
        state.open = True
        if seven_bits == 0 and not reading:
            # Eight zero bits in a row: SDA stays low from the first to the acknowledge clock.
            for device in self.devices.values():
                device.see_low_pulse(8 * bit_ns)
            return False
        for name, device in self.devices.items():
            if device.address == seven_bits:
                if device.select(reading):
                    state.selected = name
                    return True
                return False
        return False

    def write(self, byte: int) -> bool:
        """The master sent a data byte; returns the acknowledge."""
        return self._selected().take_byte(byte) if self.state.selected else False

    def read(self) -> int:
        """The master clocks in a byte; nobody holding SDA reads as FF."""
        return self._selected().give_byte() if self.state.selected else 0xFF

    def read_ahead(self) -> bytes:
        """Octets that the next reads will give; the master keeps them, or says how many it did not need."""
        device = self._ahead.get(self.state.selected or "")
        return device.give_ahead() if device is not None else b""

    def unread(self, count: int) -> None:
        """So many of the octets given in advance were not read."""
        device = self._ahead.get(self.state.selected or "")
        if device is not None:
            device.take_back(count)

    def stop(self) -> None:
        """The master made a STOP."""
        if self.state.open:
            self._end(stopped=True)
        self.state.open = False

    def power_on(self) -> None:
        """Supply there: the pull-ups take both wires high."""
        self.wire.power(True)

    def power_off(self) -> None:
        """Supply gone: no transfer is open any more."""
        self.state = BusState()
        self.wire.power(False)

    def _selected(self) -> I2cDevice:
        if self.state.selected is None:
            raise NotModelledError(f"bus {self.name}: a byte without a selected device")
        return self.devices[self.state.selected]

    def _end(self, stopped: bool) -> None:
        if self.state.selected is not None:
            self._selected().end(stopped)
        self.state.selected = None
