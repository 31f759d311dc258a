"""Runs the cross compiler: the `ziglang` wheel's clang, or `arm-none-eabi-gcc` where asked for."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_ref.tool.errors import ToolchainError

ZIG = "zig"
GCC = "arm-none-eabi-gcc"

_WARNINGS = (
    "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes",
    "-Wvla", "-Wcast-align", "-Wpointer-arith", "-Wundef", "-Wswitch-enum",
)  # fmt: skip
# The whole program at once (-flto): a quiet meter is awake a third less than with file by file.
# Without jump tables: tool/frames.py follows calls and branches, and refuses any other write to PC.
_COMMON = (
    "-std=c11", "-ffreestanding", "-Os", "-flto", "-g", "-ffunction-sections", "-fdata-sections",
    "-fno-common", "-fno-jump-tables", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-I.",
)  # fmt: skip


@dataclass(frozen=True)
class Toolchain:
    """One compiler: its command, its flags for the target, and a text that names its version exactly."""

    name: str
    command: tuple[str, ...]
    target_flags: tuple[str, ...]
    version: str

    @property
    def flags(self) -> tuple[str, ...]:
        """All compile flags; part of what decides whether a build is still current."""
        return (*self.target_flags, *_COMMON, *_WARNINGS)

    def link(self, cwd: Path, sources: Sequence[Path], script: Path, entry: str, output: Path) -> None:
        """Compiles and links `sources` (relative to `cwd`) into `output`. Paths in it don't show where it was built."""
        prefix_map = f"-ffile-prefix-map={cwd}=firmware_ref"
        extra = ("-Wl,--gc-sections", f"-Wl,-T,{script}", f"-Wl,-e,{entry}", prefix_map)
        command = [*self.command, *self.flags, *extra, *(str(path) for path in sources), "-o", str(output)]
        if self.name == GCC:
            command += ["-nostdlib", "-lgcc"]
        run_compiler(command, cwd)


def run_compiler(command: Sequence[str], cwd: Path) -> None:
    """Runs one compiler command; its messages become the error's text."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolchainError(f"{command[0]} refused the sources in {cwd}:\n{done.stderr.strip()}")


def zig_command() -> tuple[str, ...]:
    """The clang of the `ziglang` wheel in this Python's environment."""
    return (sys.executable, "-m", "ziglang", "cc")


def find_toolchain(name: str | None = None) -> Toolchain:
    """The compiler called `name` ("zig" when none is named)."""
    if name in (None, "", ZIG):
        try:
            version = importlib.metadata.version("ziglang")
        except importlib.metadata.PackageNotFoundError as error:
            raise ToolchainError(
                "the cross compiler is not installed: expected the package 'ziglang' in this environment; "
                "run `pip install ziglang`, or name another compiler with CC=arm-none-eabi-gcc"
            ) from error
        flags = ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m3", "-fno-sanitize=undefined")
        return Toolchain(ZIG, zig_command(), flags, f"ziglang {version}")
    if name == GCC or str(name).endswith(GCC):
        path = shutil.which(str(name))
        if path is None:
            raise ToolchainError(f"{name} is not on the PATH; install it, or leave CC unset to use the ziglang package")
        first = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
        return Toolchain(GCC, (path,), ("-mcpu=cortex-m3", "-mthumb", "-mfloat-abi=soft"), first)
    raise ToolchainError(f"unknown compiler {name!r}: expected 'zig' or '{GCC}'")
