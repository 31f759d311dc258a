"""The chip: memory map, clock gates, interrupt lines, resets and the supply.

Bases and interrupt numbers: LM3S6965 data sheet, tables "Memory Map" and "Interrupts"; StellarisWare ``hw_memmap.h``,
``hw_ints.h``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from harness.emulation.cpu.standing import StandingWords
from harness.emulation.errors import NotModelledError, WorldError
from harness.emulation.lm3s6965.adc import Adc
from harness.emulation.lm3s6965.block import Block, BusFaultError, Core, CoreClock, Reader, Writer
from harness.emulation.lm3s6965.flash_controller import FlashController
from harness.emulation.lm3s6965.gpio import DEBUG_PINS, PORT_PINS, GpioPort
from harness.emulation.lm3s6965.gptm import Gptm
from harness.emulation.lm3s6965.hibernation import Crystal, Hibernation
from harness.emulation.lm3s6965.i2c_master import I2cMaster
from harness.emulation.lm3s6965.ssi import Ssi
from harness.emulation.lm3s6965.sysctl import RESC_EXTERNAL, RESC_POWER_ON, RESC_SOFTWARE, Sysctl
from harness.emulation.lm3s6965.uart import Uart
from harness.emulation.lm3s6965.watchdog import Watchdog
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.world import PlainComponent, World

IRQ_LINES = 44
DEBUG_OPEN = 0b10
"""DBG1 and DBG0 of USER_DBG."""
PERIPHERAL_RANGES = ((0x4000_0000, 0x10_0000),)
"""Start and size of what the processor hands to :meth:`Mcu.read` and :meth:`Mcu.write`."""

FLASH_BASE, RAM_BASE = 0x0000_0000, 0x2000_0000
SYSCTL_PAGE = 0x400FE
I2C_PAGE = 0x40020
SSI_PAGE = 0x40008

GPIO_MAP = {"a": (0x40004, 0), "b": (0x40005, 1), "c": (0x40006, 2), "d": (0x40007, 3), "e": (0x40024, 4)} | {
    "f": (0x40025, 30),
    "g": (0x40026, 31),
}
UART_MAP = ((0x4000C, 5, ("a", 0, 1)), (0x4000D, 6, ("d", 2, 3)), (0x4000E, 33, ("g", 0, 1)))
"""Page, interrupt, and port with the pins of RX and TX."""
GPTM_MAP = ((0x40030, 19), (0x40031, 21), (0x40032, 23), (0x40033, 35))

Gate = tuple[str, int]
"""A clock gate: field of ``SysctlState`` and bit."""


@dataclass
class McuState:
    """Supply, and the interrupt lines as last told to the processor."""

    powered: bool = False
    irq_levels: int = 0


class Mcu(PlainComponent):
    """All blocks of one LM3S6965; the processor is attached after it is built, since it needs this as its bus."""

    state: McuState

    def __init__(
        self,
        world: World,
        i2c: I2cBus,
        *,
        epoch_ns: int,
        core_ppb: int,
        crystal: Crystal,
        temperature_mC: Callable[[], int] | None = None,
    ) -> None:
        self.world = world
        self.core: Core | None = None
        self.state = McuState()
        self.clock = CoreClock(1, core_ppb)
        self.sysctl = Sysctl(self)
        self.clock.hz = self.sysctl.state.clock_hz
        self.flash = FlashController(self, 29)
        self.watchdog = Watchdog(self, 18)
        self.hibernation = Hibernation(self, 43, epoch_ns=epoch_ns, crystal=crystal, temperature_mC=temperature_mC)
        self.i2c = I2cMaster(self, i2c, 8, I2C_PAGE << 12)
        self.ssi = Ssi(self, 7, SSI_PAGE << 12)
        self.gpio = {port: GpioPort(self, port, GPIO_MAP[port][1], GPIO_MAP[port][0] << 12) for port in PORT_PINS}
        self.uarts = [Uart(self, index, irq, pins) for index, (_, irq, pins) in enumerate(UART_MAP)]
        self.adc = Adc(self)
        self.timers = [Gptm(self, index, irq, page << 12) for index, (page, irq) in enumerate(GPTM_MAP)]
        self._pages: dict[int, tuple[Block, Gate | None]] = dict(self._memory_map())
        self.standing = StandingWords()
        for page, (block, _) in self._pages.items():
            block.place_standing(self.standing, page << 12)
        self._open: dict[int, Block] = {}
        self.word_readers: dict[int, Reader] = {}
        self.word_writers: dict[int, Writer] = {}
        # After the blocks, so that a restore finds their state back in place when it works out clock and gates.
        super().__init__(world, "mcu")
        self.gates_changed()

    def _memory_map(self) -> Iterator[tuple[int, tuple[Block, Gate | None]]]:
        yield 0x40000, (self.watchdog, ("rcgc0", 3))
        yield SSI_PAGE, (self.ssi, ("rcgc1", 4))
        yield I2C_PAGE, (self.i2c, ("rcgc1", 12))
        yield 0x40038, (self.adc, ("rcgc0", 16))
        yield 0x400FC, (self.hibernation, ("rcgc0", 6))
        yield 0x400FD, (self.flash, None)
        yield SYSCTL_PAGE, (self.sysctl, None)
        for bit, (port, (page, _)) in enumerate(GPIO_MAP.items()):
            yield page, (self.gpio[port], ("rcgc2", bit))
        for index, (page, _, _) in enumerate(UART_MAP):
            yield page, (self.uarts[index], ("rcgc1", index))
        for index, (page, _) in enumerate(GPTM_MAP):
            yield page, (self.timers[index], ("rcgc1", 16 + index))

    @property
    def blocks(self) -> list[Block]:
        """Every block of the chip."""
        return [block for block, _ in self._pages.values()]

    # The processor's side

    def attach_core(self, core: Core) -> None:
        """Join chip and processor; once, before power-on."""
        self.core = core

    def read(self, address: int, width: int) -> int:
        """A load from the peripheral range."""
        block = self._open.get(address >> 12)
        if width != 4 or block is None:
            raise self._refused("read", address, width, None)
        offset = address & 0xFFF
        if block is self.sysctl and self.flash.owns_sysctl_offset(offset):
            return self.flash.read_sysctl(offset)
        reader = block.reader_at(offset)
        if reader is None:
            return block.read(offset)
        self.word_readers[address] = reader
        return reader()

    def write(self, address: int, width: int, value: int) -> None:
        """A store to the peripheral range."""
        block = self._open.get(address >> 12)
        if width != 4 or block is None:
            raise self._refused("write", address, width, value)
        offset = address & 0xFFF
        if block is self.sysctl and self.flash.owns_sysctl_offset(offset):
            self.flash.write_sysctl(offset, value)
            return
        writer = block.writer_at(offset)
        if writer is None:
            block.write(offset, value)
            return
        self.word_writers[address] = writer
        writer(value)

    def _refused(self, access: str, address: int, width: int, value: int | None) -> Exception:
        entry = self._pages.get(address >> 12)
        what = f"{access} of {width} byte(s) at 0x{address:08X}"
        if value is not None:
            what += f", value 0x{value:X}"
        if entry is None:
            return NotModelledError(f"mcu: {what}: no block of the model is there")
        block, gate = entry
        if address >> 12 not in self._open and gate is not None:
            register, bit = gate
            why = f"its clock is off, set bit {bit} of {register.upper()} first"
            return BusFaultError(f"{block.name}: {what}: bus fault, {why}")
        return NotModelledError(f"{block.name}: {what}: only aligned 32-bit accesses are modelled")

    def software_reset(self) -> None:
        """The processor asked for a system reset (SYSRESETREQ); it resets itself, this resets the blocks."""
        self._reset_blocks(RESC_SOFTWARE)

    # The blocks' side

    def set_irq(self, line: int, level: bool) -> None:
        """Level of an interrupt line; the processor hears of changes only."""
        bit = 1 << line
        if bool(self.state.irq_levels & bit) == level:
            return
        self.state.irq_levels ^= bit
        if self.core is not None:
            self.core.set_irq(line, level)

    @property
    def native_blocks(self) -> tuple[int, ...]:
        """Where the blocks lie that work inside the native core."""
        return self.i2c.place, self.ssi.place, self.gpio["a"].place, *(timer.place for timer in self.timers)

    def pins_changed(self) -> None:
        """What some pins are given to was changed."""
        self.i2c.doubt()
        self.ssi.doubt()

    def stop_with(self, error: BaseException) -> None:
        """End the processor's run, and raise this there."""
        self._attached().stop_with(error)

    def is_peripheral_pin(self, port: str, pin: int) -> bool:
        """True if the pin is digital and given to its alternate function."""
        return self.gpio[port].is_peripheral_pin(pin)

    def is_open_drain(self, port: str, pin: int) -> bool:
        """True if the pin's driver only pulls low."""
        return self.gpio[port].is_open_drain(pin)

    def has_pins(self, port: str, peripheral: int, open_drain: int = 0) -> bool:
        """True if all of these pins (bits) are given to their alternate function, and those are open drain."""
        state = self.gpio[port].state
        return not peripheral & ~(state.afsel & state.den) and not open_drain & ~state.odr

    def read_flash(self, offset: int, size: int) -> bytes:
        """Contents of the flash array."""
        return self._attached().read_memory(FLASH_BASE + offset, size)

    def load_flash(self, offset: int, data: bytes) -> None:
        """New contents of the flash array."""
        self._attached().load_flash(offset, data)

    def clock_selected(self, hz: int) -> None:
        """SYSCTL switched the core clock."""
        counters: list[Gptm | Watchdog] = [self.watchdog, *self.timers]
        for counter in counters:
            counter.before_clock_change()
        self._clock_is(hz)
        self._attached().set_clock(hz)
        for counter in counters:
            counter.after_clock_change()

    def _clock_is(self, hz: int) -> None:
        self.clock.hz = hz
        for block in self.blocks:
            block.clock_changed()

    def blocks_at_work(self, gates: str, value: int) -> str:
        """Names of the blocks that ``value`` of ``gates`` would stop in the middle of their work."""
        gated = [(block, gate[1]) for block, gate in self._pages.values() if gate is not None and gate[0] == gates]
        return ", ".join(block.name for block, bit in gated if block.needs_clock and not value >> bit & 1)

    def gates_changed(self) -> None:
        """Only blocks whose clock is on answer; the others are a bus fault."""
        state = self.sysctl.state
        self.word_readers.clear()
        self.word_writers.clear()
        self.standing.forget_all()
        self._open = {
            page: block
            for page, (block, gate) in self._pages.items()
            if gate is None or getattr(state, gate[0]) >> gate[1] & 1
        }
        for page, (block, _) in self._pages.items():
            block.clock_switched(page in self._open)

    def soft_reset(self, register: int, bits: int) -> None:
        """SRCR0-2: reset single blocks."""
        for block, gate in self._pages.values():
            if gate is not None and gate[0] == f"rcgc{register}" and bits >> gate[1] & 1:
                block.reset_block()

    def reset(self, cause: int) -> None:
        """Reset chip and processor for a cause of RESC."""
        self._reset_blocks(cause)
        self._attached().request_reset()

    def _reset_blocks(self, cause: int) -> None:
        self.sysctl.note_reset(cause)
        for block in self.blocks:
            block.reset_block()
        self._clock_is(self.sysctl.state.clock_hz)
        self._attached().set_clock(self.clock.hz)
        self.gates_changed()

    def pull_reset(self, low: bool) -> None:
        """The reset pin: everything stands still while it is low, and begins anew when it rises; RAM stays."""
        if not self.state.powered:
            return
        self._reset_blocks(RESC_EXTERNAL)
        if low:
            self._attached().hold_reset()
            return
        self._attached().power_on()
        for line in range(IRQ_LINES):
            self._attached().set_irq(line, bool(self.state.irq_levels >> line & 1))

    def answers_jtag(self) -> bool:
        """Whether a test port is at PC0 to PC3, the processor's or the chip's own, which USER_DBG leaves [recalled]."""
        return self.state.powered and self.has_pins("c", DEBUG_PINS["c"])

    def read_by_debugger(self, address: int, size: int) -> bytes | None:
        """Flash or RAM through the JTAG port; None where the port does not answer.

        Source: LM3S6965 data sheet, USER_DBG: the port answers while DBG1 is 1 and DBG0 is 0, as it leaves the
        maker. The register in force counts, which a reset sets to what was committed.
        """
        if not self.answers_jtag() or self.flash.state.active["debug"] & 3 != DEBUG_OPEN:
            return None
        return self._attached().read_memory(address, size)

    # Supply

    def power_on(self) -> None:
        """The main supply has come: power-on reset."""
        if self.state.powered:
            raise WorldError("mcu: power_on while the supply is on; call power_off first")
        self.state.powered = True
        self._attached().power_on()
        self._reset_blocks(RESC_POWER_ON)
        for line in range(IRQ_LINES):
            self._attached().set_irq(line, bool(self.state.irq_levels >> line & 1))

    def power_off(self) -> None:
        """The main supply is gone; what the battery keeps (hibernation module) goes on."""
        if not self.state.powered:
            raise WorldError("mcu: power_off while the supply is off")
        self.state.powered = False
        for block in self.blocks:
            block.reset_block()
        self._clock_is(self.sysctl.state.clock_hz)
        self.gates_changed()
        self._attached().power_off()

    def restore(self, state: Any) -> None:
        """The blocks' states are back already: work out again what follows from them."""
        super().restore(state)
        self._clock_is(self.sysctl.state.clock_hz)
        self.gates_changed()

    def _attached(self) -> Core:
        if self.core is None:
            raise WorldError("mcu: no processor is attached; call attach_core first")
        return self.core
