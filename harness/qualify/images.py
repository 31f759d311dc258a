"""The images of the meters that are put through the plan; built once for the same sources and patch."""

from __future__ import annotations

import re
from pathlib import Path

from harness.bench.errors import BenchError
from harness.qualify.defects import Defect
from harness.qualify.errors import QualifyError

_READS = re.compile(r'incbin|[#:]\s*embed|__has_|[#:]\s*include(?!\s*[<"][A-Za-z])|[#:]\s*include.*\.\.')
"""What makes the compiler read a file from outside the firmware's folder into the image or its messages."""


def _check_what_it_reads(text: str, patch: Path) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("+") and _READS.search(line):
            raise QualifyError(
                f"{patch}: line {number}: {line[1:].strip()!r} reads a file; a defect may include no more than "
                "the firmware's own headers, by their path in its folder"
            )


def build_image(defect: Defect | None, source: Path, folder: Path) -> Path:
    """The image of the defect (None or without a patch: of the reference meter); raises QualifyError."""
    try:
        from firmware_ref.tool.build import build  # noqa: PLC0415 - only here is the build tool needed
        from firmware_ref.tool.errors import FirmwareError  # noqa: PLC0415
        from firmware_ref.tool.patch import apply_patch  # noqa: PLC0415
        from firmware_ref.tool.workshop import changeable_copy, copies_for  # noqa: PLC0415
    except ImportError as error:
        raise BenchError(
            f"building a defect's firmware needs the extra 'emulation' ({error.name} is missing): "
            "pip install 'tamperbench[emulation]'"
        ) from error
    try:
        if defect is None or defect.patch is None:
            return build(source, folder / "reference").bin
        text = defect.patch.read_text(encoding="utf-8")
        with changeable_copy(source, copies_for(text, folder.parent)) as copy:
            _check_what_it_reads(text, defect.patch)
            apply_patch(text, copy, defect.patch.name)
            return build(copy, folder / defect.name).bin
    except (FirmwareError, OSError, UnicodeDecodeError) as error:
        raise QualifyError(f"{defect.name if defect else 'the reference'}: was not built: {error}") from error
