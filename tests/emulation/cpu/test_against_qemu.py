"""A second opinion: the same image walks the same way through exceptions on QEMU's model of the same chip."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from harness.emulation.cpu import FirmwareFault
from tests.emulation.cpu.builder import build
from tests.emulation.cpu.machine import Machine

UART0_DR = 0x4000C000
QEMU = shutil.which("qemu-system-arm")


@cache
def walk_here() -> str:
    machine = Machine(build("exceptions.c"))
    with pytest.raises(FirmwareFault) as caught:
        machine.run(2_000_000_000)
    assert caught.value.report.kind == "breakpoint", caught.value
    return "".join(chr(value) for address, _, value in machine.bus.writes if address == UART0_DR)


def walk_on_qemu(folder: Path) -> str:
    elf = folder / "image.elf"
    elf.write_bytes(build("exceptions.c").elf)
    command = [str(QEMU), "-M", "lm3s6965evb", "-display", "none", "-monitor", "none", "-serial", "stdio"]
    command += ["-semihosting", "-kernel", str(elf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_the_walk_visits_what_it_is_for() -> None:
    lines = [line.split() for line in walk_here().splitlines()]
    returns = {line[1] for line in lines if line[0] == "h"}
    assert returns == {"fffffff1", "fffffff9", "fffffffd"}
    handlers = {int(line[4], 16) & 0x1FF for line in lines if line[0] == "h"}
    assert handlers == {11, 14, *range(16, 24)}
    deepest = max(bin(int(line[8], 16)).count("1") for line in lines)
    assert deepest >= 2
    assert len(lines) > 1000


@pytest.mark.skipif(QEMU is None, reason="qemu-system-arm is not installed, so there is no second model to ask")
def test_exceptions_go_as_on_qemu(tmp_path: Path) -> None:
    here, there = walk_here().splitlines(), walk_on_qemu(tmp_path).splitlines()
    for number, (mine, theirs) in enumerate(zip(here, there, strict=False)):
        assert mine == theirs, f"line {number} of {len(there)}, after: {here[max(number - 3, 0) : number]}"
    assert len(here) == len(there)
