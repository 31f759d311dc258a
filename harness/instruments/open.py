"""Opening an instrument of a bench file by its driver, and giving it back on every way out."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pyvisa
from pyvisa.resources import MessageBasedResource

from harness.bench.bench import Bench
from harness.instruments.errors import TransportError
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
    options: dict[str, Any] = {}
    if needed := getattr(driver, "LIMITS", ()):
        options["limits"] = Limits(role, entry.limits, needed)
    try:
        resource = bench.resources.open_resource(entry.resource, open_timeout=OPEN_TIMEOUT_MS)
    except (pyvisa.Error, OSError, ValueError) as error:
        raise TransportError(
            role, f"{entry.resource!r} can't be opened: {error}; check 'resource', cable, power and network"
        ) from error
    try:
        if not isinstance(resource, MessageBasedResource):
            raise TransportError(role, f"{entry.resource!r} takes no messages; expected an INSTR or SOCKET resource")
        yield driver(
            resource,
            bench.clock,
            name=role,
            serial=entry.serial,
            traffic=traffic,
            timeout_ms=round(entry.timeout_s * 1000),
            **options,
        )
    finally:
        resource.close()
