"""The processor as a component of a world: memories, bus, interrupt lines, time in nanoseconds, snapshots.

The run loop, the interrupt controller and exceptions are native (tb_core.h); the peripherals are the bus's.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.emulation.cpu.bus import Bus
from harness.emulation.cpu.errors import FAULT_KINDS, BusError, CpuError, FaultReport, FirmwareFault, add_place
from harness.emulation.cpu.fault_reading import read_fault
from harness.emulation.cpu.native import BUS_READ, BUS_RESET, BUS_WRITE, CoreFault, CoreState, load_native_core
from harness.emulation.cpu.standing import StandingWords
from harness.emulation.cpu.symbols import Symbols
from harness.emulation.cpu.timebase import FS_PER_NS, Timebase
from harness.emulation.world import World

FLASH_BASE = 0x0000_0000
RAM_BASE = 0x2000_0000
FLASH_PAGE_BYTES = 1024
ERASED = 0xFF
RAM_AFTER_POWER_LOSS = 0xA5
"""What RAM holds after power came back: no value a firmware would mistake for its own zeroed or kept data."""

_STOP_FAULT, _STOP_HOST, _STOP_RESET = 1, 2, 3
_FAULT_BUS = [kind for kind, _ in FAULT_KINDS].index("bus")
_LARGEST_RANGE = 0x0200_0000


@dataclass(frozen=True)
class CpuState:
    """A processor at one instant. Unchanged flash pages are the same objects in every snapshot."""

    core: bytes
    ram: bytes
    flash: tuple[bytes, ...]
    timebase: Timebase
    slept_fs: int
    slept_cycles: int
    is_locked_up: bool


class CortexM3:
    """An ARM Cortex-M3 with flash at 0, RAM at 0x20000000 and a bus for the rest.

    ``peripheral_ranges`` are pairs of base address and size in bytes, both multiples of 1 KB.
    """

    def __init__(
        self,
        world: World,
        bus: Bus,
        *,
        name: str = "cpu",
        flash_bytes: int = 256 * 1024,
        ram_bytes: int = 64 * 1024,
        peripheral_ranges: Sequence[tuple[int, int]],
        irq_lines: int = 44,
        clock_hz: int = 16_000_000,
        clock_error_ppb: int = 0,
        symbols: Symbols | None = None,
    ) -> None:
        self.name = name
        self.world = world
        self.bus = bus
        self._word_readers: Mapping[int, Callable[[], int]] = getattr(bus, "word_readers", {})
        self._word_writers: Mapping[int, Callable[[int], None]] = getattr(bus, "word_writers", {})
        self._standing: StandingWords | None = getattr(bus, "standing", None)
        self.symbols = symbols
        self.on_system_reset: Callable[[], None] | None = None
        """Called when the firmware writes AIRCR.SYSRESETREQ; without it the processor alone is reset."""
        self._flash_bytes, self._ram_bytes, self._irq_lines = flash_bytes, ram_bytes, irq_lines
        self._timebase = Timebase(clock_hz, clock_error_ppb)
        self._slept_fs = self._slept_cycles = self._target_ns = 0
        self._running = False
        self._raised: BaseException | None = None
        self._failed: Exception | None = None
        self._is_locked_up = False
        self._bus_reason = ""
        self._open(peripheral_ranges)
        self._flash_pages = [bytes([ERASED]) * FLASH_PAGE_BYTES] * (flash_bytes // FLASH_PAGE_BYTES)
        ctypes.memset(self._flash, ERASED, flash_bytes)
        ctypes.memset(self._ram, RAM_AFTER_POWER_LOSS, ram_bytes)
        world.add_processor(self)

    def _open(self, peripheral_ranges: Sequence[tuple[int, int]]) -> None:
        if not 1 <= self._irq_lines <= 64:
            raise CpuError(f"{self.name}: {self._irq_lines} interrupt lines; 1 to 64 are possible")
        self._native = load_native_core()
        # ctypes callbacks live as long as someone holds them, and the core holds only their addresses.
        self._callbacks = (BUS_READ(self._bus_read), BUS_WRITE(self._bus_write), BUS_RESET(self._bus_reset))
        self._core = self._native.tb_open(self._flash_bytes, self._ram_bytes, self._irq_lines, *self._callbacks)
        if not self._core:
            raise CpuError(
                f"{self.name}: the engine refuses {self._flash_bytes} bytes of flash and {self._ram_bytes} of RAM; "
                "both must be multiples of 4096"
            )
        self._state = CoreState.from_address(self._core)
        self._native.tb_set_time(self._core, *self._timebase.parts)
        self._native.tb_set_words(self._core, self._standing and self._standing.place)
        for block in getattr(self.bus, "native_blocks", ()):
            if not self._native.tb_attach(self._core, block):
                raise CpuError(f"{self.name}: more blocks inside the native core than TB_BLOCKS")
        self._fault = CoreFault.from_address(self._native.tb_fault_of(self._core))
        self._flash = self._native.tb_flash_of(self._core)
        self._ram = self._native.tb_ram_of(self._core)
        for base, size in peripheral_ranges:
            # A pair of addresses is the likely mistake; then "size" is huge.
            if size > _LARGEST_RANGE or self._native.tb_map(self._core, base, size):
                raise CpuError(
                    f"{self.name}: peripheral range ({base:#x}, {size:#x}) can't be mapped; "
                    "give base and size in bytes, multiples of 1024, not overlapping"
                )

    def __del__(self) -> None:
        core = getattr(self, "_core", None)
        if core:
            self._core = None
            self._native.tb_close(core)

    # Memories

    def load_flash(self, offset: int, data: bytes) -> None:
        """Put ``data`` into flash, as a programmer or the flash controller does."""
        self._check_span("flash", offset, len(data), self._flash_bytes)
        ctypes.memmove(self._flash + offset, data, len(data))
        self._native.tb_invalidate(self._core, offset, len(data))
        for page in range(offset // FLASH_PAGE_BYTES, -(-(offset + len(data)) // FLASH_PAGE_BYTES)):
            self._flash_pages[page] = ctypes.string_at(self._flash + page * FLASH_PAGE_BYTES, FLASH_PAGE_BYTES)

    def read_memory(self, address: int, size: int) -> bytes:
        """Bytes of flash or RAM, as a debugger reads them."""
        if address >= RAM_BASE:
            self._check_span("RAM", address - RAM_BASE, size, self._ram_bytes)
            return ctypes.string_at(self._ram + address - RAM_BASE, size)
        self._check_span("flash", address, size, self._flash_bytes)
        return ctypes.string_at(self._flash + address, size)

    def write_memory(self, address: int, data: bytes) -> None:
        """Change flash or RAM, as a debugger or a fault does."""
        if address < RAM_BASE:
            self.load_flash(address, data)
            return
        self._check_span("RAM", address - RAM_BASE, len(data), self._ram_bytes)
        ctypes.memmove(self._ram + address - RAM_BASE, data, len(data))
        self._native.tb_invalidate(self._core, address, len(data))

    def _check_span(self, memory: str, offset: int, size: int, limit: int) -> None:
        if offset < 0 or size < 0 or offset + size > limit:
            raise CpuError(f"{self.name}: {size} bytes at {memory} offset {offset:#x} reach outside its {limit} bytes")

    # Power, reset, clock

    def power_on(self) -> None:
        """Come out of reset now: SP and PC from the vector table at 0."""
        self._failed = None
        self._is_locked_up = False
        self._native.tb_reset(self._core)
        self._move_base(self.world.now_ns * FS_PER_NS, self._timebase.hz, self._timebase.error_ppb)

    def power_off(self) -> None:
        """Stop until ``power_on``; RAM is lost."""
        ctypes.memset(self._ram, RAM_AFTER_POWER_LOSS, self._ram_bytes)
        self._native.tb_invalidate(self._core, RAM_BASE, self._ram_bytes)
        self.hold_reset()

    def hold_reset(self) -> None:
        """Stand still until ``power_on``; RAM stays."""
        self._state.powered = 0
        if self._running:
            self._native.tb_stop(self._core, _STOP_HOST)

    def request_reset(self) -> None:
        """Reset before the next instruction; RAM, flash and the levels of the interrupt lines stay."""
        if self._running:
            self._native.tb_stop(self._core, _STOP_RESET)
        else:
            self._failed = None
            self._native.tb_reset(self._core)
            if self._is_locked_up:
                self._is_locked_up = False
                self._move_base(self.world.now_ns * FS_PER_NS, self._timebase.hz, self._timebase.error_ppb)

    def set_clock(self, hz: int) -> None:
        """The core clock runs at ``hz`` from the current instruction on."""
        if hz <= 0:
            raise CpuError(f"{self.name}: core clock of {hz} Hz; it must be positive")
        self._set_rate(hz, self._timebase.error_ppb)

    def set_clock_error(self, error_ppb: int) -> None:
        """The clock source is off by this much from now on (temperature, ageing)."""
        self._set_rate(self._timebase.hz, error_ppb)

    def _set_rate(self, hz: int, error_ppb: int) -> None:
        if (hz, error_ppb) == (self._timebase.hz, self._timebase.error_ppb):
            return  # a new base would round: two worlds that only differ in having said it again must stay equal
        self._move_base(self._timebase.fs_at(self._state.cycles), hz, error_ppb)
        if self._running:
            self._native.tb_set_deadline(self._core, self._target_ns)

    def _move_base(self, at_fs: int, hz: int, error_ppb: int) -> None:
        self._slept_fs = self._sleep_fs()
        self._slept_cycles = self._state.sleep_cycles
        self._timebase.rebase(self._state.cycles, at_fs, hz, error_ppb)
        self._native.tb_set_time(self._core, *self._timebase.parts)

    # Running

    def run_until(self, target_ns: int) -> None:
        """Execute to the first instruction boundary at or after ``target_ns``.

        A fault is raised once. From then on the processor is locked up: nothing is executed until reset or power-on.
        """
        if self._is_locked_up:
            # Told once; the world around a dead processor goes on, and relays can be opened in it.
            self._native.tb_idle_until(self._core, target_ns)
            self._raise_what_was_kept()
            return
        if self._failed is not None:
            raise self._failed  # the access got no value: what the firmware does with one means nothing
        self._target_ns = target_ns
        self._running = True
        try:
            while self._state.powered:
                reason = self._native.tb_run(self._core, self._target_ns)
                self._raise_what_was_kept()
                if reason == _STOP_FAULT:
                    self._is_locked_up = True
                    raise FirmwareFault(self._report_fault())
                if reason == _STOP_RESET:
                    self._native.tb_reset(self._core)
                else:
                    return
        finally:
            self._running = False

    def _raise_what_was_kept(self) -> None:
        if self._raised is not None:
            raised, self._raised = self._raised, None
            self._failed = raised if isinstance(raised, Exception) else None
            raise raised

    def stop_with(self, error: BaseException) -> None:
        """Called by a block inside the native core: end the run, and raise this there."""
        if self._raised is None:
            self._raised = error
        self._native.tb_stop(self._core, _STOP_HOST)

    def set_deadline(self, at_ns: int) -> None:
        """Called while running: stop no later than this."""
        self._target_ns = at_ns
        self._native.tb_set_deadline(self._core, at_ns)

    def set_irq(self, line: int, level: bool) -> None:
        """The level of one input of the interrupt controller."""
        if not 0 <= line < self._irq_lines:
            raise CpuError(f"{self.name}: interrupt line {line}; there are 0 to {self._irq_lines - 1}")
        self._native.tb_set_irq(self._core, line, level)

    def _bus_read(self, address: int, width: int, now_ns: int) -> int:
        try:
            self.world.now_ns = now_ns
            reader = self._word_readers.get(address)
            return (self.bus.read(address, width) if reader is None or width != 4 else reader()) & 0xFFFF_FFFF
        except BaseException as error:  # noqa: BLE001 - C can't carry it; run_until raises it again
            self._keep(error, address, width, 0)
            return 0

    def _bus_write(self, address: int, width: int, value: int, now_ns: int) -> None:
        try:
            self.world.now_ns = now_ns
            writer = self._word_writers.get(address)
            if writer is None or width != 4:
                self.bus.write(address, width, value)
            else:
                writer(value)
        except BaseException as error:  # noqa: BLE001 - C can't carry it; run_until raises it again
            self._keep(error, address, width, value)

    def _bus_reset(self) -> None:
        try:
            self.world.now_ns = self._timebase.ns_at(self._state.cycles)
            if self.on_system_reset is not None:
                self.on_system_reset()
        except BaseException as error:  # noqa: BLE001 - C can't carry it; run_until raises it again
            self._keep(error, 0xE000_ED0C, 4, 0)
        self.request_reset()

    def _keep(self, error: BaseException, address: int, width: int, value: int) -> None:
        if isinstance(error, BusError):
            self._bus_reason = str(error).replace("{", "{{").replace("}", "}}")
            self._native.tb_raise(self._core, _FAULT_BUS, address, width, value)
            return
        if self._raised is None:
            symbol = (self.symbols.locate(self.pc) if self.symbols else None) or "no symbol"
            add_place(error, f"while the firmware accessed {address:#010x} at pc={self.pc:#010x} ({symbol})")
            self._raised = error
        self._native.tb_stop(self._core, _STOP_HOST)

    def _report_fault(self) -> FaultReport:
        self._native.tb_save_registers(self._core)
        ram = range(RAM_BASE, RAM_BASE + self._ram_bytes)
        return read_fault(self._state, self._fault, self._bus_reason, ram, self.read_memory, self.symbols, self.now_ns)

    # What it is doing

    @property
    def now_ns(self) -> int:
        """The exact time of the current instruction, rounded down."""
        return self._timebase.ns_at(self._state.cycles)

    @property
    def cycles(self) -> int:
        """Core cycles since the processor was made, sleep included."""
        return int(self._state.cycles)

    @property
    def instructions(self) -> int:
        """Instructions since the processor was made."""
        return int(self._state.instructions)

    @property
    def powered(self) -> bool:
        """Between ``power_on`` and ``power_off``."""
        return bool(self._state.powered)

    @property
    def pc(self) -> int:
        """Address of the instruction being executed, or of the last one."""
        return int(self._state.pc)

    @property
    def sleeping(self) -> bool:
        """In WFI or WFE."""
        return bool(self._state.sleeping)

    @property
    def deep_sleep(self) -> bool:
        """Sleeping with SCR.SLEEPDEEP set."""
        return self.sleeping and bool(self._state.scr & 4)

    @property
    def sleep_ns(self) -> int:
        """All time slept since the processor was made, for the current drawn."""
        return self._sleep_fs() // FS_PER_NS

    def _sleep_fs(self) -> int:
        base = self._timebase
        slept = self._state.sleep_cycles - self._slept_cycles
        return self._slept_fs + base.fs_at(base.base_cycles + slept) - base.base_fs

    def registers(self) -> dict[str, int]:
        """All registers, as a debugger shows them between runs."""
        self._native.tb_save_registers(self._core)
        state = self._state
        named = {f"r{index}": state.regs[index] for index in range(13)}
        named |= {"sp": state.regs[13], "lr": state.regs[14], "pc": state.next_pc}
        special = ("xpsr", "msp", "psp", "control", "primask", "basepri", "faultmask")
        return named | {name: getattr(state, name) for name in special}

    # Component of a world

    def on_event(self, kind: str, argument: object) -> None:
        """The processor schedules nothing."""
        raise CpuError(f"{self.name}: an event {kind!r} ({argument!r}) was sent to the processor; it takes none")

    def capture(self) -> CpuState:
        """All state, as plain data."""
        self._native.tb_save_registers(self._core)
        return CpuState(
            core=ctypes.string_at(self._core, ctypes.sizeof(CoreState)),
            ram=ctypes.string_at(self._ram, self._ram_bytes),
            flash=tuple(self._flash_pages),
            timebase=replace(self._timebase),
            slept_fs=self._slept_fs,
            slept_cycles=self._slept_cycles,
            is_locked_up=self._is_locked_up,
        )

    def restore(self, state: Any) -> None:
        """Take back a state that ``capture`` of the same build gave."""
        ctypes.memmove(self._ram, state.ram, self._ram_bytes)
        self._native.tb_invalidate(self._core, RAM_BASE, self._ram_bytes)
        for page, content in enumerate(state.flash):
            if self._flash_pages[page] is not content:
                self.load_flash(page * FLASH_PAGE_BYTES, content)
                self._flash_pages[page] = content
        ctypes.memmove(self._core, state.core, ctypes.sizeof(CoreState))
        ctypes.memset(ctypes.byref(self._fault), 0, ctypes.sizeof(CoreFault))
        self._native.tb_load_registers(self._core)
        self._failed = None
        self._is_locked_up = state.is_locked_up
        self._timebase = replace(state.timebase)
        self._native.tb_set_time(self._core, *self._timebase.parts)
        self._slept_fs, self._slept_cycles = state.slept_fs, state.slept_cycles
