"""Opening an instrument of a bench file by its driver, and giving it back on every way out."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pyvisa
from pyvisa.resources import MessageBasedResource

from harness.bench.bench import Bench
from harness.bench.errors import LinkError
from harness.bench.files import InstrumentEntry
from harness.bench.link import ByteLink
from harness.bench.ports import SmbusPort, kind_of
from harness.instruments.errors import SettingError, TransportError
from harness.instruments.limits import Limits
from harness.instruments.registry import find_driver
from harness.instruments.visa import Traffic

OPEN_TIMEOUT_MS = 10_000


@contextmanager
def open_instrument(bench: Bench, role: str, traffic: Traffic | None) -> Generator[Any]:
    """The bench's instrument ``role``, identified, until the context is left.

    Raises InstrumentError, and InstrumentMissingError if the bench has none.

    The driver's class depends on the bench file; what a caller may use is the Protocol of its kind
    (``oscilloscope.Oscilloscope``, ``relay.RelayUnit``).
    """
    entry = bench.file.instrument(role)
    driver = find_driver(entry.driver, role)
    options = _options(driver, role, entry)
    port = _open_port(bench, role, entry, getattr(driver, "TRANSPORT", "visa"))
    try:
        yield driver(
            port,
            bench.clock,
            name=role,
            serial=entry.serial,
            traffic=traffic,
            timeout_ms=round(entry.timeout_s * 1000),
            **options,
        )
    finally:
        port.close()


def _options(driver: Any, role: str, entry: InstrumentEntry) -> dict[str, Any]:
    """What this driver takes of the bench file beyond what every driver takes."""
    options: dict[str, Any] = {}
    if needed := getattr(driver, "LIMITS", ()):
        options["limits"] = Limits(role, entry.limits, needed, getattr(driver, "OPTIONAL_LIMITS", ()))
    if entry.active_low is not None:
        if "active_low" not in getattr(driver, "OPTIONS", ()):
            raise SettingError(role, f"driver {entry.driver!r} has no 'active_low'; take it out of the bench file")
        options["active_low"] = entry.active_low
    return options


def _open_port(
    bench: Bench, role: str, entry: InstrumentEntry, transport: str
) -> MessageBasedResource | SmbusPort | ByteLink:
    """The open port of the kind that the driver works on; raises TransportError."""
    if kind_of(entry.resource) != transport:
        raise TransportError(
            role,
            f"driver {entry.driver!r} works on {transport}, but 'resource' is {entry.resource!r}; expected "
            "smbus:BUS:ADDRESS, serial:PORT or a VISA resource name, as the driver needs",
        )
    try:
        if transport == "smbus":
            return bench.open_smbus(entry.resource, entry.timeout_s)
        if transport == "serial":
            return bench.open_serial(entry.resource, entry.timeout_s)
        resource = _open_visa(bench, entry.resource)
    except (pyvisa.Error, LinkError, OSError, ValueError) as error:
        raise TransportError(
            role, f"{entry.resource!r} can't be opened: {error}; check 'resource', cable, power and network"
        ) from error
    if not isinstance(resource, MessageBasedResource):
        resource.close()
        raise TransportError(role, f"{entry.resource!r} takes no messages; expected an INSTR or SOCKET resource")
    return resource


def _open_visa(bench: Bench, resource: str) -> Any:
    """PyVISA-py raises a bare Exception for a socket that nobody serves, or whose host has no address."""
    try:
        return bench.resources.open_resource(resource, open_timeout=OPEN_TIMEOUT_MS)
    except Exception as error:
        if type(error) is Exception:
            raise OSError(str(error)) from error
        raise
