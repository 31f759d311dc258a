"""What a bench is, and opening one. A test never knows whether it is real."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import pyvisa

from harness.bench.clock import Clock, WallClock
from harness.bench.errors import BenchError, BenchFileError
from harness.bench.files import BenchFile, MeterFile
from harness.bench.link import ByteLink, TcpLink
from harness.bench.ports import LinuxSmbus, SerialLink, SmbusPort


class Bench(Protocol):
    """An open bench with a meter on it."""

    file: BenchFile
    meter: MeterFile
    clock: Clock
    resources: pyvisa.ResourceManager

    @property
    def keeps_history(self) -> bool:
        """Whether a test begins with the meter as the test before left it: its counter, its log."""

    def open_link(self, name: str) -> ByteLink:
        """Open the link of that name in the bench file; raises InstrumentMissingError, LinkError."""

    def open_smbus(self, resource: str, timeout_s: float) -> SmbusPort:
        """Open the device at ``smbus:BUS:ADDRESS``; no transfer takes longer. Raises LinkError, BenchError."""

    def open_serial(self, resource: str, timeout_s: float) -> ByteLink:
        """Open the port at ``serial:PORT``; no write takes longer. Raises LinkError, BenchError."""

    def start_test(self, test_id: str) -> None:
        """Bring the bench to where every test begins. An emulated one goes back to the booted meter."""

    def close(self) -> None:
        """Give everything back; harmless when done twice."""


class RealBench:
    """Instruments over VISA, SMBus and serial ports, links over sockets, in wall time."""

    def __init__(self, file: BenchFile, meter: MeterFile) -> None:
        self.file = file
        self.meter = meter
        self.clock: Clock = WallClock()
        try:
            self.resources = pyvisa.ResourceManager(file.bench.visa_library)
        except (OSError, ValueError) as error:
            raise BenchError(
                f"VISA library {file.bench.visa_library!r} can't be loaded: {error}; "
                "set bench.visa_library in the bench file ('@py' needs nothing but Python)"
            ) from error

    @property
    def keeps_history(self) -> bool:
        """A real meter goes on from where it is."""
        return True

    def open_link(self, name: str) -> ByteLink:
        """Open the TCP link of that name."""
        address = urlsplit(self.file.link(name).address)
        if address.scheme != "tcp" or not address.hostname or not address.port:
            raise BenchFileError(
                f"key 'links.{name}.address': expected tcp://HOST:PORT on a real bench, "
                f"found {self.file.link(name).address!r}"
            )
        return TcpLink(address.hostname, address.port, self.clock)

    def open_smbus(self, resource: str, timeout_s: float) -> SmbusPort:
        """Open a device on a bus of this computer."""
        return LinuxSmbus(resource, timeout_s)

    def open_serial(self, resource: str, timeout_s: float) -> ByteLink:
        """Open a serial port of this computer, or a URL that pyserial knows."""
        return SerialLink(resource, self.clock, timeout_s)

    def start_test(self, test_id: str) -> None:
        """Nothing to go back to: a real meter keeps its history, and the fixtures put it into its quiet state."""

    def close(self) -> None:
        """Close the VISA library's sessions."""
        self.resources.close()


def open_bench(file: BenchFile, meter: MeterFile, *, image: bytes, symbols: Path | None, seed: int) -> Bench:
    """Open the bench that ``file`` describes, with ``meter`` on it.

    ``image``, ``symbols`` and ``seed`` are what an emulated meter runs and what its world is drawn from;
    a real meter has its image inside already.
    """
    if file.bench.kind == "real":
        return RealBench(file, meter)
    try:
        from harness.emulation.bench import EmulatedBench  # noqa: PLC0415 - the one door to the emulation
    except ImportError as error:
        raise BenchError(
            f"the emulated bench needs the extra 'emulation' ({error.name} is missing): "
            "pip install 'tamperbench[emulation]'"
        ) from error
    return EmulatedBench(file, meter, image=image, symbols=symbols, seed=seed)
