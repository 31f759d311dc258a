"""Ports of a real bench that are no VISA: resource strings, a serial port on a pseudo-terminal, an SMBus adapter."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Generator
from typing import Any

import pytest

from harness.bench.clock import WallClock
from harness.bench.errors import BenchError, BenchFileError, LinkClosedError, LinkError, LinkTimeoutError
from harness.bench.ports import (
    I2C_RETRIES,
    I2C_TIMEOUT,
    LinuxSmbus,
    SerialLink,
    SmbusResource,
    kind_of,
    parse_serial,
    parse_smbus,
)

MS = 1_000_000


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("smbus:1:0x20", "smbus"),
        ("serial:/dev/ttyUSB0", "serial"),
        ("TCPIP0::h::inst0::INSTR", "visa"),
        ("ASRL/dev/ttyUSB0::INSTR", "visa"),
        ("", "visa"),
    ],
)
def test_the_scheme_says_which_port(resource: str, kind: str) -> None:
    assert kind_of(resource) == kind


def test_an_smbus_address_in_either_notation() -> None:
    assert parse_smbus("smbus:1:0x20") == parse_smbus("smbus:1:32") == SmbusResource(1, 0x20)
    assert parse_smbus("smbus:0:0x77") == SmbusResource(0, 0x77)


@pytest.mark.parametrize(
    "resource",
    [
        "smbus:",
        "smbus:1",
        "smbus:1:",
        "smbus:1:0x78",
        "smbus:1:7",
        "smbus:1:0x",
        "smbus:a:0x20",
        "smbus:1:0x20:0",
        "smbus:1:032",
    ],
)
def test_what_is_no_smbus_device_says_what_was_expected(resource: str) -> None:
    with pytest.raises(BenchFileError, match="expected smbus:BUS:ADDRESS"):
        parse_smbus(resource)


def test_a_serial_port_keeps_colons_of_its_own() -> None:
    assert parse_serial("serial:socket://host:4001") == "socket://host:4001"
    with pytest.raises(BenchFileError, match="expected serial:PORT"):
        parse_serial("serial: ")


# A serial port: a pseudo-terminal is one for every program.


@pytest.fixture
def terminal() -> Generator[tuple[int, str]]:
    device, line = os.openpty()
    yield device, os.ttyname(line)
    os.close(line)
    os.close(device)


def test_octets_go_both_ways_as_they_are(terminal: tuple[int, str]) -> None:
    device, name = terminal
    link = SerialLink(f"serial:{name}", WallClock(), 1.0)
    link.write(b"relay on 0\r\x00\xff")
    assert os.read(device, 100) == b"relay on 0\r\x00\xff"
    os.write(device, b"relay on 0\n\r>\x11\x13")
    data = b""
    while not data.endswith(b"\x13"):
        data += b"".join(chunk.data for chunk in link.read(1000 * MS))
    assert data == b"relay on 0\n\r>\x11\x13", "no flow control swallows octets"
    link.close()
    link.close()
    with pytest.raises(LinkClosedError, match="open a new one"):
        link.write(b"x")


def test_silence_is_empty_after_its_time(terminal: tuple[int, str]) -> None:
    link, clock = SerialLink(f"serial:{terminal[1]}", WallClock(), 1.0), WallClock()
    before_ns = clock.now_ns()
    assert link.read(50 * MS) == []
    assert 40 * MS <= clock.now_ns() - before_ns < 2000 * MS
    assert link.read(0) == []
    link.close()


def test_a_port_that_another_program_has_is_refused(terminal: tuple[int, str]) -> None:
    link = SerialLink(f"serial:{terminal[1]}", WallClock(), 1.0)
    with pytest.raises(LinkError, match="no other program has the port open"):
        SerialLink(f"serial:{terminal[1]}", WallClock(), 1.0)
    link.close()


def test_a_port_that_is_not_there_is_told() -> None:
    for port in ("/dev/ttyNONE7", "nonsense://x", "/etc/hostname"):
        with pytest.raises(LinkError, match="can't be opened"):
            SerialLink(f"serial:{port}", WallClock(), 1.0)


def test_a_device_that_is_unplugged_is_told() -> None:
    device, line = os.openpty()
    link = SerialLink(f"serial:{os.ttyname(line)}", WallClock(), 1.0)
    os.close(line)
    os.close(device)
    with pytest.raises(LinkClosedError, match="check cable and device"):
        link.read(100 * MS)
    with pytest.raises(LinkClosedError):
        link.read(100 * MS)


# An SMBus adapter: smbus2 with its calls to the kernel written down.


class Adapter:
    """As much of ``smbus2.SMBus`` as the port uses."""

    fd = 42

    def __init__(self, bus: int, calls: list[tuple[Any, ...]], fault: OSError | None = None) -> None:
        self.calls, self.fault = calls, fault
        self.calls.append(("open", bus))

    def close(self) -> None:
        self.calls.append(("close",))

    def __getattr__(self, name: str) -> Callable[..., int]:
        def transfer(*arguments: int) -> int:
            self.calls.append((name, *arguments))
            if self.fault is not None:
                raise self.fault
            return 0x5A

        return transfer


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    made: list[tuple[Any, ...]] = []
    monkeypatch.setattr("smbus2.SMBus", lambda bus: Adapter(bus, made))
    monkeypatch.setattr("fcntl.ioctl", lambda fd, number, value: made.append(("ioctl", fd, number, value)))
    return made


def test_every_transfer_has_the_bench_files_time_out_and_no_retries(calls: list[tuple[Any, ...]]) -> None:
    port = LinuxSmbus("smbus:3:0x21", 0.25)
    assert calls == [("open", 3), ("ioctl", 42, I2C_TIMEOUT, 25), ("ioctl", 42, I2C_RETRIES, 0)]
    calls.clear()
    port.write_register(0x14, 0x81)
    assert port.read_register(0x12) == 0x5A
    port.write_byte(0xFE)
    assert port.read_byte() == 0x5A
    port.close()
    port.close()
    assert calls == [
        ("write_byte_data", 0x21, 0x14, 0x81),
        ("read_byte_data", 0x21, 0x12),
        ("write_byte", 0x21, 0xFE),
        ("read_byte", 0x21),
        ("close",),
    ]
    with pytest.raises(LinkClosedError, match="open a new one"):
        port.read_byte()


@pytest.mark.parametrize(
    ("number", "kind", "hint"),
    [
        (errno.ETIMEDOUT, LinkTimeoutError, "SCL or SDA low"),
        (errno.EREMOTEIO, LinkError, "wiring"),
        (errno.ENXIO, LinkError, "address"),
        (errno.ENODEV, LinkClosedError, "plug it in"),
    ],
)
def test_each_failure_of_a_transfer_has_its_kind(
    calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, number: int, kind: type[LinkError], hint: str
) -> None:
    fault = OSError(number, os.strerror(number))
    monkeypatch.setattr("smbus2.SMBus", lambda bus: Adapter(bus, calls, fault))
    port = LinuxSmbus("smbus:1:0x20", 1.0)
    with pytest.raises(kind, match=hint) as caught:
        port.read_register(0x12)
    assert type(caught.value) is kind
    assert "smbus:1:0x20" in str(caught.value)


def test_a_bus_that_is_not_there_is_told() -> None:
    with pytest.raises(LinkError, match="i2cdetect"):
        LinuxSmbus("smbus:250:0x20", 1.0)


def test_an_adapter_without_a_time_out_is_not_used(
    calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_fd: int, _number: int, _value: int) -> None:
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))

    monkeypatch.setattr("fcntl.ioctl", refused)
    with pytest.raises(LinkError, match="time-out"):
        LinuxSmbus("smbus:1:0x20", 1.0)
    assert calls[-1] == ("close",)


@pytest.mark.parametrize(("package", "resource"), [("smbus2", "smbus:1:0x20"), ("serial", "serial:/dev/ttyS0")])
def test_a_missing_package_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, package: str, resource: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    opens: dict[str, Callable[[], object]] = {
        "smbus2": lambda: LinuxSmbus(resource, 1.0),
        "serial": lambda: SerialLink(resource, WallClock(), 1.0),
    }
    with pytest.raises(BenchError, match="pip install"):
        opens[package]()
