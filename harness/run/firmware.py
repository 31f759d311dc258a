"""Building the image that a meter file says is built here (the reference meter)."""

from __future__ import annotations

from pathlib import Path

from harness.bench.errors import BenchError, BenchFileError
from harness.bench.files import MeterFile
from harness.run.progress import Progress


def build_if_source(meter: MeterFile, meter_path: Path, progress: Progress | None = None) -> None:
    """Build ``firmware.image`` from ``firmware.source``; nothing to do if the meter file names no source.

    Raises FirmwareError if it does not build or exceeds a budget, BenchFileError if there is no such source.
    """
    if meter.firmware.source is None:
        return
    try:
        from firmware_ref.tool.build import build  # noqa: PLC0415 - only the reference meter needs the build tool
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
    result = build(source, (meter_path.parent / meter.firmware.image).resolve().parent)
    if progress is not None:
        progress.firmware(result.bin, result.flash_bytes, result.core_static_ram_bytes + result.core_stack_bytes)
