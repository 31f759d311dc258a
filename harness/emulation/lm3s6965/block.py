"""What every peripheral block of the chip has in common: a register table, an interrupt line, a core clock.

A block names each register it models with a reader and a writer. An access to anything else is an error that
says block, offset and value, since the emulation never guesses what the chip would have answered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from harness.emulation.cpu.errors import BusError
from harness.emulation.cpu.standing import StandingWord, StandingWords
from harness.emulation.errors import NotModelledError
from harness.emulation.world import PlainComponent, World

WORD_MASK = 0xFFFF_FFFF

Reader = Callable[[], int]
Writer = Callable[[int], None]


class BusFaultError(BusError):
    """The firmware did what makes the real chip answer with a bus fault (a block whose clock is off)."""


class Core(Protocol):
    """What the chip needs of its processor (``harness.emulation.cpu.CortexM3``)."""

    def set_irq(self, line: int, level: bool) -> None:
        """Level of an NVIC input."""

    def set_clock(self, hz: int) -> None:
        """The core clock changed."""

    def load_flash(self, offset: int, data: bytes) -> None:
        """New contents of the flash."""

    def read_memory(self, address: int, size: int) -> bytes:
        """Contents of flash or RAM."""

    def power_on(self) -> None:
        """Supply is there: reset and run."""

    def power_off(self) -> None:
        """Supply is gone."""

    def hold_reset(self) -> None:
        """The reset line is low: stand still until ``power_on``."""

    def request_reset(self) -> None:
        """Reset before the next instruction."""

    def stop_with(self, error: BaseException) -> None:
        """End the run, and raise this there."""


@dataclass
class CoreClock:
    """The core clock: nominal rate, and the error of the crystal it comes from.

    One cycle lasts ``(1e9 + error_ppb) / hz`` nanoseconds; both directions are exact integer arithmetic, so that
    long times do not drift.
    """

    hz: int
    error_ppb: int = 0

    def to_ns(self, cycles: int) -> int:
        """How long so many cycles last, rounded down."""
        return cycles * (1_000_000_000 + self.error_ppb) // self.hz

    def to_fs(self, cycles: int) -> int:
        """The same in femtoseconds."""
        return cycles * (1_000_000_000 + self.error_ppb) * 1_000_000 // self.hz

    def to_cycles(self, ns: int) -> int:
        """How many whole cycles have passed after ``ns``."""
        return ns * self.hz // (1_000_000_000 + self.error_ppb)


class Chip(Protocol):
    """What a block may ask of the chip it is part of."""

    world: World
    clock: CoreClock

    def set_irq(self, line: int, level: bool) -> None:
        """Level of an interrupt line of this chip."""

    def is_peripheral_pin(self, port: str, pin: int) -> bool:
        """True if the pin is digital and given to its alternate function."""

    def is_open_drain(self, port: str, pin: int) -> bool:
        """True if the pin is set to open drain."""

    def has_pins(self, port: str, peripheral: int, open_drain: int = 0) -> bool:
        """True if all of these pins (bits) are so: the same for several at once."""

    def pins_changed(self) -> None:
        """What some pins are given to was changed."""

    def stop_with(self, error: BaseException) -> None:
        """End the processor's run, and raise this there."""

    def reset(self, cause: int) -> None:
        """Reset the whole chip; ``cause`` is the bit of RESC."""


class Block(PlainComponent, ABC):
    """One peripheral block: ``self.state`` plus tables of readers and writers by offset."""

    irq_lines: tuple[int, ...] = ()

    def __init__(self, chip: Chip, name: str) -> None:
        self.chip = chip
        self.readers: dict[int, Reader] = {}
        self.writers: dict[int, Writer] = {}
        self.standing: dict[int, StandingWord | None] = {}
        """Registers told in advance (``harness.emulation.cpu.standing``), by offset; None: no place was left."""
        self._words: tuple[StandingWords, int] | None = None
        super().__init__(chip.world, name)

    def place_standing(self, words: StandingWords, base: int) -> None:
        """The chip says where the block lies."""
        self._words = words, base

    def hold(self, offset: int, value: int) -> int:
        """Gives ``value`` back: the register at ``offset`` reads so until :meth:`forget`, without being asked."""
        if offset not in self.standing and self._words is not None:
            words, base = self._words
            self.standing[offset] = words.add(base + offset)
        word = self.standing.get(offset)
        if word is not None:
            word.hold(value)
        return value

    def forget(self) -> None:
        """Something was changed that registers told in advance come from."""
        for word in self.standing.values():
            if word is not None:
                word.forget()

    def clock_switched(self, on: bool) -> None:
        """The chip's clock gate of this block opened or closed; most need not know."""

    def clock_changed(self) -> None:
        """The core clock has another rate; most ask for it when they need it."""

    @property
    def needs_clock(self) -> bool:
        """True while it counts, sends or receives, which on the chip would stand still without its clock."""
        return False

    def read(self, offset: int) -> int:
        """A 32-bit read of the register at ``offset``."""
        reader = self.readers.get(offset)
        if reader is None:
            raise self.not_modelled("read", offset, None)
        return reader()

    def write(self, offset: int, value: int) -> None:
        """A 32-bit write of the register at ``offset``."""
        writer = self.writers.get(offset)
        if writer is None:
            raise self.not_modelled("write", offset, value)
        writer(value)

    def reader_at(self, offset: int) -> Reader | None:
        """What a read at ``offset`` comes to, if it is always the same; a block that does more than that has none."""
        return self.readers.get(offset) if type(self).read is Block.read else None

    def writer_at(self, offset: int) -> Writer | None:
        """The same for a write."""
        return self.writers.get(offset) if type(self).write is Block.write else None

    def not_modelled(self, access: str, offset: int, value: int | None, why: str = "") -> NotModelledError:
        """The error for an access this block has no model of."""
        what = f"{self.name}: {access} at offset 0x{offset:03X}"
        if value is not None:
            what += f" of value 0x{value:08X}"
        if not why:
            known = offset in self.readers
            why = "the register is read-only here" if known else "no register of the model is there"
        return NotModelledError(f"{what}: {why}")

    def add_field(self, offset: int, field: str, mask: int = WORD_MASK) -> None:
        """A plain read/write register kept in ``state.<field>``; a bit outside ``mask`` is refused."""

        def write(value: int) -> None:
            if value & ~mask:
                raise self.not_modelled("write", offset, value, f"only bits 0x{mask:08X} are modelled")
            setattr(self.state, field, value)

        self.readers[offset] = lambda: int(getattr(self.state, field))
        self.writers[offset] = write

    @abstractmethod
    def reset_block(self) -> None:
        """Bring every register to its reset value; pending events of the block are dropped."""
