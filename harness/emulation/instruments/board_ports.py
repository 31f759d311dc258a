"""Which emulated instruments are reached over VISA and which over SMBus or serial, by their resource strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.bench.errors import BenchFileError, LinkError
from harness.bench.files import InstrumentEntry
from harness.bench.link import ByteLink
from harness.bench.ports import Kind, SmbusPort, kind_of, parse_serial, parse_smbus
from harness.emulation.instruments.relay_board import EmulatedSerial, EmulatedSmbus, RelayBoard, SerialBoard, SmbusBoard
from harness.emulation.world import World


class EmulatedPorts:
    """The instruments of one emulated bench, by role; ``visa`` has those for the VISA library, by resource name."""

    def __init__(self, world: World, entries: Mapping[str, InstrumentEntry], instruments: Mapping[str, Any]) -> None:
        """Raises BenchFileError where a resource does not fit its driver, or two boards share one."""
        self._world = world
        self.visa: dict[str, Any] = {}
        self._boards: dict[object, RelayBoard] = {}
        for role, instrument in instruments.items():
            resource = entries[role].resource
            needed, found = _transport(instrument), kind_of(resource)
            if needed != found:
                raise BenchFileError(
                    f"key 'instruments.{role}.resource': driver {entries[role].driver!r} is on {needed}, but "
                    f"{resource!r} is on {found}; expected {_EXAMPLES[needed]}"
                )
            if found == "visa":
                self.visa[resource] = instrument
                continue
            key = _key(resource)
            if key in self._boards:
                raise BenchFileError(f"key 'instruments.{role}.resource': {resource!r} has an instrument already")
            self._boards[key] = instrument

    def open_smbus(self, resource: str) -> SmbusPort:
        """The board at that bus and address; raises LinkError as a bus does on which nothing acknowledges."""
        board = self._boards.get(_key(resource))
        if not isinstance(board, SmbusBoard):
            raise LinkError(f"{resource}: nothing on the emulated bench acknowledges this address")
        return EmulatedSmbus(self._world, resource, board)

    def open_serial(self, resource: str) -> ByteLink:
        """The board at that serial port; raises LinkError."""
        board = self._boards.get(_key(resource))
        if not isinstance(board, SerialBoard):
            raise LinkError(f"{resource}: the emulated bench has no such serial port")
        return EmulatedSerial(self._world, resource, board)


_EXAMPLES: dict[Kind, str] = {
    "visa": "a VISA resource name, as TCPIP0::relay::inst0::INSTR",
    "smbus": "smbus:BUS:ADDRESS, as smbus:1:0x20",
    "serial": "serial:PORT, as serial:/dev/ttyACM0",
}


def _transport(instrument: object) -> Kind:
    if isinstance(instrument, SmbusBoard):
        return "smbus"
    return "serial" if isinstance(instrument, SerialBoard) else "visa"


def _key(resource: str) -> object:
    """One bus and address can be written in two ways (0x20, 32)."""
    return parse_smbus(resource) if kind_of(resource) == "smbus" else parse_serial(resource)
