"""Ports that are no VISA: SMBus devices and serial lines, by the resource string of a bench file.

``smbus:BUS:ADDRESS`` (``smbus:1:0x20``) is one device on an I2C bus of this computer, ``serial:PORT`` a port or URL as
pyserial knows it (``serial:/dev/ttyACM0``). Everything else is a VISA resource name. The emulated bench has ports of
the same shape. Raises LinkError and its kinds.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from harness.bench.clock import Clock
from harness.bench.errors import BenchError, BenchFileError, LinkClosedError, LinkError, LinkTimeoutError
from harness.bench.link import Received

Kind = Literal["visa", "smbus", "serial"]
T = TypeVar("T")

SMBUS_ADDRESSES = range(0x08, 0x78)
"""The 7-bit addresses that the I2C specification leaves to devices (NXP UM10204, table 4)."""

I2C_RETRIES, I2C_TIMEOUT = 0x0701, 0x0702
"""Linux, linux/i2c-dev.h: ioctl numbers; the time-out is in units of 10 ms."""

_NS_PER_S = 1_000_000_000
_GONE = (errno.ENODEV, errno.EBADF, errno.ENOTCONN)
_SMBUS_FORM = re.compile(r"smbus:(\d{1,3}):(0x[0-9a-fA-F]{1,2}|[1-9]\d{0,2})")


@dataclass(frozen=True)
class SmbusResource:
    """A device on a bus of this computer (/dev/i2c-BUS)."""

    bus: int
    address: int


def kind_of(resource: str) -> Kind:
    """Which sort of port a resource string asks for."""
    scheme, _, _ = resource.partition(":")
    if scheme == "smbus":
        return "smbus"
    return "serial" if scheme == "serial" else "visa"


def parse_smbus(resource: str) -> SmbusResource:
    """The device behind ``smbus:BUS:ADDRESS``; raises BenchFileError."""
    match = _SMBUS_FORM.fullmatch(resource)
    if match is None or int(match[2], 0) not in SMBUS_ADDRESSES:
        raise BenchFileError(
            f"resource {resource!r}: expected smbus:BUS:ADDRESS with a 7-bit address from "
            f"{SMBUS_ADDRESSES[0]:#04x} to {SMBUS_ADDRESSES[-1]:#04x}, as smbus:1:0x20"
        )
    return SmbusResource(int(match[1]), int(match[2], 0))


def parse_serial(resource: str) -> str:
    """The port or URL behind ``serial:PORT``; raises BenchFileError."""
    _, _, port = resource.partition(":")
    if not port.strip():
        raise BenchFileError(f"resource {resource!r}: expected serial:PORT, as serial:/dev/ttyACM0 or serial:COM3")
    return port


class SmbusPort(Protocol):
    """One device on an SMBus; each call is one transfer. Raises LinkError."""

    def read_byte(self) -> int:
        """SMBus receive byte."""

    def write_byte(self, value: int) -> None:
        """SMBus send byte."""

    def read_register(self, register: int) -> int:
        """SMBus read byte data."""

    def write_register(self, register: int, value: int) -> None:
        """SMBus write byte data."""

    def close(self) -> None:
        """Give the bus back; closing twice is fine."""


class LinuxSmbus:
    """A device over Linux's i2c-dev, by smbus2. The kernel ends a transfer that takes longer than the time-out."""

    def __init__(self, resource: str, timeout_s: float) -> None:
        where = parse_smbus(resource)
        self._name = f"{resource} (/dev/i2c-{where.bus})"
        self._address = where.address
        try:
            # smbus2 needs Linux (fcntl); a bench without SMBus must not need smbus2.
            import fcntl  # noqa: PLC0415

            from smbus2 import SMBus  # noqa: PLC0415
        except ImportError as error:
            raise BenchError(f"{resource}: needs Linux and the package smbus2 ({error}): pip install smbus2") from error
        try:
            bus: Any = SMBus(where.bus)
        except OSError as error:
            raise LinkError(
                f"{self._name}: can't be opened: {error}; check that the bus is there (i2cdetect -l, module i2c-dev) "
                "and that this user may use it"
            ) from error
        self._bus: Any | None = bus
        try:
            fcntl.ioctl(bus.fd, I2C_TIMEOUT, max(1, round(timeout_s * 100)))
            # A retry of the kernel's own would switch a relay twice without anyone knowing.
            fcntl.ioctl(bus.fd, I2C_RETRIES, 0)
        except OSError as error:
            self.close()
            raise LinkError(f"{self._name}: the time-out of transfers can't be set: {error}") from error

    def read_byte(self) -> int:
        """SMBus receive byte."""
        return int(self._transfer("receive byte", lambda bus: bus.read_byte(self._address)))

    def write_byte(self, value: int) -> None:
        """SMBus send byte."""
        self._transfer("send byte", lambda bus: bus.write_byte(self._address, value))

    def read_register(self, register: int) -> int:
        """SMBus read byte data."""
        return int(
            self._transfer(f"read register {register:#04x}", lambda bus: bus.read_byte_data(self._address, register))
        )

    def write_register(self, register: int, value: int) -> None:
        """SMBus write byte data."""
        self._transfer(
            f"write register {register:#04x}", lambda bus: bus.write_byte_data(self._address, register, value)
        )

    def close(self) -> None:
        """Give the bus back."""
        bus, self._bus = self._bus, None
        if bus is not None:
            with suppress(OSError):  # the adapter may be unplugged already: nothing is left to give back
                bus.close()

    def _transfer(self, what: str, transfer: Callable[[Any], T]) -> T:
        if self._bus is None:
            raise LinkClosedError(f"{self._name}: {what}: the port is closed; open a new one")
        try:
            return transfer(self._bus)
        except OSError as error:
            text = f"{self._name}: {what}: {error.strerror or error}"
            if error.errno in (errno.ETIMEDOUT, errno.EAGAIN):
                raise LinkTimeoutError(f"{text}; check that nothing holds SCL or SDA low") from error
            if error.errno in _GONE:
                raise LinkClosedError(f"{text}; the adapter is gone: plug it in again") from error
            raise LinkError(f"{text}; check address, wiring and the board's supply") from error


