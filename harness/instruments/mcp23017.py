"""Driver of relay boards behind a Microchip MCP23017 port expander, over SMBus.

Channels 0 to 7 are GPA0 to GPA7, 8 to 15 GPB0 to GPB7. Usual boards drive their relays through a transistor array, so a
high output closes a relay; ``active_low`` is for the others. Source: MCP23017 data sheet (DS20001952).
"""

from __future__ import annotations

from harness.bench.clock import Clock
from harness.bench.ports import SmbusPort
from harness.instruments.errors import BadAnswerError
from harness.instruments.expander_board import ExpanderBoard
from harness.instruments.visa import Traffic

ALL = 0xFFFF
IODIRA, IODIRB, IPOLA, IPOLB, IOCON, GPIOA, GPIOB, OLATA, OLATB = 0x00, 0x01, 0x02, 0x03, 0x0A, 0x12, 0x13, 0x14, 0x15
"""Registers with IOCON.BANK = 0 (data sheet table 3-3)."""
IOCON_COPY = 0x0B
"""The same register at a second address."""
BANKED_IOCON = 0x05
"""IOCON where BANK = 1; with BANK = 0 that is GPINTENB, where a zero (no interrupts) does no harm."""
INTPOL = 0x02
"""A bit of IOCON that changes nothing while interrupts are off: what the part is known by."""


class Mcp23017(ExpanderBoard):
    """A relay board behind an MCP23017."""

    MAKER, PART, CHANNELS = "Microchip", "MCP23017", range(16)

    def __init__(
        self,
        port: SmbusPort,
        clock: Clock,
        *,
        name: str = "relay unit",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
        active_low: bool = False,
    ) -> None:
        """Also makes sure of the part and of its register map."""
        super().__init__(
            port, clock, name=name, serial=serial, traffic=traffic, timeout_ms=timeout_ms, active_low=active_low
        )
        self._device.write_register(BANKED_IOCON, 0)
        self._check_part()

    def _check_part(self) -> None:
        """Another part at this address would take the writes too: IOCON stands at two addresses of this one only."""
        for value in (INTPOL, 0):
            self._device.write_register(IOCON, value)
            for register in (IOCON, IOCON_COPY):
                self._expect(register, value)

    def _switch(self, mask: int) -> None:
        """Latches first, directions after them: a pin that becomes an output has its level at once."""
        levels = mask ^ self._off
        for register, value in (
            (OLATA, levels & 0xFF),
            (OLATB, levels >> 8),
            (IPOLA, 0),
            (IPOLB, 0),
            (IODIRA, 0),
            (IODIRB, 0),
        ):
            self._device.write_register(register, value)
        self._settle()
        if self._closed_mask() != mask:
            raise BadAnswerError(
                self._device.name, f"levels {levels:#06x}", "other levels at the pins", "the levels that were written"
            )

    def _closed_mask(self) -> int:
        """From latches and pins, which must agree; a board whose pins are inputs has its relays at rest."""
        directions = self._read_pair(IODIRA)
        if directions == ALL:
            return 0
        if directions != 0 or self._read_pair(IPOLA) != 0:
            raise BadAnswerError(
                self._device.name, "IODIR, IPOL", f"{directions:#06x}", "16 plain outputs; open all relays first"
            )
        latches, pins = self._read_pair(OLATA), self._read_pair(GPIOA)
        if latches != pins:
            raise BadAnswerError(
                self._device.name,
                "OLAT, GPIO",
                f"{latches:#06x}, {pins:#06x}",
                "pins at their latches' levels; check the board for a short",
            )
        return pins ^ self._off

    def _read_pair(self, register: int) -> int:
        return self._device.read_register(register) | self._device.read_register(register + 1) << 8

    def _expect(self, register: int, value: int) -> None:
        found = self._device.read_register(register)
        if found != value:
            raise BadAnswerError(
                self._device.name,
                f"read register {register:#04x}",
                f"{found:#04x}",
                f"{value:#04x}, as was written; check that an MCP23017 is at this address",
            )
