"""Driver of relay boards behind a PCF8574 or PCF8574A port expander, over SMBus.

Channels 0 to 7 are P0 to P7. The part's outputs sink current but can hardly source any, and are high at power-on:
boards close a relay with a low output, so that is the default here. Source: PCF8574 data sheet (SCPS068).
"""

from __future__ import annotations

from harness.bench.clock import Clock
from harness.bench.ports import SmbusPort
from harness.instruments.errors import BadAnswerError
from harness.instruments.expander_board import ExpanderBoard
from harness.instruments.visa import Traffic


class Pcf8574(ExpanderBoard):
    """A relay board behind a PCF8574.

    The part is one byte without registers: nothing tells it from any other part at its address but that the pins
    follow what is written. So the driver reads them back after every write, and twice.
    """

    MAKER, PART, CHANNELS = "NXP or TI", "PCF8574", range(8)

    def __init__(
        self,
        port: SmbusPort,
        clock: Clock,
        *,
        name: str = "relay unit",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
        active_low: bool = True,
    ) -> None:
        """Also makes sure that something answers."""
        super().__init__(
            port, clock, name=name, serial=serial, traffic=traffic, timeout_ms=timeout_ms, active_low=active_low
        )
        self._written: int | None = None
        self._closed_mask()

    def _switch(self, mask: int) -> None:
        levels = mask ^ self._off
        self._device.write_byte(levels)
        self._written = levels
        self._settle()
        self._closed_mask()

    def _closed_mask(self) -> int:
        """From the pins: read twice, equal, and as was written last, since one byte has no other check."""
        first, second = self._device.read_byte(), self._device.read_byte()
        expected = first if self._written is None else self._written
        if first != second or first != expected:
            raise BadAnswerError(
                self._device.name,
                "receive byte",
                f"{first:#04x}, {second:#04x}",
                f"{expected:#04x} twice, the pins as they were set; check address, wiring and that nobody else "
                "works the board",
            )
        return first ^ self._off
