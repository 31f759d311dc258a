"""A GPIO port: pins with directions, pulls and interrupts, wired to nets and to parts outside.

Source: LM3S6965 data sheet, chapter "General-Purpose Input/Outputs"; StellarisWare ``hw_gpio.h``. A pin's level comes,
in this order, from outside, from the port's own driver, from its pull; a pin that nothing holds has no level and
reading it is an error, since the chip would return whatever leaked in.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Protocol

from harness.emulation.cpu.native import load_native_core
from harness.emulation.lm3s6965.block import Block, Chip, Reader, Writer
from harness.emulation.lm3s6965.native_block import NativeRegisters, check_size

LOCK_KEY = 0x1ACC_E551
DATA_END = 0x400
PORT_PINS = {"a": 8, "b": 8, "c": 8, "d": 8, "e": 4, "f": 4, "g": 2}
"""Pins brought out per port on the LM3S6965."""
DEBUG_PINS = {"b": 0x80, "c": 0x0F}
"""JTAG/SWD pins: alternate function, pull-up and digital enable out of reset, and locked by GPIOCR."""

KEPT_PINS = ("data", "pin_level", "ris")
"""What a snapshot keeps of ``PinRegisters``."""


class Wire(Protocol):
    """What is soldered to a pin (a net, or a part's input)."""

    def drive(self, level: bool) -> None:
        """The pin is on ``level``; told each time, also when nothing changed."""


@dataclass
class GpioState:
    """Registers, one bit per pin; ``external_low`` and ``external_high`` are what parts outside force."""

    dir: int = 0
    sense: int = 0
    both: int = 0
    event: int = 0
    im: int = 0
    afsel: int = 0
    dr2r: int = 0xFF
    dr4r: int = 0
    dr8r: int = 0
    odr: int = 0
    pur: int = 0
    pdr: int = 0
    slr: int = 0
    den: int = 0
    commit: int = 0xFF
    locked: bool = True
    external_low: int = 0
    external_high: int = 0


class PinRegisters(NativeRegisters):
    """``struct tb_pins`` of gpio_pins.h, the same bytes."""

    _fields_: ClassVar = [
        *(
            (name, ctypes.c_uint32)
            for name in ("data", "pin_level", "ris", "sense", "both", "event", "quick", "select")
        ),
        ("part", ctypes.c_void_p),
    ]


class GpioPort(Block):
    """GPIO port A to G. ``nets`` are the board's wires by pin; a wired pin that nothing holds is low (board bleed).

    DATA, the pins' levels and the latched edges are in ``pins``: the native core switches a chip select by itself.
    """

    state: GpioState

    def __init__(self, chip: Chip, port: str, irq: int, base: int) -> None:
        self.port = port
        self.irq_lines = (irq,)
        self.nets: dict[int, Wire] = {}
        self.state = GpioState()
        self._native, self.pins = load_native_core(), PinRegisters()
        check_size(self.pins, self._native.tb_pins_size())
        self._native.tb_pins_init(self.place)
        self.pins.base = base
        super().__init__(chip, f"gpio{port}")
        self._describe()
        self.reset_block()

    def _describe(self) -> None:
        state_fields = {
            0x400: "dir", 0x404: "sense", 0x408: "both", 0x40C: "event", 0x410: "im", 0x500: "dr2r", 0x504: "dr4r",
            0x508: "dr8r", 0x50C: "odr", 0x510: "pur", 0x514: "pdr", 0x518: "slr", 0x51C: "den", 0x420: "afsel",
        }  # fmt: skip
        for offset, field in state_fields.items():
            self.readers[offset] = self._field_reader(field)
            self.writers[offset] = self._field_writer(offset, field)
        self.readers[0x414] = self._raw_status
        self.readers[0x418] = lambda: self._raw_status() & self.state.im
        self.writers[0x41C] = self._clear_interrupts
        self.readers[0x520], self.writers[0x520] = lambda: int(self.state.locked), self._write_lock
        self.readers[0x524], self.writers[0x524] = lambda: self.state.commit, self._write_commit

    @property
    def place(self) -> int:
        """Where the pins lie, for the native core; valid as long as this object lives."""
        return ctypes.addressof(self.pins)

    def clock_switched(self, on: bool) -> None:
        """The chip's gate of this block."""
        self.pins.open = on

    def connect(self, pin: int, net: Wire, *, native_half: int = 0) -> None:
        """Solder ``net`` to a pin; it may lead to the chip select of a part that has a ``struct tb_spi_part``."""
        self.nets[pin] = net
        if native_half:
            self.pins.select, self.pins.part = 1 << pin, native_half
        self._settle()

    def force(self, pin: int, level: bool | None) -> None:
        """A part outside holds the pin on ``level``, or lets go of it (None)."""
        bit = 1 << pin
        self.state.external_low = self.state.external_low & ~bit | (bit if level is False else 0)
        self.state.external_high = self.state.external_high & ~bit | (bit if level is True else 0)
        self._settle()

    def is_peripheral_pin(self, pin: int) -> bool:
        """True if the pin is digital and given to its alternate function."""
        return bool(self.state.afsel & self.state.den & 1 << pin)

    def is_open_drain(self, pin: int) -> bool:
        """True if the pin's driver only pulls low."""
        return bool(self.state.odr & 1 << pin)

    def is_output(self, pin: int) -> bool:
        """True if the port itself drives the pin."""
        return bool(self.state.dir & self.state.den & ~self.state.afsel & 1 << pin)

    def read(self, offset: int) -> int:
        """A 32-bit read; below 0x400 the address bits 9-2 are the mask of the DATA bits read."""
        if offset < DATA_END:
            return self._read_pins(offset)
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """A 32-bit write; below 0x400 the address bits 9-2 are the mask of the DATA bits written."""
        if offset < DATA_END:
            self._write_data(offset >> 2, value)
            return
        super().write(offset, value)

    def reader_at(self, offset: int) -> Reader | None:
        """The mask of the DATA bits is in the address."""
        return partial(self._read_pins, offset) if offset < DATA_END else self.readers.get(offset)

    def writer_at(self, offset: int) -> Writer | None:
        """The mask of the DATA bits is in the address."""
        return partial(self._write_data, offset >> 2) if offset < DATA_END else self.writers.get(offset)

    def _write_data(self, mask: int, value: int) -> None:
        self.forget()
        if not self._native.tb_block_write(self.place, mask << 2, value, self.world.now_ns):
            self.pins.data = self.pins.data & ~mask | value & mask
            self._settle()

    def _read_pins(self, offset: int) -> int:
        return self.hold(offset, self._read_data(offset >> 2))

    def _read_data(self, mask: int) -> int:
        state = self.state
        asked = mask & state.den & ~state.dir
        held = state.external_low | state.external_high | state.pur | state.pdr | state.afsel
        if asked & ~held:
            pins = ", ".join(f"P{self.port.upper()}{pin}" for pin in range(8) if asked & ~held & 1 << pin)
            raise self.not_modelled("read", mask << 2, None, f"{pins}: digital input with no driver and no pull")
        return int((self.pins.data & state.dir | self.pins.pin_level & ~state.dir) & state.den & mask)

    def _settle(self) -> None:
        """Work out every pin's level, tell the nets, latch edges, drive the interrupt line."""
        state, pins = self.state, self.pins
        self.forget()
        data = pins.data
        driven = state.dir & state.den & ~state.afsel
        drive_high, drive_low = driven & data & ~state.odr, driven & ~data
        if drive_high & state.external_low or drive_low & state.external_high:
            raise self.not_modelled("write", 0, data, "an output drives against a part on the board")
        pulled_up = state.pur & state.den & ~(state.external_low | drive_low)
        high = state.external_high | drive_high | pulled_up
        for pin, net in self.nets.items():
            net.drive(bool(high & 1 << pin))
        seen = high & state.den
        changed, pins.pin_level = seen ^ pins.pin_level, seen
        if changed:
            rising, falling = changed & seen, changed & ~seen
            edges = state.both & changed | ~state.both & (state.event & rising | ~state.event & falling)
            pins.ris |= edges & ~state.sense & 0xFF
        self._tell_quick()
        if state.im:
            self.drive_irq()

    def _tell_quick(self) -> None:
        """The outputs that the native core may switch: no net, no other part, no interrupt depends on them."""
        state, pins = self.state, self.pins
        pins.sense, pins.both, pins.event = state.sense, state.both, state.event
        netted = sum(1 << pin for pin in self.nets) & ~pins.select
        held = state.afsel | state.odr | state.external_low | state.external_high | state.im | netted
        pins.quick = state.dir & state.den & ~held

    def _raw_status(self) -> int:
        """Latched edges, and for level-sensitive pins the level itself."""
        state = self.state
        level = ~(self.pins.pin_level ^ state.event) & state.sense & state.den
        return int((self.pins.ris & ~state.sense | level) & 0xFF)

    def drive_irq(self) -> None:
        """The port's one line is the OR of its masked pins."""
        self.chip.set_irq(self.irq_lines[0], bool(self._raw_status() & self.state.im))

    def _clear_interrupts(self, bits: int) -> None:
        self.pins.ris &= ~bits
        self.drive_irq()

    def _field_reader(self, field: str) -> Callable[[], int]:
        return lambda: int(getattr(self.state, field))

    def _field_writer(self, offset: int, field: str) -> Callable[[int], None]:
        committed = field in {"afsel", "pur", "den"}
        strength = {"dr2r": ("dr4r", "dr8r"), "dr4r": ("dr2r", "dr8r"), "dr8r": ("dr2r", "dr4r")}
        exclusive = {"pur": ("pdr",), "pdr": ("pur",), **strength}.get(field, ())

        def write(value: int) -> None:
            if value & ~((1 << PORT_PINS[self.port]) - 1):
                raise self.not_modelled("write", offset, value, f"port {self.port.upper()} has fewer pins")
            state = self.state
            if committed:
                # Bits whose GPIOCR bit is 0 keep their value: the JTAG pins' commit protection.
                value = value & state.commit | getattr(state, field) & ~state.commit
            setattr(state, field, value)
            for other in exclusive:
                setattr(state, other, getattr(state, other) & ~value)
            if field == "im":  # no pin's level depends on it
                self._tell_quick()
                self.drive_irq()
                return
            self._settle()
            if field in {"afsel", "den", "odr"}:
                self.chip.pins_changed()

        return write

    def _write_lock(self, value: int) -> None:
        self.state.locked = value != LOCK_KEY

    def _write_commit(self, value: int) -> None:
        if self.state.locked:
            raise self.not_modelled("write", 0x524, value, "GPIOCR is locked; write the key to GPIOLOCK first")
        self.state.commit = value & 0xFF

    def reset_block(self) -> None:
        """Reset values; what parts outside do to the pins is theirs and stays."""
        debug = DEBUG_PINS.get(self.port, 0)
        self.state = GpioState(
            afsel=debug,
            pur=debug,
            den=debug,
            commit=0xFF & ~debug,
            external_low=self.state.external_low,
            external_high=self.state.external_high,
        )
        self.pins.data, self.pins.pin_level, self.pins.ris = 0, 0, 0
        self._settle()
        self.chip.pins_changed()
        self.pins.ris = 0
        self.drive_irq()

    # State

    def capture(self) -> tuple[Any, dict[str, int]]:
        """A copy of all state."""
        return super().capture(), {name: int(getattr(self.pins, name)) for name in KEPT_PINS}

    def restore(self, state: tuple[Any, dict[str, int]]) -> None:
        """Take back what ``capture`` gave."""
        super().restore(state[0])
        for name, value in state[1].items():
            setattr(self.pins, name, value)
        self._tell_quick()
