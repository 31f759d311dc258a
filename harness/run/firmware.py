"""Building the image that a meter file says is built here (the reference meter)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.bench.errors import BenchError, BenchFileError
from harness.bench.files import MeterFile


def build_if_source(meter: MeterFile, meter_path: Path, tell: Callable[[Path, int, int], None] | None = None) -> None:
    """Build ``firmware.image`` from ``firmware.source``; nothing to do if the meter file names no source.

    ``tell`` gets the image, its bytes of flash and those of SRAM for the detection core. Raises BenchError if it does
    not build or exceeds a budget, BenchFileError if there is no such source.
    """
    if meter.firmware.source is None:
        return
    try:
        from firmware_ref.tool.build import build  # noqa: PLC0415 - only the reference meter needs the build tool
        from firmware_ref.tool.errors import FirmwareError  # noqa: PLC0415
    except ImportError as error:
        raise BenchError(
            f"building the reference meter's firmware needs the extra 'emulation' ({error.name} is missing): "
            "pip install 'tamperbench[emulation]'"
        ) from error
    source = (meter_path.parent / meter.firmware.source).resolve()
    if not source.is_dir():
        raise BenchFileError(
            f"{meter_path}: key 'firmware.source': there is no folder {source}; "
            "leave the key out to use an image that is built elsewhere"
        )
    target = (meter_path.parent / meter.firmware.image).resolve().parent
    try:
        result = build(source, target)
    except FirmwareError as error:
        raise BenchError(f"the firmware in {source} was not built: {error}") from error
    except OSError as error:
        raise BenchError(
            f"{target}: the firmware can't be built there: {error}; take a meter file of your own, which has a folder "
            "of its own for it (tamperbench init)"
        ) from error
    if tell is not None:
        tell(result.bin, result.flash_bytes, result.core_static_ram_bytes + result.core_stack_bytes)
