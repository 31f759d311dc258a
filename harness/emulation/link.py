"""A byte link that ends at one of the emulated board's serial lines. Waiting on it lets the world go on."""

from __future__ import annotations

from harness.bench.errors import LinkClosedError
from harness.bench.link import Received
from harness.emulation.parts.serial_endpoint import SerialEndpoint
from harness.emulation.world import World

GAP_CHARACTERS = 2
"""Silence of two characters ends a chunk, as a serial port's time-out does; ten entries per message, not hundreds."""

CHUNK_OCTETS = 4096


class EmulatedLink:
    """The bench's end of a serial line of the meter."""

    def __init__(self, world: World, endpoint: SerialEndpoint) -> None:
        self._world = world
        self._endpoint = endpoint
        self._open = True

    def write(self, data: bytes) -> None:
        """Send bytes at the line's own rate; they are on their way when this returns."""
        self._check_open()
        self._endpoint.write(data)

    def read(self, timeout_ns: int) -> list[Received]:
        """What has come, waiting up to ``timeout_ns`` for the first octet; empty on time-out."""
        self._check_open()
        world, endpoint = self._world, self._endpoint
        deadline_ns = world.now_ns + max(timeout_ns, 0)
        received = endpoint.state.received
        while not received and world.now_ns < deadline_ns:
            world.run_until(deadline_ns, wake_on=endpoint.topic)
        if not received:
            return []
        line = endpoint.state.line
        gap_ns = GAP_CHARACTERS * line.frame_bits * line.bit_fs // 1_000_000
        if len(received) < CHUNK_OCTETS:
            world.run_until_quiet(gap_ns, endpoint.topic, lambda: len(received) < CHUNK_OCTETS)
        octets = endpoint.take()
        return [Received(octets[-1][0], bytes(octet for _, octet in octets))]

    def set_line(self, baud: int, framing: str) -> None:
        """Set this end of the line."""
        self._check_open()
        self._endpoint.set_line(baud, framing)

    def close(self) -> None:
        """Give the link back."""
        self._open = False

    def _check_open(self) -> None:
        if not self._open:
            raise LinkClosedError(f"link {self._endpoint.topic}: expected an open link, it is closed; open a new one")
