"""The serial EEPROM: 32 KB in pages of 64 bytes, a write cycle of up to 5 ms, and what a power cut does to a page.

Source: Microchip 24LC256 data sheet (24AA256/24LC256/24FC256): page buffer wraps within the page, the write starts
at the STOP, no acknowledge during T_WC (5 ms at most), sequential reads run over the whole array and wrap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.emulation.world import NONVOLATILE, PlainComponent, World

SIZE = 32 * 1024
PAGE = 64
WRITE_NS = (3_000_000, 5_000_000)
"""T_WC is 5 ms at most; how much quicker a part may be is an assumption."""
AHEAD = 8
"""Bytes handed over at once (``ReadsAhead``)."""


@dataclass
class EepromState:
    """The array, the address pointer, the page being collected or written."""

    array: bytearray
    pointer: int = 0
    address_bytes: int = 0
    page: dict[int, int] = field(default_factory=dict)
    writing: bool = False
    reading: bool = False


class Eeprom24lc256(PlainComponent):
    """The part on the bus; delivered erased (FF)."""

    state: EepromState

    def __init__(self, world: World, name: str, address: int = 0x50) -> None:
        self.address = address
        self.write_ns = world.stream(f"{name} traits").take_int(*WRITE_NS)
        self.state = EepromState(bytearray(b"\xff" * SIZE))
        super().__init__(world, name)

    def see_low_pulse(self, low_ns: int) -> None:
        """Nothing: the part has no wake condition."""

    def select(self, reading: bool) -> bool:
        """No acknowledge while a page is being written."""
        state = self.state
        if state.writing:
            return False
        state.reading = reading
        if not reading:
            state.address_bytes = 0
            state.page.clear()
        return True

    def take_byte(self, byte: int) -> bool:
        """Two address bytes, then data into the page buffer, wrapping within the page."""
        state = self.state
        if state.address_bytes < 2:
            state.pointer = (state.pointer << 8 | byte) & (SIZE - 1)
            state.address_bytes += 1
        else:
            state.page[state.pointer] = byte
            state.pointer = state.pointer & ~(PAGE - 1) | (state.pointer + 1) & (PAGE - 1)
        return True

    def give_byte(self) -> int:
        """The byte at the pointer, which goes on."""
        byte = self.state.array[self.state.pointer]
        self.state.pointer = (self.state.pointer + 1) % SIZE
        return byte

    def give_ahead(self) -> bytes:
        """The next bytes: no write cycle begins before this transfer has ended."""
        state = self.state
        ahead = bytes(state.array[state.pointer : state.pointer + AHEAD])
        state.pointer = (state.pointer + len(ahead)) % SIZE
        return ahead

    def take_back(self, count: int) -> None:
        """The last ``count`` bytes were not read."""
        self.state.pointer = (self.state.pointer - count) % SIZE

    def end(self, stopped: bool) -> None:
        """A STOP after data starts the write cycle; a repeated START drops the data."""
        state = self.state
        if state.reading or not state.page:
            return
        if not stopped:
            state.page.clear()
            return
        state.writing = True
        self.world.signal(NONVOLATILE)
        self.world.schedule(self.world.now_ns + self.write_ns, self.name, "written")

    def on_event(self, kind: str, argument: Any) -> None:
        """The write cycle is over."""
        if kind != "written":
            super().on_event(kind, argument)
        state = self.state
        for address, byte in state.page.items():
            state.array[address] = byte
        state.page.clear()
        state.writing = False
        self.world.signal(NONVOLATILE)

    def power_off(self) -> None:
        """A cut in the write cycle leaves each byte of the page old, new or garbage.

        Every byte of the page is at risk, also those not written: the part rewrites whole pages internally.
        """
        state = self.state
        self.world.cancel(self.name, "written")
        if state.writing:
            start = next(iter(state.page)) & ~(PAGE - 1)
            stream = self.world.stream(f"{self.name} torn page")
            fates, garbage = stream.take_bytes(PAGE), stream.take_bytes(PAGE)
            for index in range(PAGE):
                address, fate = start + index, fates[index] % 3
                if fate == 1:
                    state.array[address] = state.page.get(address, state.array[address])
                elif fate == 2:
                    state.array[address] = garbage[index]
        state.page.clear()
        state.writing = state.reading = False
        state.address_bytes = 0
