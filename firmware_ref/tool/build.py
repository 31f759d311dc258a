"""Builds the reference meter's image: `python -m firmware_ref.tool.build [--source DIR] [--out DIR] [--defect NAME]`.

Result: `meter.bin` (what goes into flash, from address 0) and `meter.elf` (the same with symbols, for QEMU and
debuggers). Nothing is compiled when sources, compiler and flags are those of the last build.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from firmware_ref.tool.budget import CORE_FOLDERS, CoreUse, check_budgets, measure_core
from firmware_ref.tool.config import fill_template, read_config
from firmware_ref.tool.errors import FirmwareError, PatchError
from firmware_ref.tool.image import make_binary, make_header, read_program, write_elf
from firmware_ref.tool.patch import apply_patch
from firmware_ref.tool.toolchain import Toolchain, find_toolchain
from firmware_ref.tool.workshop import changeable_copy, copies_for

SOURCE = Path(__file__).resolve().parent.parent
OUT = SOURCE.parent / "build" / "firmware_ref"

_BOOT_SOURCES = ("boot/boot.c", "core/sha256.c")
_APP_FOLDERS = ("core", "crypto", "dlms", "port/lm3s6965")
_INPUTS = ("*.c", "*.h", "*.ld.in")
_RESULT = "build.json"
RESOURCES = "resources.toml"
"""What the image needs, for whoever certifies it."""


@dataclass(frozen=True)
class BuildResult:
    """One built image. Sizes in bytes; the digest is that of `bin`."""

    bin: Path
    elf: Path
    digest_sha256: str
    flash_bytes: int
    boot_bytes: int
    app_bytes: int
    total_static_ram_bytes: int
    core_static_ram_bytes: int
    core_stack_bytes: int
    core_budget_bytes: int
    stack_path: tuple[str, ...]
    interrupt_path: tuple[str, ...]
    compiler: str

    def describe(self) -> str:
        """The figures as the build prints them."""
        core_sram_bytes = self.core_static_ram_bytes + self.core_stack_bytes
        return "\n".join(
            (
                f"image          {self.bin}  sha256 {self.digest_sha256}",
                f"compiler       {self.compiler}",
                f"flash          {self.flash_bytes} bytes used of 262144 (boot {self.boot_bytes} of 16384, "
                f"application {self.app_bytes})",
                f"core SRAM      {core_sram_bytes} bytes of {self.core_budget_bytes}: "
                f"static {self.core_static_ram_bytes}, worst-case stack {self.core_stack_bytes}",
                f"stack path     {' > '.join(self.stack_path)} + interrupt {' > '.join(self.interrupt_path)} "
                "+ hard fault + NMI",
            )
        )


def build(source: Path = SOURCE, out: Path = OUT, cc: str | None = None) -> BuildResult:
    """Builds the firmware below `source` into `out` with the compiler `cc` ("zig" or "arm-none-eabi-gcc")."""
    source, out = source.resolve(), out.resolve()
    toolchain = find_toolchain(cc)
    key = _input_digest(source, toolchain)
    current = _read_current(out, key)
    if current is not None:
        return current
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix="work-") as work_name:
        result = _build_fresh(source, Path(work_name), out, toolchain)
    _write_atomically(out / RESOURCES, _resources(result, read_config(source)).encode())
    record = {
        "key": key,
        "elf_sha256": _file_digest(result.elf),
        "resources_sha256": _file_digest(out / RESOURCES),
        "result": asdict(result),
    }
    _write_atomically(out / _RESULT, json.dumps(record, default=str, indent=1).encode())
    return result


def _resources(result: BuildResult, config: dict[str, int]) -> str:
    """The statement about this image (SEAL-4)."""
    return (
        "# What the image beside this file needs of the microcontroller (SEAL-4); written by the build.\n"
        f'image_sha256 = "{result.digest_sha256}"\n'
        f"clock_Hz = {config['CONFIG_CYCLES_PER_US'] * 1_000_000}\n"
        f"core_static_bytes = {result.core_static_ram_bytes}\n"
        f"core_stack_bytes = {result.core_stack_bytes}\n"
        'method = "sizes from the program\'s symbols; stack from the disassembled call graph, with exceptions nested"\n'
    )


def build_defect(name: str, source: Path = SOURCE, out: Path | None = None, cc: str | None = None) -> BuildResult:
    """Builds the known-bad variant `name`: the sources with `defects/NAME.patch` applied."""
    patch = source / "defects" / f"{name}.patch"
    if not patch.is_file():
        known = ", ".join(sorted(path.stem for path in patch.parent.glob("*.patch"))) or "none"
        raise PatchError(f"no defect called {name!r} in {patch.parent}; there are: {known}")
    text = patch.read_text(encoding="utf-8")
    with changeable_copy(source, copies_for(text, OUT.parent)) as copy:
        apply_patch(text, copy, patch.name)
        return build(copy, out or OUT.parent / "firmware_defects" / name, cc)


def _build_fresh(source: Path, work: Path, out: Path, toolchain: Toolchain) -> BuildResult:
    config = read_config(source)
    boot_script, app_script = work / "boot.ld", work / "slot.ld"
    boot_script.write_text(fill_template(source / "boot/boot.ld.in", config), encoding="utf-8")
    app_script.write_text(fill_template(source / "port/lm3s6965/slot.ld.in", config), encoding="utf-8")
    app_sources = [path for folder in _APP_FOLDERS for path in sorted((source / folder).glob("*.c"))]
    app_sources = [path.relative_to(source) for path in app_sources]
    toolchain.link(source, [Path(path) for path in _BOOT_SOURCES], boot_script, "handle_boot_reset", work / "boot.elf")
    toolchain.link(source, app_sources, app_script, "handle_reset", work / "app.elf")

    header_bytes = config["CONFIG_SLOT_HEADER_BYTES"]
    boot = read_program(work / "boot.elf", 0)
    app = read_program(work / "app.elf", config["CONFIG_SLOT_A_ADDRESS"] + header_bytes)
    core = measure_core(app, boot, [path.name for path in app_sources if path.parts[0] in CORE_FOLDERS])
    header = make_header(app, config["CONFIG_VERSION_WORD"], config["CONFIG_SECURITY_VERSION"], header_bytes)
    binary = make_binary(boot, header, app)
    check_budgets(config, len(binary), len(boot.data), core)
    _write_atomically(out / "meter.bin", binary)
    entry = int.from_bytes(binary[4:8], "little")
    write_elf(work / "meter.elf", binary, entry, (boot, app), app.ram_bytes)
    (work / "meter.elf").replace(out / "meter.elf")
    return _make_result(out, binary, len(boot.data), len(app.data), app.ram_bytes, core, config, toolchain)


def _make_result(
    out: Path,
    binary: bytes,
    boot_bytes: int,
    app_bytes: int,
    ram_bytes: int,
    core: CoreUse,
    config: dict[str, int],
    toolchain: Toolchain,
) -> BuildResult:
    return BuildResult(
        bin=out / "meter.bin",
        elf=out / "meter.elf",
        digest_sha256=hashlib.sha256(binary).hexdigest(),
        flash_bytes=boot_bytes + config["CONFIG_SLOT_HEADER_BYTES"] + app_bytes,
        boot_bytes=boot_bytes,
        app_bytes=app_bytes,
        total_static_ram_bytes=ram_bytes - config["CONFIG_STACK_BYTES"],
        core_static_ram_bytes=core.static_ram_bytes,
        core_stack_bytes=core.stack_bytes,
        core_budget_bytes=config["CONFIG_CORE_SRAM_BUDGET_BYTES"],
        stack_path=core.main_path.functions,
        interrupt_path=core.interrupt_path.functions,
        compiler=toolchain.version,
    )


def _input_digest(source: Path, toolchain: Toolchain) -> str:
    """Digest of everything that decides the result: sources, build code, compiler, flags."""
    digest = hashlib.sha256(json.dumps([toolchain.version, *toolchain.flags]).encode())
    inputs = [path for pattern in _INPUTS for path in source.rglob(pattern)]
    inputs += Path(__file__).resolve().parent.glob("*.py")
    for path in sorted(inputs, key=lambda path: (path.name, str(path))):
        where = path.relative_to(source) if path.is_relative_to(source) else path.name
        digest.update(f"{where}\0{_file_digest(path)}\n".encode())
    return digest.hexdigest()


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_current(out: Path, key: str) -> BuildResult | None:
    """The last build in `out`, when it is of the same inputs and its files are untouched."""
    record_path = out / _RESULT
    if not record_path.is_file():
        return None
    try:
        record = json.loads(record_path.read_text(encoding="utf-8"))
        fields = record["result"]
        is_current = (
            record["key"] == key
            and _file_digest(out / "meter.bin") == fields["digest_sha256"]
            and _file_digest(out / "meter.elf") == record["elf_sha256"]
            and _file_digest(out / RESOURCES) == record["resources_sha256"]
        )
        if not is_current:
            return None
        for name in ("stack_path", "interrupt_path"):
            fields[name] = tuple(fields[name])
        fields["bin"], fields["elf"] = out / "meter.bin", out / "meter.elf"
        return BuildResult(**fields)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a damaged record only means building again


def _write_atomically(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as stream:
        stream.write(data)
    Path(stream.name).replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Build the reference meter's firmware image.")
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder with the firmware's sources")
    parser.add_argument("--out", type=Path, default=None, help="folder for meter.bin and meter.elf")
    parser.add_argument("--defect", help="build the known-bad variant of this name")
    parser.add_argument("--quiet", action="store_true", help="print nothing unless the build fails")
    options = parser.parse_args(arguments)
    cc = os.environ.get("CC") or None
    cc = cc if cc is not None and "arm-none-eabi" in cc else None  # a host compiler in CC is not meant for the meter
    try:
        if options.defect:
            result = build_defect(options.defect, options.source, options.out, cc)
        else:
            result = build(options.source, options.out or OUT, cc)
    except FirmwareError as error:
        sys.stderr.write(f"firmware build failed: {error}\n")
        return 1
    if not options.quiet:
        sys.stdout.write(result.describe() + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
