"""Looks into an image: sizes, digest, vector table, slot header, and from an ELF the largest symbols.

An image that this project did not build has no slot header to read; that is said, not refused.
"""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

from elftools.common.exceptions import ELFError

from firmware_ref.tool.config import read_config
from firmware_ref.tool.errors import LayoutError
from firmware_ref.tool.image import RAM_ADDRESS, Symbol, read_program

FLASH_BYTES, RAM_BYTES = 256 * 1024, 64 * 1024
VECTORS = 16 + 44
"""16 of the core and the LM3S6965's 44 interrupts (data sheet, table of interrupts)."""

CORE_VECTORS = {1: "reset", 2: "NMI", 3: "hard fault", 11: "SVC", 14: "PendSV", 15: "SysTick"}
SYMBOLS_SHOWN = 12

_HEADER = struct.Struct("<6I8x32s64s")
_MAGIC = 0x49424D54
_DIGESTED_BYTES = 32


def inspect_image(path: Path, data: bytes, elf: Path | None) -> list[str]:
    """What is in the image, as lines. Raises LayoutError if ``elf`` is none, or is no ELF with symbols."""
    lines = [
        f"image      {path}",
        f"size       {len(data)} bytes of {FLASH_BYTES} ({100 * len(data) / FLASH_BYTES:.1f} %), "
        "from address 0 to the last one used, gaps included",
        f"SHA-256    {hashlib.sha256(data).hexdigest()}",
        *_describe_vectors("vectors", data, 0),
        *_describe_slot(data),
        *_describe_build(path, data),
    ]
    if elf is None:
        return [*lines, "symbols    none: no ELF beside the image (--elf FILE)"]
    return [*lines, *_describe_symbols(elf)]


def _describe_vectors(name: str, data: bytes, address: int) -> list[str]:
    table = data[address : address + 4 * VECTORS]
    words = [word for (word,) in struct.iter_unpack("<I", table[: len(table) // 4 * 4])]
    if len(words) < 2:
        return [f"{name:<10} at 0x{address:X}: cut short"]
    stack, reset = words[0], words[1]
    remarks = []
    if not RAM_ADDRESS < stack <= RAM_ADDRESS + RAM_BYTES:
        remarks.append("stack pointer is not in the RAM of the LM3S6965")
    if not reset & 1 or not address <= reset - 1 < len(data):
        remarks.append("reset handler is not Thumb code in this image")
    handlers: dict[int, int] = {}
    for word in words[2:]:
        if word & 1 and address <= word - 1 < len(data):
            handlers[word] = handlers.get(word, 0) + 1
    line = f"{name:<10} at 0x{address:X}: stack 0x{stack:08X}, reset 0x{reset:08X}, {len(handlers)} other handlers"
    return [line, *(f"{'':<10} NOT AS EXPECTED: {remark}" for remark in remarks)]


def _describe_slot(data: bytes) -> list[str]:
    config = read_config(Path(__file__).resolve().parent.parent)
    address, header_bytes = config["CONFIG_SLOT_A_ADDRESS"], config["CONFIG_SLOT_HEADER_BYTES"]
    header = data[address : address + _HEADER.size]
    if len(header) < _HEADER.size:
        return [f"slot A     the image ends before 0x{address:X}: no slot header"]
    magic, kind, version, security, start, length, digest, signature = _HEADER.unpack(header)
    if magic != _MAGIC:
        return [f"slot A     at 0x{address:X}: no header of the reference meter (magic 0x{magic:08X})"]
    body = data[address + header_bytes : address + header_bytes + length]
    found = hashlib.sha256(header[:_DIGESTED_BYTES] + body).digest()
    fits = "fits" if found == digest and len(body) == length else "DOES NOT FIT: header or image was changed"
    is_signed = signature.strip(b"\xff") != b""
    return [
        f"slot A     at 0x{address:X}: header version {kind}, image version 0x{version:08X}, "
        f"security version {security}",
        f"{'':<10} image at 0x{start:X}, {length} bytes; digest {digest.hex()[:16]}… {fits}; "
        f"{'signed' if is_signed else 'not signed'}",
        *_describe_vectors("", data, start),
    ]


def _describe_build(path: Path, data: bytes) -> list[str]:
    """The budgets, from the record that the build left beside the image, if it is of this very image."""
    try:
        result = json.loads(path.with_name("build.json").read_text(encoding="utf-8"))["result"]
        if result["digest_sha256"] != hashlib.sha256(data).hexdigest():
            return ["budgets    not known: build.json beside the image is of another one"]
        core_bytes = result["core_static_ram_bytes"] + result["core_stack_bytes"]
        return [
            f"budgets    core SRAM {core_bytes} bytes of {result['core_budget_bytes']}: "
            f"static {result['core_static_ram_bytes']}, worst-case stack {result['core_stack_bytes']}",
            f"{'':<10} flash {result['flash_bytes']} bytes used, gaps left out; "
            f"boot block {result['boot_bytes']} bytes of 16384",
            f"{'':<10} all static RAM {result['total_static_ram_bytes']} bytes; {result['compiler']}",
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return ["budgets    not known: no build.json of this project's build beside the image"]


def _describe_symbols(elf: Path) -> list[str]:
    try:
        symbols = read_program(elf, 0).symbols
    except OSError as error:
        raise LayoutError(f"{elf}: can't be read: {error.strerror}; give the ELF of this image") from error
    except ELFError as error:
        raise LayoutError(f"{elf}: is no ELF file: {error}; give the ELF of this image") from error
    lines = []
    for title, kind in (("code", "STT_FUNC"), ("data", "STT_OBJECT")):
        largest = sorted(_of_kind(symbols, kind), key=lambda symbol: (-symbol.size_bytes, symbol.name))
        total_bytes = sum(symbol.size_bytes for symbol in largest)
        lines.append(f"{title:<10} {total_bytes} bytes in {len(largest)} symbols, the largest:")
        lines += [
            f"{'':<10} {symbol.size_bytes:>6}  0x{symbol.address:08X}  {symbol.name}"
            for symbol in largest[:SYMBOLS_SHOWN]
        ]
    return lines


def _of_kind(symbols: tuple[Symbol, ...], kind: str) -> list[Symbol]:
    return [symbol for symbol in symbols if symbol.kind == kind and symbol.size_bytes > 0]
