"""The flash controller: word programming, page and mass erase, the block protection and its one-way commit.

Source: LM3S6965 data sheet, chapter "Internal Memory" (a program can only clear bits; FMPPE holds one bit per 2 KB;
COMT burns the protection registers for good); StellarisWare ``hw_flash.h``. The data sheet bounds the times from below
(20 us per word, 20 ms per page, 200 ms for all); this chip's are drawn above those.

Limit: on the chip, code in flash stands still while the array is busy. Here it runs on and finds FMC busy; both
end at the same time. Reading flash while it is busy gives the old contents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.emulation.lm3s6965.block import WORD_MASK, Block, Chip
from harness.emulation.world import NONVOLATILE

FLASH_BYTES = 256 * 1024
PAGE_BYTES = 1024
PROTECTION_BYTES = 2048
KEY = 0xA442_0000
WRITE, ERASE, MASS_ERASE, COMMIT = 0x1, 0x2, 0x4, 0x8
ACCESS_ERROR, DONE = 0x1, 0x2
PROTECTION_REGISTERS = 4
COMMIT_ADDRESSES = {
    0x0000_0000: "read0", 0x0000_0001: "write0", 0x0000_0002: "read1", 0x0000_0003: "write1", 0x0000_0004: "read2",
    0x0000_0005: "write2", 0x0000_0006: "read3", 0x0000_0007: "write3", 0x7510_0000: "debug", 0x8000_0000: "user0",
    0x8000_0001: "user1",
}  # fmt: skip
"""FMA values for COMT (data sheet, table "Flash Resident Registers")."""


class FlashChip(Chip, Protocol):
    """What only this block asks of the chip."""

    def read_flash(self, offset: int, size: int) -> bytes:
        """Contents of the array."""

    def load_flash(self, offset: int, data: bytes) -> None:
        """New contents of the array."""


def _erased_registers() -> dict[str, int]:
    registers = dict.fromkeys(COMMIT_ADDRESSES.values(), WORD_MASK)
    registers["debug"] = 0xFFFF_FFFE
    return registers


@dataclass
class FlashState:
    """Registers, the operation under way, and the one-way registers: as written and as burnt."""

    word_ns: int
    page_ns: int
    fma: int = 0
    fmd: int = 0
    busy: int = 0
    fcris: int = 0
    fcim: int = 0
    usecrl: int = 0x31
    active: dict[str, int] = field(default_factory=_erased_registers)
    burnt: dict[str, int] = field(default_factory=_erased_registers)


class FlashController(Block):
    """Flash control at 0x400FD000; ``sysctl_offsets`` are its registers in the system control range."""

    state: FlashState
    chip: FlashChip

    def __init__(self, chip: FlashChip, irq: int) -> None:
        self.irq_lines = (irq,)
        stream = chip.world.stream("flash times")
        self.state = FlashState(stream.take_int(20_000, 30_000), stream.take_int(20_000_000, 25_000_000))
        super().__init__(chip, "flash")
        self.add_field(0x000, "fma")
        self.add_field(0x004, "fmd")
        self.readers[0x008], self.writers[0x008] = lambda: self.state.busy, self._write_control
        self.readers[0x00C] = lambda: self.state.fcris
        self.readers[0x010], self.writers[0x010] = lambda: self.state.fcim, self._write_mask
        self.readers[0x014] = lambda: self.state.fcris & self.state.fcim
        self.writers[0x014] = self._clear_interrupts
        self.sysctl_offsets: dict[int, str] = {0x130: "read0", 0x134: "write0", 0x1D0: "debug"}
        self.sysctl_offsets |= {0x1E0: "user0", 0x1E4: "user1"}
        for index in range(PROTECTION_REGISTERS):
            self.sysctl_offsets[0x200 + 4 * index] = f"read{index}"
            self.sysctl_offsets[0x400 + 4 * index] = f"write{index}"

    def owns_sysctl_offset(self, offset: int) -> bool:
        """True for the registers of this block that lie in the range of system control."""
        return offset in self.sysctl_offsets or offset == 0x140

    def read_sysctl(self, offset: int) -> int:
        """USECRL or a one-way register."""
        return self.state.usecrl if offset == 0x140 else self.state.active[self.sysctl_offsets[offset]]

    def write_sysctl(self, offset: int, value: int) -> None:
        """One-way registers go from 1 to 0 only."""
        if offset == 0x140:
            self.state.usecrl = value & 0xFF
            return
        register = self.sysctl_offsets[offset]
        new = self.state.active[register] & value
        if register.startswith("read") and new != WORD_MASK:
            raise self.not_modelled("write", offset, value, "execute-only flash (FMPRE bit 0) is not modelled")
        self.state.active[register] = new

    def _write_control(self, value: int) -> None:
        state = self.state
        if value & 0xFFFF_0000 != KEY:
            return  # without the key the chip ignores the write
        command = value & 0xF
        if state.busy:
            raise self.not_modelled("write", 0x008, value, "a flash operation is under way (poll FMC)")
        if command not in {WRITE, ERASE, MASS_ERASE, COMMIT} or value & 0xFFF0:
            raise self.not_modelled("write", 0x008, value, "expected one of WRITE, ERASE, MERASE, COMT")
        wanted = self.chip.clock.hz // 1_000_000 - 1
        if state.usecrl != wanted:
            why = f"USECRL is {state.usecrl}, the core clock asks for {wanted}: the times would be out of specification"
            raise self.not_modelled("write", 0x008, value, why)
        if self._protected() if command == MASS_ERASE else command != COMMIT and not self._may_change(state.fma):
            state.fcris |= ACCESS_ERROR
            self.drive_irq()
            return
        state.busy = command
        duration_ns = {WRITE: state.word_ns, ERASE: state.page_ns, MASS_ERASE: 10 * state.page_ns}
        due_ns = self.world.now_ns + duration_ns.get(command, state.word_ns)
        self.world.schedule(due_ns, self.name, "done")
        self.world.signal(NONVOLATILE)

    def _may_change(self, address: int) -> bool:
        """Within the array and in a 2 KB block whose FMPPE bit is 1."""
        if address >= FLASH_BYTES:
            return False
        block = address // PROTECTION_BYTES
        return bool(self.state.active[f"write{block // 32}"] >> block % 32 & 1)

    def _protected(self) -> bool:
        return any(self.state.active[f"write{index}"] != WORD_MASK for index in range(PROTECTION_REGISTERS))

    def on_event(self, kind: str, argument: Any) -> None:
        """The operation is over: only now do the contents change."""
        if kind != "done":
            super().on_event(kind, argument)
        state = self.state
        command, state.busy = state.busy, 0
        if command == WRITE:
            offset = state.fma & ~3
            old = int.from_bytes(self.chip.read_flash(offset, 4), "little")
            self.chip.load_flash(offset, (old & state.fmd).to_bytes(4, "little"))
        elif command == ERASE:
            self.chip.load_flash(state.fma & ~(PAGE_BYTES - 1), b"\xff" * PAGE_BYTES)
        elif command == MASS_ERASE:
            self.chip.load_flash(0, b"\xff" * FLASH_BYTES)
        else:
            self._burn()
        self.world.signal(NONVOLATILE)
        state.fcris |= DONE
        self.drive_irq()

    def _burn(self) -> None:
        register = COMMIT_ADDRESSES.get(self.state.fma)
        if register is None:
            raise self.not_modelled("write", 0x000, self.state.fma, "no one-way register has this number")
        if register.startswith(("user", "debug")):
            # The user registers lose bit 31 (NW) when burnt, which marks them as written.
            self.state.active[register] &= 0x7FFF_FFFF
        self.state.burnt[register] = self.state.active[register]

    def _write_mask(self, value: int) -> None:
        self.state.fcim = value & (ACCESS_ERROR | DONE)
        self.drive_irq()

    def _clear_interrupts(self, bits: int) -> None:
        self.state.fcris &= ~bits
        self.drive_irq()

    def drive_irq(self) -> None:
        """The line follows the masked status."""
        self.chip.set_irq(self.irq_lines[0], bool(self.state.fcris & self.state.fcim))

    def reset_block(self) -> None:
        """Reset values; one-way registers that were not burnt are forgotten.

        An operation cut by a reset leaves the array as it was: torn flash words belong to the integrity requirements.
        """
        self.world.cancel(self.name, "done")
        state = self.state
        self.state = FlashState(state.word_ns, state.page_ns, active=dict(state.burnt), burnt=dict(state.burnt))
        self.drive_irq()
