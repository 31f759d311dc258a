"""From linked programs to what goes into flash: slot header, padded binary, and one ELF with the symbols of both."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section, SymbolTableSection

from firmware_ref.tool.errors import LayoutError

RAM_ADDRESS = 0x20000000

# boot/slot.h
_MAGIC = 0x49424D54
_HEADER_VERSION = 1
_HEADER_FIELDS = struct.Struct("<6I8x")


@dataclass(frozen=True)
class Symbol:
    """One named place of a linked program. `file` is the source it is local to, empty for global ones."""

    name: str
    address: int
    size_bytes: int
    kind: str
    file: str
    is_local: bool


@dataclass(frozen=True)
class Program:
    """A linked program: its flash contents from `address` on, its symbols, and the RAM its sections take."""

    address: int
    data: bytes
    symbols: tuple[Symbol, ...]
    ram_bytes: int


def read_program(path: Path, address: int) -> Program:
    """Reads a linked ELF whose flash contents start at `address`."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        allocated = [section for section in elf.iter_sections() if section["sh_flags"] & SH_FLAGS.SHF_ALLOC]
        table = elf.get_section_by_name(".symtab")
        if not isinstance(table, SymbolTableSection):
            raise LayoutError(f"{path.name}: no symbol table; the linker was told to strip it")
        parts = [(_load_address(elf, section), section.data()) for section in allocated if _is_loaded(section)]
        symbols = tuple(_read_symbols(table))
    data = bytearray()
    for start, octets in sorted(parts):
        offset = start - address
        if offset < len(data):
            raise LayoutError(f"{path.name}: a section at 0x{start:X} overlaps another or lies before 0x{address:X}")
        data += b"\xff" * (offset - len(data)) + octets
    data += b"\xff" * (-len(data) % 4)
    ram_bytes = sum(section["sh_size"] for section in allocated if section["sh_addr"] >= RAM_ADDRESS)
    return Program(address, bytes(data), symbols, ram_bytes)


def _is_loaded(section: Section) -> bool:
    return section["sh_type"] != "SHT_NOBITS" and section["sh_size"] > 0


def _load_address(elf: ELFFile, section: Section) -> int:
    """Where the section lies in flash: variables with an initial value have their copy elsewhere than themselves.

    Segments are asked for this alone; as a whole they also hold ELF headers.
    """
    for segment in elf.iter_segments("PT_LOAD"):
        if segment["p_vaddr"] <= section["sh_addr"] < segment["p_vaddr"] + segment["p_filesz"]:
            return int(segment["p_paddr"] + section["sh_addr"] - segment["p_vaddr"])
    raise LayoutError(f"section {section.name} at 0x{section['sh_addr']:X} is in no segment; mend the linker script")


def _read_symbols(table: SymbolTableSection) -> list[Symbol]:
    symbols, file = [], ""
    for entry in table.iter_symbols():
        kind = entry["st_info"]["type"]
        is_local = entry["st_info"]["bind"] == "STB_LOCAL"
        if kind == "STT_FILE":
            file = entry.name
        elif entry.name and entry["st_shndx"] != "SHN_UNDEF":
            owner = file if is_local else ""
            symbols.append(Symbol(entry.name, entry["st_value"], entry["st_size"], kind, owner, is_local))
    return symbols


def make_header(program: Program, version: int, security_version: int, header_bytes: int) -> bytes:
    """The slot header: fields, digest over fields and image, room for the signature."""
    fields = _HEADER_FIELDS.pack(_MAGIC, _HEADER_VERSION, version, security_version, program.address, len(program.data))
    digest = hashlib.sha256(fields + program.data).digest()
    return (fields + digest).ljust(header_bytes, b"\xff")


def make_binary(boot: Program, header: bytes, app: Program) -> bytes:
    """The programmed image from address 0: boot block, slot header, application; unprogrammed octets are FF."""
    header_address = app.address - len(header)
    return boot.data.ljust(header_address, b"\xff") + header + app.data


def write_elf(path: Path, binary: bytes, entry: int, programs: tuple[Program, ...], ram_bytes: int) -> None:
    """Writes one ELF with the binary as its only loadable segment and the symbols of all programs."""
    names = bytearray(b"\0")
    entries = [bytes(16)]
    ordered = sorted(_unique_symbols(programs), key=lambda symbol: not symbol.is_local)
    for symbol in ordered:
        section = 1 if symbol.address < RAM_ADDRESS else 2
        kind = {"STT_FUNC": 2, "STT_OBJECT": 1}.get(symbol.kind, 0)
        info = (0 if symbol.is_local else 1) << 4 | kind
        entries.append(struct.pack("<IIIBBH", len(names), symbol.address, symbol.size_bytes, info, 0, section))
        names += symbol.name.encode() + b"\0"
    locals_count = 1 + sum(symbol.is_local for symbol in ordered)
    _write_elf_file(path, binary, entry, b"".join(entries), locals_count, bytes(names), ram_bytes)


def _unique_symbols(programs: tuple[Program, ...]) -> list[Symbol]:
    """Symbols of all programs; a global name that comes twice (both programs have SHA-256) stays global only once."""
    seen: set[str] = set()
    symbols = []
    for program in reversed(programs):  # the application keeps the plain names
        for symbol in program.symbols:
            is_local = symbol.is_local or symbol.name in seen
            seen.add(symbol.name)
            symbols.append(Symbol(symbol.name, symbol.address, symbol.size_bytes, symbol.kind, symbol.file, is_local))
    return symbols


def _write_elf_file(
    path: Path, binary: bytes, entry: int, symtab: bytes, locals_count: int, strtab: bytes, ram_bytes: int
) -> None:
    section_names = b"\0.text\0.bss\0.symtab\0.strtab\0.shstrtab\0"
    start = 52 + 32
    symtab_at = start + len(binary) + (-len(binary) % 4)
    strtab_at = symtab_at + len(symtab)
    shstr_at = strtab_at + len(strtab)
    headers_at = shstr_at + len(section_names) + (-(shstr_at + len(section_names)) % 4)

    def section(name: bytes, kind: int, flags: int, address: int, at: int, size: int, *rest: int) -> bytes:
        link, info, align, entry_size = rest
        name_at = section_names.index(b"\0" + name + b"\0") + 1
        return struct.pack("<10I", name_at, kind, flags, address, at, size, link, info, align, entry_size)

    sections = (
        bytes(40),
        section(b".text", 1, 6, 0, start, len(binary), 0, 0, 4, 0),
        section(b".bss", 8, 3, RAM_ADDRESS, start, ram_bytes, 0, 0, 8, 0),
        section(b".symtab", 2, 0, 0, symtab_at, len(symtab), 4, locals_count, 4, 16),
        section(b".strtab", 3, 0, 0, strtab_at, len(strtab), 0, 0, 1, 0),
        section(b".shstrtab", 3, 0, 0, shstr_at, len(section_names), 0, 0, 1, 0),
    )
    ident = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    header = ident + struct.pack(
        "<HHIIIIIHHHHHH", 2, 40, 1, entry, 52, headers_at, 0x05000200, 52, 32, 1, 40, len(sections), 5
    )
    segment = struct.pack("<8I", 1, start, 0, 0, len(binary), len(binary), 5, 4)
    out = bytearray(header + segment + binary)
    out = out.ljust(symtab_at, b"\0") + symtab + strtab + section_names
    path.write_bytes(bytes(out.ljust(headers_at, b"\0")) + b"".join(sections))