class SerialLink:
    """A serial port or URL by pyserial, 8N1; implements ``harness.bench.link.ByteLink``."""

    def __init__(self, resource: str, clock: Clock, timeout_s: float, baud_Bd: int = 19_200) -> None:
        """``baud_Bd`` is without meaning on USB ports that only look serial (CDC ACM)."""
        port = parse_serial(resource)
        self._name = resource
        self._clock = clock
        try:
            import serial  # noqa: PLC0415 - a bench without serial ports must not need pyserial
        except ImportError as error:
            raise BenchError(f"{resource}: needs the package pyserial ({error}): pip install pyserial") from error
        self._error = serial.SerialException
        self._timeout_error = serial.SerialTimeoutException
        try:
            self._port: Any | None = serial.serial_for_url(
                port, baudrate=baud_Bd, timeout=timeout_s, write_timeout=timeout_s, exclusive=True
            )
        except (OSError, ValueError) as error:
            raise LinkError(
                f"{resource}: can't be opened: {error}; check 'resource', the cable, that no other program has the "
                "port open and that this user may use it"
            ) from error

    def write(self, data: bytes) -> None:
        """Send all of ``data`` within the time-out."""
        port = self._open_port()
        try:
            port.write(data)
            port.flush()
        except self._timeout_error as error:
            raise LinkTimeoutError(f"{self._name}: {len(data)} octets were not taken in time; check the device") from (
                error
            )
        except OSError as error:
            raise self._lost(error) from error

    def read(self, timeout_ns: int) -> list[Received]:
        """What has come, waiting up to ``timeout_ns`` for the first octet; empty on time-out."""
        port = self._open_port()
        try:
            port.timeout = max(0, timeout_ns) / _NS_PER_S
            data = port.read(1)
            if data:
                data += port.read(port.in_waiting)
        except OSError as error:
            raise self._lost(error) from error
        return [Received(self._clock.now_ns(), data)] if data else []

    def close(self) -> None:
        """Close the port; closing twice is fine."""
        port, self._port = self._port, None
        if port is not None:
            with suppress(OSError):  # an unplugged device: nothing is left to close
                port.close()

    def _open_port(self) -> Any:
        if self._port is None:
            raise LinkClosedError(f"{self._name}: the port is closed; open a new one")
        return self._port

    def _lost(self, cause: object) -> LinkClosedError:
        self.close()
        return LinkClosedError(f"{self._name}: the port is lost ({cause}); check cable and device")
