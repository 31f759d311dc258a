"""What emulated relay boards share: their relays, and the ports through which a driver reaches them.

A board is a component whose coils follow its output pins; each relay takes its time, drawn from the seed, and then
works an actuator of the world, as a channel of the VISA switch unit does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from harness.bench.errors import LinkClosedError, LinkError
from harness.bench.link import Received
from harness.emulation.instruments.relay_unit import Actuator
from harness.emulation.world import PlainComponent, World

T = TypeVar("T")

OPERATE_NS, RELEASE_NS = (3_000_000, 10_000_000), (1_000_000, 5_000_000)
"""Limits of a relay's times: data sheet of a small 5 V power relay states 10 ms and 5 ms at most [recalled]."""
I2C_BYTE_NS = 90_000
"""Eight bits and the acknowledge at 100 kHz."""
USB_FRAME_NS = 1_000_000
"""A full-speed bus polls once in a frame of 1 ms."""


@dataclass
class BoardState:
    """The relays of a board: coils that are driven, and how often each coil was switched."""

    driven: int = 0
    movements: dict[int, int] = field(default_factory=dict)


class RelayBoard(PlainComponent):
    """A board's relays. ``actuators``: channel → what it works; the other channels switch nothing."""

    state: BoardState

    def __init__(self, world: World, name: str, actuators: Mapping[int, Actuator], channels: range) -> None:
        self.actuators = dict(actuators)
        stream = world.stream(f"{name}/relays")
        self.operate_ns = {channel: stream.take_int(*OPERATE_NS) for channel in channels}
        self.release_ns = {channel: stream.take_int(*RELEASE_NS) for channel in channels}
        super().__init__(world, name)

    def drive(self, mask: int) -> None:
        """The coils of ``mask`` are driven from now on, the others are not."""
        state = self.state
        changed = mask ^ state.driven
        state.driven = mask
        for channel in self.actuators:
            if changed >> channel & 1:
                closed = bool(mask >> channel & 1)
                movement = state.movements[channel] = state.movements.get(channel, 0) + 1
                delay_ns = (self.operate_ns if closed else self.release_ns)[channel]
                argument = (channel, closed, movement)
                self.world.schedule(self.world.now_ns + delay_ns, self.name, "contact", argument)

    def on_event(self, kind: str, argument: Any) -> None:
        """A contact moves, unless its coil was switched again in the meantime."""
        if kind != "contact":
            super().on_event(kind, argument)
        channel, closed, movement = argument
        if self.state.movements[channel] == movement:
            actuator = self.actuators[channel]
            self.world.schedule(self.world.now_ns, actuator.component, actuator.kind, closed)


class SmbusBoard(RelayBoard, ABC):
    """A board whose port expander is a device on an SMBus."""

    @abstractmethod
    def receive_byte(self) -> int:
        """The device sends one byte; raises LinkError where it does not acknowledge."""

    @abstractmethod
    def send_byte(self, value: int) -> None:
        """The device takes one byte."""

    @abstractmethod
    def read_register(self, register: int) -> int:
        """A register's number is written, then its byte is read."""

    @abstractmethod
    def write_register(self, register: int, value: int) -> None:
        """A register's number and its byte are written."""


class SerialBoard(RelayBoard, ABC):
    """A board on a serial port."""

    @abstractmethod
    def receive(self, data: bytes) -> None:
        """Octets come from the computer now."""

    @abstractmethod
    def take(self) -> bytes:
        """What the board has sent by now."""

    @abstractmethod
    def next_ns(self) -> int | None:
        """When the board's next octets are sent; None if nothing is on its way."""


class EmulatedSmbus:
    """A driver's end of an SMBus; implements ``harness.bench.ports.SmbusPort``. A transfer takes its bits' time."""

    def __init__(self, world: World, resource: str, board: SmbusBoard) -> None:
        self._world = world
        self._resource = resource
        self._board: SmbusBoard | None = board

    def read_byte(self) -> int:
        """SMBus receive byte."""
        return self._transfer(2, lambda board: board.receive_byte())

    def write_byte(self, value: int) -> None:
        """SMBus send byte."""
        self._transfer(2, lambda board: board.send_byte(value))

    def read_register(self, register: int) -> int:
        """SMBus read byte data."""
        return self._transfer(4, lambda board: board.read_register(register))

    def write_register(self, register: int, value: int) -> None:
        """SMBus write byte data."""
        self._transfer(3, lambda board: board.write_register(register, value))

    def close(self) -> None:
        """Give the bus back."""
        self._board = None

    def _transfer(self, bytes_on_wire: int, transfer: Callable[[SmbusBoard], T]) -> T:
        if self._board is None:
            raise LinkClosedError(f"{self._resource}: the port is closed; open a new one")
        self._world.run_until(self._world.now_ns + bytes_on_wire * I2C_BYTE_NS)
        try:
            return transfer(self._board)
        except LinkError as error:
            raise LinkError(f"{self._resource}: {error}") from error


class EmulatedSerial:
    """A driver's end of a serial board's port; implements ``harness.bench.link.ByteLink``."""

    def __init__(self, world: World, resource: str, board: SerialBoard) -> None:
        self._world = world
        self._resource = resource
        self._board: SerialBoard | None = board

    def write(self, data: bytes) -> None:
        """Send octets: they are with the board after a USB frame."""
        board = self._open_board()
        self._world.run_until(self._world.now_ns + USB_FRAME_NS)
        board.receive(data)

    def read(self, timeout_ns: int) -> list[Received]:
        """What has come, waiting up to ``timeout_ns`` in virtual time for the first octet; empty on time-out."""
        board, world = self._open_board(), self._world
        deadline_ns = world.now_ns + max(timeout_ns, 0)
        due_ns = board.next_ns()
        if due_ns is None or due_ns > deadline_ns:
            world.run_until(deadline_ns)
        else:
            world.run_until(max(due_ns, world.now_ns))
        data = board.take()
        return [Received(world.now_ns, data)] if data else []

    def close(self) -> None:
        """Close the port."""
        self._board = None

    def _open_board(self) -> SerialBoard:
        if self._board is None:
            raise LinkClosedError(f"{self._resource}: the port is closed; open a new one")
        return self._board
