"""Builds the small Thumb images the processor is tested with, through the same ``ziglang`` wheel as the native core."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from harness.emulation.cpu import Symbols

FIRMWARE = Path(__file__).parent / "firmware"
_CACHE = Path(__file__).parents[3] / "build" / "test-images"
_FLAGS = (
    *("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m3", "-O2", "-std=c11", "-ffreestanding", "-nostdlib"),
    *("-fno-sanitize=all", "-Wall", "-Wextra", "-Werror", "-Wno-unused-command-line-argument"),
)

VECTORS = """
    .syntax unified
    .thumb
    .section .vectors, "a"
    .word 0x20010000, reset
    .rept 78
    .word default_handler
    .endr
    .text
    .type default_handler, %function
default_handler:
    bkpt 0xEE
"""


@dataclass(frozen=True)
class Image:
    """A linked image: what goes into flash, and its names."""

    flash: bytes
    elf: bytes
    symbols: Symbols


def build(*names: str, flags: tuple[str, ...] = ()) -> Image:
    """Compile and link files of ``firmware/``."""
    return _build([FIRMWARE / name for name in names], flags)


def assemble(text: str, vectors: str = VECTORS) -> Image:
    """Link assembly that defines ``reset``; every other exception runs into a BKPT unless ``vectors`` says else."""
    source = vectors + "\n    .type reset, %function\n    .global reset\n" + text + "\n    .ltorg\n"
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    _CACHE.mkdir(parents=True, exist_ok=True)
    path = _CACHE / f"{digest}.s"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=_CACHE, delete=False, suffix=".tmp") as scratch:
            scratch.write(source)
        Path(scratch.name).replace(path)
    return _build([path], ())


def vectors_with(**handlers: str) -> str:
    """A vector table with handlers at exception numbers: ``vectors_with(e15="tick")``."""
    table = ["default_handler"] * 80
    for key, label in handlers.items():
        table[int(key[1:])] = f"{label}"
    words = "\n".join(f"    .word {entry}" for entry in table[2:])
    begin, end = VECTORS.split("    .rept 78")
    return begin + words + end.split(".endr")[1]


def _build(sources: list[Path], flags: tuple[str, ...]) -> Image:
    script = FIRMWARE / "image.ld"
    hasher = hashlib.sha256("\0".join((*_FLAGS, *flags)).encode())
    for path in (*sources, script):
        hasher.update(path.read_bytes())
    _CACHE.mkdir(parents=True, exist_ok=True)
    target = _CACHE / f"{hasher.hexdigest()[:16]}.elf"
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
            product = Path(scratch) / "image.elf"
            command = [sys.executable, "-m", "ziglang", "cc", *_FLAGS, *flags, *map(str, sources)]
            command += [f"-Wl,-T,{script}", "-o", str(product)]
            environment = {**os.environ, "ZIG_LOCAL_CACHE_DIR": scratch}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"test image does not build: {' '.join(command)}\n{done.stderr}")
            product.replace(target)
    elf = target.read_bytes()
    return Image(_flash_bytes(elf), elf, Symbols.from_elf(elf))


def _flash_bytes(elf: bytes) -> bytes:
    image = bytearray()
    for segment in ELFFile(io.BytesIO(elf)).iter_segments():
        if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]:
            image[segment["p_paddr"] :] = segment.data()
    return bytes(image)
