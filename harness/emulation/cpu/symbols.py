"""Names for addresses, from the firmware's ELF file: for error texts and for tests that place a breakpoint."""

from __future__ import annotations

import bisect
import io
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from harness.emulation.cpu.errors import CpuError


@dataclass(frozen=True)
class Symbols:
    """Functions and objects of one image, by address and by name."""

    starts: tuple[int, ...]
    sizes: tuple[int, ...]
    names: tuple[str, ...]

    @classmethod
    def from_elf(cls, elf: bytes | Path) -> Symbols:
        """Read the symbol table of an ELF image."""
        data = elf if isinstance(elf, bytes) else elf.read_bytes()
        found: list[tuple[int, int, str]] = []
        for section in ELFFile(io.BytesIO(data)).iter_sections():
            if not isinstance(section, SymbolTableSection):
                continue
            for symbol in section.iter_symbols():
                kind = symbol["st_info"]["type"]
                if symbol.name and kind in {"STT_FUNC", "STT_OBJECT"}:
                    start = symbol["st_value"] & ~1 if kind == "STT_FUNC" else symbol["st_value"]
                    found.append((start, symbol["st_size"], symbol.name))
        found.sort()
        return cls(tuple(x[0] for x in found), tuple(x[1] for x in found), tuple(x[2] for x in found))

    def locate(self, address: int) -> str | None:
        """``name+0x12`` for an address inside a known function or object, else None."""
        address &= ~1
        index = bisect.bisect_right(self.starts, address) - 1
        if index < 0 or address - self.starts[index] >= max(self.sizes[index], 2):
            return None
        return f"{self.names[index]}+{address - self.starts[index]:#x}"

    def address_of(self, name: str) -> int:
        """Where a function or object begins."""
        try:
            return self.starts[self.names.index(name)]
        except ValueError:
            raise CpuError(f"the image has no function or object named {name!r}; is it the right ELF file?") from None
