"""QEMU beside us: the same SHA-256 image, to its end, plain and with ``-icount`` (a count of instructions as time)."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from tests.emulation.cpu.builder import build
from tests.emulation.cpu.machine import Machine

QEMU = shutil.which("qemu-system-arm")
DIGESTS = 1_000_000
ROUNDS = 3


def measure() -> dict[str, float | str]:
    """Instructions per wall second; says so where QEMU is absent."""
    if QEMU is None:
        return {"qemu": "absent: not measured"}
    instructions = _instructions_per_digest() * (DIGESTS - 1)
    plain_s = _run_s(DIGESTS) - _run_s(1)
    icount_s = _run_s(DIGESTS, "-icount", "shift=6,sleep=off") - _run_s(1, "-icount", "shift=6,sleep=off")
    return {
        "qemu_instructions_per_s": instructions / plain_s,
        "qemu_icount_instructions_per_s": instructions / icount_s,
    }


def _instructions_per_digest() -> float:
    machine = Machine(build("sha256.c"))
    machine.run(50_000_000)
    address = machine.image.symbols.address_of("digests")
    before, instructions = machine.word(address), machine.cpu.instructions
    machine.run(2_000_000_000)
    return (machine.cpu.instructions - instructions) / (machine.word(address) - before)


def _run_s(digests: int, *options: str) -> float:
    image = build("sha256.c", flags=(f"-DDIGESTS={digests}",))
    with tempfile.TemporaryDirectory() as folder:
        elf = Path(folder) / "sha256.elf"
        elf.write_bytes(image.elf)
        command = [str(QEMU), "-M", "lm3s6965evb", "-display", "none", "-monitor", "none", "-serial", "null"]
        command += ["-semihosting", "-kernel", str(elf), *options]
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            subprocess.run(command, capture_output=True, timeout=300, check=True)
            times.append(time.perf_counter() - began)
    return statistics.median(times)
